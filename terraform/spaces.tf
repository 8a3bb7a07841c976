locals {
  spaces_regions = ["ams3", "atl1", "blr1", "fra1", "lon1", "nyc3", "sfo2", "sfo3", "sgp1", "syd1", "tor1"]
}

# Dumps of the database, which remain when the cluster is lost. This needs a Spaces key with full access in
# SPACES_ACCESS_KEY_ID and SPACES_SECRET_ACCESS_KEY. The bucket of Terraform's own state is created in state/.
resource "digitalocean_spaces_bucket" "backups" {
  count = var.backups_enabled ? 1 : 0

  name          = coalesce(var.backups_bucket, "${var.name}-backups")
  region        = coalesce(var.spaces_region, var.region)
  acl           = "private"
  force_destroy = var.backups_destroyed

  # An attacker with the key on the monitor can delete a dump, but not its last version.
  versioning {
    enabled = true
  }

  lifecycle {
    precondition {
      condition     = contains(local.spaces_regions, coalesce(var.spaces_region, var.region))
      error_message = "The environment's region has no Spaces: set spaces_region to a region near it."
    }
  }

  lifecycle_rule {
    id                                     = "expire"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 1

    expiration {
      days = var.backups_days
    }

    noncurrent_version_expiration {
      days = 7
    }
  }
}

# The monitor uploads dumps with this key, which can read and write this bucket only.
resource "digitalocean_spaces_key" "backups" {
  count = var.backups_enabled ? 1 : 0

  name = "${var.name}-backups"

  grant {
    bucket     = digitalocean_spaces_bucket.backups[0].name
    permission = "readwrite"
  }
}
