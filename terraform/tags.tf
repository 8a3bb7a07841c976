# What runs the application. The firewalls of droplets and database go by it.
resource "digitalocean_tag" "app" {
  name = "${var.name}-app"
}

# What watches it.
resource "digitalocean_tag" "monitor" {
  name = "${var.name}-monitor"
}
