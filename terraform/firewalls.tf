locals {
  everywhere = ["0.0.0.0/0", "::/0"]

  # Firewalls support TCP, UDP and ICMP only. They select droplets by tag, so they protect a droplet from its
  # first second.
  app_inbound = {
    "SSH, for operators" = {
      protocol = "tcp", ports = "22", addresses = var.operator_cidrs, tags = []
    }
    "the service" = {
      protocol = "tcp", ports = "80", addresses = local.everywhere, tags = []
    }
    "the service with TLS" = {
      protocol = "tcp", ports = "443", addresses = local.everywhere, tags = []
    }
    "a release's candidate, through the stage IP" = {
      protocol = "tcp", ports = "8080", addresses = var.operator_cidrs, tags = []
    }
    "system metrics, for the monitor" = {
      protocol = "tcp", ports = "9100", addresses = [], tags = [digitalocean_tag.monitor.name]
    }
    "admin of MiniTwit and status of floatip, for the other droplet and the monitor" = {
      protocol  = "tcp"
      ports     = "9101-9102"
      addresses = []
      tags      = [digitalocean_tag.app.name, digitalocean_tag.monitor.name]
    }
    "VXLAN, which carries VRRP" = {
      protocol = "udp", ports = "4789", addresses = [], tags = [digitalocean_tag.app.name]
    }
    "ping" = {
      protocol = "icmp", ports = null, addresses = local.everywhere, tags = []
    }
  }

  monitor_inbound = {
    "SSH, for operators" = {
      protocol = "tcp", ports = "22", addresses = var.operator_cidrs, tags = []
    }
    "Grafana, for operators" = {
      protocol = "tcp", ports = "3000", addresses = var.operator_cidrs, tags = []
    }
    "Kibana, for operators" = {
      protocol = "tcp", ports = "5601", addresses = var.operator_cidrs, tags = []
    }
    "logs of the app droplets" = {
      protocol = "tcp", ports = "9200", addresses = [], tags = [digitalocean_tag.app.name]
    }
    "ping" = {
      protocol = "icmp", ports = null, addresses = local.everywhere, tags = []
    }
  }

  outbound = {
    tcp  = "1-65535"
    udp  = "1-65535"
    icmp = null
  }

  firewalls = merge(
    { app = { tag = digitalocean_tag.app.name, inbound = local.app_inbound } },
    var.monitor_enabled ? { monitor = { tag = digitalocean_tag.monitor.name, inbound = local.monitor_inbound } } : {},
  )
}

resource "digitalocean_firewall" "role" {
  for_each = local.firewalls

  name = "${var.name}-${each.key}"
  tags = [each.value.tag]

  dynamic "inbound_rule" {
    for_each = each.value.inbound

    content {
      protocol         = inbound_rule.value.protocol
      port_range       = inbound_rule.value.ports
      source_addresses = inbound_rule.value.addresses
      source_tags      = inbound_rule.value.tags
    }
  }

  dynamic "outbound_rule" {
    for_each = local.outbound

    content {
      protocol              = outbound_rule.key
      port_range            = outbound_rule.value
      destination_addresses = local.everywhere
    }
  }
}

# The names of these resources in states that earlier versions wrote.
moved {
  from = digitalocean_firewall.app
  to   = digitalocean_firewall.role["app"]
}

moved {
  from = digitalocean_firewall.monitor[0]
  to   = digitalocean_firewall.role["monitor"]
}
