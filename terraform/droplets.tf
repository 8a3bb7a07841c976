# Two equals: which one is live is decided by where the live IP points, and not here.
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
