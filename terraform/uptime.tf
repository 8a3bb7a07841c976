# The platform's own check of the service from several continents, in addition to the monitor's.
resource "digitalocean_uptime_check" "live" {
  count = var.uptime_check_enabled ? 1 : 0

  name    = "${var.name}-live"
  type    = "http"
  target  = "http://${digitalocean_reserved_ip.live.ip_address}/public"
  regions = ["us_east", "eu_west"]
}

resource "digitalocean_uptime_alert" "down" {
  count = var.uptime_check_enabled && length(var.alert_emails) > 0 ? 1 : 0

  name     = "${var.name} is down"
  check_id = digitalocean_uptime_check.live[0].id
  # Alerts only if the check fails from everywhere. A failover ends before that.
  type   = "down_global"
  period = "2m"

  notifications {
    email = var.alert_emails
  }
}
