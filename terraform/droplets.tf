# No cloud-init: Debian's image has Python and lets in the key, which is all that Ansible needs.

# Two equals: which one is live is decided by where the live IP points, and not here. The platform
# has no placement groups: what it offers against a common failure is that each droplet is one of its own,
# and that a reserved IP moves between any two of a region.
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

  # For the way back: the droplets go first, so that their reserved IPs are free to be released
  # and the project is empty.
  depends_on = [
    digitalocean_reserved_ip.live,
    digitalocean_reserved_ip.stage,
    digitalocean_project.main,
  ]
}

# Watches the two from outside them. Nothing on them waits for it.
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
