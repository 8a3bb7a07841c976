locals {
  everywhere = ["0.0.0.0/0", "::/0"]
}

# By tag, so that it holds for a droplet from its first second.
resource "digitalocean_firewall" "app" {
  name = "${var.name}-app"
  tags = [digitalocean_tag.app.name]

  # SSH, for operators.
  inbound_rule {
    protocol         = "tcp"
    port_range       = "22"
    source_addresses = var.operator_cidrs
  }

  # The service.
  inbound_rule {
    protocol         = "tcp"
    port_range       = "80"
    source_addresses = local.everywhere
  }

  inbound_rule {
    protocol         = "tcp"
    port_range       = "443"
    source_addresses = local.everywhere
  }

  # A release's candidate, which is verified through the stage IP beside what serves.
  inbound_rule {
    protocol         = "tcp"
    port_range       = "8080"
    source_addresses = var.operator_cidrs
  }

  # Admin of MiniTwit and status of floatip, for the other droplet and for monitoring.
  inbound_rule {
    protocol         = "tcp"
    port_range       = "9101-9102"
    source_addresses = [digitalocean_vpc.main.ip_range]
    source_tags      = [digitalocean_tag.app.name]
  }

  # VXLAN that carries VRRP: rules know TCP, UDP and ICMP only, and VRRP is none of them.
  inbound_rule {
    protocol         = "udp"
    port_range       = "4789"
    source_addresses = [digitalocean_vpc.main.ip_range]
    source_tags      = [digitalocean_tag.app.name]
  }

  inbound_rule {
    protocol         = "icmp"
    source_addresses = local.everywhere
  }

  outbound_rule {
    protocol              = "tcp"
    port_range            = "1-65535"
    destination_addresses = local.everywhere
  }

  outbound_rule {
    protocol              = "udp"
    port_range            = "1-65535"
    destination_addresses = local.everywhere
  }

  outbound_rule {
    protocol              = "icmp"
    destination_addresses = local.everywhere
  }
}
