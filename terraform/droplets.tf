# No cloud-init: Debian's image contains Python and accepts the SSH key, which is all that Ansible needs.

# Two equal droplets. The one that holds the live IP is live; that is not decided here. The platform has no
# placement groups, so both droplets may be on the same physical machine.
resource "digitalocean_droplet" "app" {
  for_each = toset(["a", "b"])

  name       = "${var.name}-${each.key}"
  image      = var.droplet_image
  size       = var.droplet_size
  region     = var.region
  vpc_uuid   = digitalocean_vpc.main.id
  ssh_keys   = [digitalocean_ssh_key.operator.id]
  tags       = [digitalocean_tag.app.name]
  monitoring = true

  # For `terraform destroy`: droplets are deleted first. Then their reserved IPs can be released, and the
  # project is empty.
  depends_on = [
    digitalocean_reserved_ip.live,
    digitalocean_reserved_ip.stage,
    digitalocean_project.main,
  ]
}

# Monitors the two app droplets. Nothing on them depends on it.
resource "digitalocean_droplet" "monitor" {
  count = var.monitor_enabled ? 1 : 0

  name       = "${var.name}-monitor"
  image      = var.droplet_image
  size       = var.monitor_size
  region     = var.region
  vpc_uuid   = digitalocean_vpc.main.id
  ssh_keys   = [digitalocean_ssh_key.operator.id]
  tags       = [digitalocean_tag.monitor.name]
  monitoring = true

  depends_on = [digitalocean_project.main]
}
