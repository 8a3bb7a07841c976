# Resource types that the environment does not use, or does not use so. With `second`, what may change in place does.

terraform {
  required_providers {
    digitalocean = {
      source = "digitalocean/digitalocean"
    }
  }
}

variable "second" {
  type    = bool
  default = false
}

resource "digitalocean_domain" "main" {
  name       = "others.example"
  ip_address = "192.0.2.1"
}

resource "digitalocean_record" "alias" {
  domain = digitalocean_domain.main.name
  type   = "CNAME"
  name   = "www"
  value  = "${digitalocean_domain.main.name}."
  ttl    = var.second ? 60 : 300
}

resource "digitalocean_record" "mail" {
  domain   = digitalocean_domain.main.name
  type     = "MX"
  name     = "@"
  value    = "mail.example."
  priority = 10
}

resource "digitalocean_certificate" "main" {
  name    = "others"
  type    = "lets_encrypt"
  domains = [digitalocean_domain.main.name]
}

resource "digitalocean_spaces_bucket" "main" {
  name          = "others"
  region        = "ams3"
  acl           = var.second ? "private" : "public-read"
  force_destroy = true

  versioning {
    enabled = var.second
  }

  lifecycle_rule {
    prefix  = "logs/"
    enabled = true

    expiration {
      days = var.second ? 7 : 3
    }
  }
}

resource "digitalocean_spaces_key" "main" {
  name = "others"

  grant {
    bucket     = digitalocean_spaces_bucket.main.name
    permission = "read"
  }

  dynamic "grant" {
    for_each = var.second ? ["another"] : []

    content {
      bucket     = grant.value
      permission = "readwrite"
    }
  }
}

resource "digitalocean_uptime_check" "main" {
  name    = "others"
  target  = "https://others.example"
  regions = ["us_east"]
}

resource "digitalocean_uptime_alert" "slow" {
  name       = "slow"
  check_id   = digitalocean_uptime_check.main.id
  type       = "latency"
  threshold  = var.second ? 500 : 300
  comparison = "greater_than"
  period     = "2m"

  notifications {
    email = ["ops@example.org"]

    slack {
      channel = "ops"
      url     = "https://hooks.example.org/1"
    }
  }
}

resource "digitalocean_monitor_alert" "cpu" {
  type        = "v1/insights/droplet/cpu"
  description = "busy"
  compare     = "GreaterThan"
  value       = var.second ? 90 : 80
  window      = "5m"

  alerts {
    email = ["ops@example.org"]
  }
}
