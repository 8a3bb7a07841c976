# For users, external checks, floatip and releases.

output "live_ip" {
  description = "Address at which users reach the service."
  value       = digitalocean_reserved_ip.live.ip_address
}

output "stage_ip" {
  description = "Address at which a release is verified before it is live."
  value       = digitalocean_reserved_ip.stage.ip_address
}

output "url" {
  description = "URL of the service: with its name if it has one, otherwise with the live IP."
  value       = "http://${coalesce(one([for name, record in digitalocean_record.app : record.fqdn if name == var.domain_record]), digitalocean_reserved_ip.live.ip_address)}"
}

# For Ansible's inventory.

output "droplets" {
  description = "The app droplets by name."
  value = {
    for droplet in digitalocean_droplet.app : droplet.name => {
      id         = droplet.id
      public_ip  = droplet.ipv4_address
      private_ip = droplet.ipv4_address_private
    }
  }
}

output "monitor" {
  description = "The droplet that monitors the others; null if there is none."
  value = one([
    for droplet in digitalocean_droplet.monitor : {
      id         = droplet.id
      name       = droplet.name
      public_ip  = droplet.ipv4_address
      private_ip = droplet.ipv4_address_private
    }
  ])
}

output "vpc_ip_range" {
  description = "Private address range of the droplets and the database."
  value       = digitalocean_vpc.main.ip_range
}

output "app_tag" {
  description = "Tag of the app droplets."
  value       = digitalocean_tag.app.name
}

# For the application and the monitor.

output "database" {
  description = "How the application reaches its database over the VPC."
  sensitive   = true
  value = {
    host     = digitalocean_database_cluster.main.private_host
    port     = digitalocean_database_cluster.main.port
    user     = digitalocean_database_user.app.name
    password = digitalocean_database_user.app.password
    name     = digitalocean_database_db.app.name
    uri = format(
      "postgresql://%s:%s@%s:%d/%s?sslmode=require",
      urlencode(digitalocean_database_user.app.name),
      urlencode(digitalocean_database_user.app.password),
      digitalocean_database_cluster.main.private_host,
      digitalocean_database_cluster.main.port,
      urlencode(digitalocean_database_db.app.name),
    )
    # The cluster's own user, for migrations. Only it may create tables.
    admin_uri = format(
      "postgresql://%s:%s@%s:%d/%s?sslmode=require",
      urlencode(digitalocean_database_cluster.main.user),
      urlencode(digitalocean_database_cluster.main.password),
      digitalocean_database_cluster.main.private_host,
      digitalocean_database_cluster.main.port,
      urlencode(digitalocean_database_db.app.name),
    )
    # The monitor's user. Ansible grants its rights.
    monitor_user     = one(digitalocean_database_user.monitor[*].name)
    monitor_password = one(digitalocean_database_user.monitor[*].password)
    # The user for dumps. Ansible grants its rights.
    backup_user     = one(digitalocean_database_user.backup[*].name)
    backup_password = one(digitalocean_database_user.backup[*].password)
    ca_certificate  = data.digitalocean_database_ca.main.certificate
  }
}

# For backups.

output "backups" {
  description = "Bucket for dumps of the database, with a key for this bucket only; null if there is none."
  sensitive   = true
  value = one([
    for bucket in digitalocean_spaces_bucket.backups : {
      endpoint   = coalesce(var.spaces_endpoint, "https://${bucket.region}.digitaloceanspaces.com")
      region     = bucket.region
      bucket     = bucket.name
      access_key = digitalocean_spaces_key.backups[0].access_key
      secret_key = digitalocean_spaces_key.backups[0].secret_key
    }
  ])
}
