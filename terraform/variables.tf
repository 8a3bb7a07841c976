variable "name" {
  description = "Name of the environment. Everything in it is named after it, so several can share an account."
  type        = string
  default     = "minitwit"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,29}$", var.name)) && !endswith(var.name, "-")
    error_message = "The name must be 1 to 30 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "region" {
  description = "Slug of the region that everything is in. A reserved IP can't leave its region."
  type        = string
  default     = "fra1"

  validation {
    condition     = can(regex("^[a-z]{3}[1-9]$", var.region))
    error_message = "The region must be a slug such as fra1 or nyc3."
  }
}

variable "vpc_ip_range" {
  description = "Private range of the environment's VPC, in CIDR notation. It must not overlap the account's other VPCs."
  type        = string
  default     = "10.114.16.0/24"

  validation {
    condition     = can(cidrhost(var.vpc_ip_range, 0)) && try(cidrhost(var.vpc_ip_range, 0) == split("/", var.vpc_ip_range)[0], false)
    error_message = "The VPC's range must be in CIDR notation and begin at its network address, such as 10.114.16.0/24."
  }

  validation {
    condition     = try(tonumber(split("/", var.vpc_ip_range)[1]) >= 16 && tonumber(split("/", var.vpc_ip_range)[1]) <= 28, false)
    error_message = "The VPC's range must be a /16 to a /28."
  }
}

variable "droplet_size" {
  description = "Slug of the app droplets' size. Both have the same: either may be the live one."
  type        = string
  default     = "s-1vcpu-1gb"

  validation {
    condition     = can(regex("^[a-z0-9-]+$", var.droplet_size))
    error_message = "The droplet size must be a slug such as s-1vcpu-1gb."
  }
}

variable "droplet_image" {
  description = "Slug of the image that droplets start from. A change replaces both droplets."
  type        = string
  default     = "debian-12-x64"

  validation {
    condition     = can(regex("^debian-", var.droplet_image))
    error_message = "The image must be a Debian one: that is what Ansible configures."
  }
}

variable "database_size" {
  description = "Slug of the database's size. It decides how many connections there are: 22 with 1 GB of memory."
  type        = string
  default     = "db-s-1vcpu-1gb"

  validation {
    condition     = can(regex("^(db|gd|so|so1_5)-[a-z0-9-]+$", var.database_size))
    error_message = "The database size must be a slug such as db-s-1vcpu-1gb."
  }
}

variable "ssh_public_key" {
  description = "Public key that may log in to the droplets as root, in OpenSSH's format. A change replaces both droplets."
  type        = string

  validation {
    condition     = can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9-]+@openssh.com) [A-Za-z0-9+/=]+", var.ssh_public_key))
    error_message = "The SSH key must be the content of a public key file, such as ~/.ssh/id_ed25519.pub."
  }
}

variable "operator_cidrs" {
  description = "Addresses that may reach the droplets by SSH, in CIDR notation."
  type        = list(string)

  validation {
    condition     = length(var.operator_cidrs) > 0 && alltrue([for cidr in var.operator_cidrs : can(cidrhost(cidr, 0))])
    error_message = "At least one address must be allowed to use SSH, in CIDR notation, such as 203.0.113.7/32."
  }
}
