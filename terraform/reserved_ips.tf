# These have no droplet_id and no assignment resource on purpose: floatip and releases move them, and
# Terraform must not move them back.

# Users reach the service here.
resource "digitalocean_reserved_ip" "live" {
  region = var.region
}

# A release is verified here before it goes live.
resource "digitalocean_reserved_ip" "stage" {
  region = var.region
}
