# The app droplets. The firewalls of droplets and database use this tag.
resource "digitalocean_tag" "app" {
  name = "${var.name}-app"
}

# The monitor.
resource "digitalocean_tag" "monitor" {
  name = "${var.name}-monitor"
}
