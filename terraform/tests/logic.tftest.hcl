# The effect of the variables on the plan, without any API. Run with `terraform test`; it needs an installed provider.

mock_provider "digitalocean" {
  mock_data "digitalocean_database_ca" {
    defaults = {
      certificate = "-----BEGIN CERTIFICATE-----"
    }
  }
}

variables {
  ssh_public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a@b"
  operator_cidrs = ["203.0.113.7/32"]
}

run "defaults" {
  command = apply

  assert {
    condition     = sort(keys(output.droplets)) == tolist(["minitwit-a", "minitwit-b"]) && output.monitor.name == "minitwit-monitor"
    error_message = "There are two app droplets and a monitor."
  }

  assert {
    condition     = digitalocean_database_cluster.main.node_count == 2
    error_message = "The database has a standby."
  }

  assert {
    condition = alltrue([
      for firewall in digitalocean_firewall.role : alltrue([
        for rule in firewall.inbound_rule :
        rule.protocol == "icmp" || contains(["80", "443"], coalesce(rule.port_range, "none")) || !contains(rule.source_addresses == null ? [] : rule.source_addresses, "0.0.0.0/0")
      ])
    ])
    error_message = "Only the service itself is open to all addresses."
  }

  assert {
    condition     = join(", ", sort([for rule in digitalocean_database_firewall.main.rule : "${rule.type} ${rule.value}"])) == "tag minitwit-app, tag minitwit-monitor"
    error_message = "The database trusts only the two tags."
  }

  assert {
    condition     = digitalocean_reserved_ip.live.droplet_id == null && digitalocean_reserved_ip.stage.droplet_id == null
    error_message = "Terraform must not assign reserved IPs: floatip moves them."
  }

  assert {
    condition     = output.backups.endpoint == "https://fra1.digitaloceanspaces.com" && digitalocean_spaces_key.backups[0].grant[0].permission == "readwrite"
    error_message = "The key can read and write the bucket of dumps."
  }

  assert {
    condition     = length(digitalocean_uptime_check.live) + length(digitalocean_monitor_alert.droplets) + length(digitalocean_record.app) == 0
    error_message = "Alerts, checks and names that need a setting are off by default."
  }
}

run "without_a_monitor" {
  command = plan

  variables {
    monitor_enabled = false
    backups_enabled = false
  }

  assert {
    condition     = output.monitor == null && join(" ", keys(digitalocean_firewall.role)) == "app" && length(digitalocean_database_user.monitor) + length(digitalocean_database_user.backup) == 0
    error_message = "Without a monitor there is no firewall for it, and no user for it or for its dumps."
  }

  assert {
    condition     = length(digitalocean_database_firewall.main.rule) == 1
    error_message = "The database trusts only the app droplets."
  }
}

run "names" {
  command = plan

  variables {
    domain        = "example.org"
    domain_record = "www"
  }

  assert {
    condition     = sort(keys(digitalocean_record.app)) == tolist(["stage.www", "www"]) && length(digitalocean_domain.main) == 0
    error_message = "An existing domain gets two records."
  }
}

run "alerts" {
  command = plan

  variables {
    alert_emails         = ["ops@example.org"]
    uptime_check_enabled = true
  }

  assert {
    condition     = length(digitalocean_monitor_alert.droplets) == 3 && length(digitalocean_uptime_alert.down) == 1
    error_message = "E-mail addresses enable the platform's alerts."
  }
}

run "a_standby_takes_two_gigabytes" {
  command = plan

  variables {
    database_size = "db-s-1vcpu-1gb"
  }

  expect_failures = [digitalocean_database_cluster.main]
}

run "a_region_without_spaces" {
  command = plan

  variables {
    region = "nyc1"
  }

  expect_failures = [digitalocean_spaces_bucket.backups]
}

run "nonsense_is_refused" {
  command = plan

  variables {
    name                = "Mini Twit"
    region              = "Frankfurt"
    vpc_ip_range        = "10.114.16.1/24"
    operator_cidrs      = []
    ssh_public_key      = "-----BEGIN OPENSSH PRIVATE KEY-----"
    droplet_image       = "ubuntu-24-04-x64"
    database_node_count = 4
    domain              = "example.org."
    alert_emails        = ["nobody"]
    backups_days        = 0
    spaces_endpoint     = "fra1.digitaloceanspaces.com"
  }

  expect_failures = [
    var.name, var.region, var.vpc_ip_range, var.operator_cidrs, var.ssh_public_key, var.droplet_image,
    var.database_node_count, var.domain, var.alert_emails, var.backups_days, var.spaces_endpoint,
  ]
}
