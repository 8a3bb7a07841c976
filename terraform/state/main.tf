# The bucket for Terraform's own state. It must exist before that state, so it is a separate configuration. Apply it
# once with a local state. That state may be deleted later: `terraform import` restores it.

terraform {
  required_version = ">= 1.6.3"

  required_providers {
    digitalocean = {
      source  = "digitalocean/digitalocean"
      version = "~> 2.76"
    }
  }
}

provider "digitalocean" {}

variable "bucket" {
  description = "Name of the bucket, unique in its region among all accounts."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name must be 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Slug of the bucket's region."
  type        = string
  default     = "fra1"
}

# A lost or damaged state can be restored for three months.
resource "digitalocean_spaces_bucket" "state" {
  name   = var.bucket
  region = var.region
  acl    = "private"

  versioning {
    enabled = true
  }

  lifecycle_rule {
    id                                     = "old-versions"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 1

    noncurrent_version_expiration {
      days = 90
    }
  }
}

# The key for those who run Terraform. It gives access to the state only.
resource "digitalocean_spaces_key" "state" {
  name = "${var.bucket}-state"

  grant {
    bucket     = digitalocean_spaces_bucket.state.name
    permission = "readwrite"
  }
}

output "backend" {
  description = "Content of the file for `terraform init -backend-config=FILE`."
  value       = <<-EOT
    bucket    = "${digitalocean_spaces_bucket.state.name}"
    key       = "minitwit/terraform.tfstate"
    endpoints = { s3 = "https://${digitalocean_spaces_bucket.state.endpoint}" }
  EOT
}

output "key" {
  description = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for the backend."
  sensitive   = true
  value = {
    access_key = digitalocean_spaces_key.state.access_key
    secret_key = digitalocean_spaces_key.state.secret_key
  }
}
