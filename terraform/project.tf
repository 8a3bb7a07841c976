resource "digitalocean_project" "main" {
  name        = var.name
  description = "MiniTwit in hot standby"
  purpose     = "Web Application"
  environment = "Production"
}

# Members are listed here and not in the project resource. That one's list must be complete, but a reserved
# IP joins and leaves the project together with the droplet that it points to.
resource "digitalocean_project_resources" "main" {
  project = digitalocean_project.main.id

  resources = concat(
    [for droplet in digitalocean_droplet.app : droplet.urn],
    digitalocean_droplet.monitor[*].urn,
    [digitalocean_database_cluster.main.urn],
    digitalocean_domain.main[*].urn,
    digitalocean_spaces_bucket.backups[*].urn,
  )
}
