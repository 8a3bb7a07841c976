resource "digitalocean_database_cluster" "main" {
  name                 = "${var.name}-db"
  engine               = "pg"
  version              = "15"
  size                 = var.database_size
  region               = var.region
  node_count           = var.database_node_count
  private_network_uuid = digitalocean_vpc.main.id

  lifecycle {
    precondition {
      condition     = var.database_node_count == 1 || !endswith(var.database_size, "-1gb")
      error_message = "Standbys need a database size with at least 2 GB of memory, such as db-s-1vcpu-2gb."
    }
  }
}

resource "digitalocean_database_db" "app" {
  cluster_id = digitalocean_database_cluster.main.id
  name       = "minitwit"
}

resource "digitalocean_database_user" "app" {
  cluster_id = digitalocean_database_cluster.main.id
  name       = "minitwit"
}

# The monitor reads the server's statistics as this user.
resource "digitalocean_database_user" "monitor" {
  count = var.monitor_enabled ? 1 : 0

  cluster_id = digitalocean_database_cluster.main.id
  name       = "monitor"

  # The platform creates one user at a time.
  depends_on = [digitalocean_database_user.app]
}

# The monitor makes its dumps as this user, who reads everything and changes nothing.
resource "digitalocean_database_user" "backup" {
  count = var.backups_enabled && var.monitor_enabled ? 1 : 0

  cluster_id = digitalocean_database_cluster.main.id
  name       = "backup"

  depends_on = [digitalocean_database_user.monitor]
}

# Only the app droplets and the monitor may connect.
resource "digitalocean_database_firewall" "main" {
  cluster_id = digitalocean_database_cluster.main.id

  dynamic "rule" {
    for_each = concat(
      [digitalocean_tag.app.name],
      var.monitor_enabled ? [digitalocean_tag.monitor.name] : [],
    )

    content {
      type  = "tag"
      value = rule.value
    }
  }
}

data "digitalocean_database_ca" "main" {
  cluster_id = digitalocean_database_cluster.main.id
}
