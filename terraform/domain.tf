# The DNS zone, unless the account already has it.
resource "digitalocean_domain" "main" {
  count = var.domain != null && var.domain_created ? 1 : 0

  name = var.domain
}

locals {
  # Names of the service and their addresses. A name is the domain itself or is below it.
  domain_records = var.domain == null ? {} : {
    (var.domain_record)           = digitalocean_reserved_ip.live.ip_address
    (local.domain_staging_record) = digitalocean_reserved_ip.stage.ip_address
  }
  domain_staging_record = var.domain_record == "@" ? "stage" : "stage.${var.domain_record}"
}

# The addresses stay the same when droplets change, so these records need no short TTL.
resource "digitalocean_record" "app" {
  for_each = local.domain_records

  domain = var.domain_created ? one(digitalocean_domain.main[*].name) : var.domain
  type   = "A"
  name   = each.key
  value  = each.value
  ttl    = 1800
}
