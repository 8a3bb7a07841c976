resource "digitalocean_ssh_key" "operator" {
  name       = "${var.name}-operator"
  public_key = trimspace(var.ssh_public_key)
}
