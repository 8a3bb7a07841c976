locals {
  # The platform's measurements that show early that a droplet has a problem. The monitor's own alerts are
  # more precise, but they don't work when the monitor itself fails.
  alert_policies = length(var.alert_emails) == 0 ? {} : {
    disk   = { type = "v1/insights/droplet/disk_utilization_percent", value = 85, window = "30m" }
    memory = { type = "v1/insights/droplet/memory_utilization_percent", value = 90, window = "10m" }
    load   = { type = "v1/insights/droplet/load_5", value = 4, window = "10m" }
  }
}

resource "digitalocean_monitor_alert" "droplets" {
  for_each = local.alert_policies

  description = "${var.name}: ${each.key}"
  type        = each.value.type
  compare     = "GreaterThan"
  value       = each.value.value
  window      = each.value.window
  tags        = concat([digitalocean_tag.app.name], var.monitor_enabled ? [digitalocean_tag.monitor.name] : [])

  alerts {
    email = var.alert_emails
  }
}
