terraform {
  required_version = ">= 1.6.3"

  required_providers {
    digitalocean = {
      source  = "digitalocean/digitalocean"
      version = "~> 2.76"
    }
  }
}

# The environment provides the API's address and the token: DIGITALOCEAN_API_URL (DigitalOcean's own by
# default) and DIGITALOCEAN_TOKEN.
provider "digitalocean" {}
