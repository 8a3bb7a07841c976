terraform {
  required_version = ">= 1.6.3"

  required_providers {
    digitalocean = {
      source  = "digitalocean/digitalocean"
      version = "~> 2.76"
    }
  }
}

# The API's address and the token come from the environment:
# DIGITALOCEAN_API_URL (DigitalOcean's own when unset) and DIGITALOCEAN_TOKEN.
provider "digitalocean" {}
