resource "digitalocean_vpc" "main" {
  name        = var.name
  description = "Droplets and database of ${var.name}"
  region      = var.region
  ip_range    = var.vpc_ip_range
}
