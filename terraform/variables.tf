variable "name" {
  description = "Name of the environment, and prefix of the names of its resources. Several environments can share an account."
  type        = string
  default     = "minitwit"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,29}$", var.name)) && !endswith(var.name, "-")
    error_message = "The name must be 1 to 30 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen."
  }
}

variable "region" {
  description = "Slug of the region of all resources. A reserved IP can't leave its region."
  type        = string
  default     = "fra1"

  validation {
    condition     = can(regex("^[a-z]{3}[1-9]$", var.region))
    error_message = "The region must be a slug such as fra1 or nyc3."
  }
}

variable "vpc_ip_range" {
  description = "Private address range of the VPC, in CIDR notation. It must not overlap the account's other VPCs."
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
  description = "Slug of the size of both app droplets. Either can be live, so they have the same size."
  type        = string
  default     = "s-1vcpu-1gb"

  validation {
    condition     = can(regex("^[a-z0-9-]+$", var.droplet_size))
    error_message = "The droplet size must be a slug such as s-1vcpu-1gb."
  }
}

variable "droplet_image" {
  description = "Slug of the droplets' image. A change replaces both droplets."
  type        = string
  default     = "debian-12-x64"

  validation {
    condition     = can(regex("^debian-", var.droplet_image))
    error_message = "The image must be a Debian image: Ansible's roles need Debian."
  }
}

variable "monitor_enabled" {
  description = "Whether to create a third droplet that monitors the other two: Prometheus, Grafana, Elasticsearch."
  type        = bool
  default     = true
}

variable "monitor_size" {
  description = "Slug of the monitor's size. Elasticsearch needs 4 GB of memory."
  type        = string
  default     = "s-2vcpu-4gb"

  validation {
    condition     = can(regex("^[a-z0-9-]+$", var.monitor_size))
    error_message = "The monitor's size must be a slug such as s-2vcpu-4gb."
  }
}

variable "database_size" {
  description = "Slug of the database's size. It sets the number of connections: 22 with 1 GB of memory, 47 with 2 GB."
  type        = string
  default     = "db-s-1vcpu-2gb"

  validation {
    condition     = can(regex("^(db|gd|so|so1_5)-[a-z0-9-]+$", var.database_size))
    error_message = "The database size must be a slug such as db-s-1vcpu-2gb."
  }
}

variable "database_node_count" {
  description = "Number of database servers: 1 without a standby, 2 or 3 with standbys. Standbys need at least 2 GB of memory each."
  type        = number
  default     = 2

  validation {
    condition     = contains([1, 2, 3], var.database_node_count)
    error_message = "The database has 1, 2 or 3 servers."
  }
}

variable "ssh_public_key" {
  description = "SSH public key that may log in to the droplets as root, in OpenSSH's format. A change replaces both droplets."
  type        = string

  validation {
    condition     = can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9-]+@openssh.com) [A-Za-z0-9+/=]+", var.ssh_public_key))
    error_message = "The SSH key must be the content of a public key file, such as ~/.ssh/id_ed25519.pub."
  }
}

variable "operator_cidrs" {
  description = "Addresses that may use SSH and the monitor's web pages, in CIDR notation."
  type        = list(string)

  validation {
    condition     = length(var.operator_cidrs) > 0 && alltrue([for cidr in var.operator_cidrs : can(cidrhost(cidr, 0))])
    error_message = "At least one address must be allowed to use SSH, in CIDR notation, such as 203.0.113.7/32."
  }
}

variable "domain" {
  description = "Domain of the service's names, such as example.org; null for no names."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "The domain must be a lower-case name such as example.org, without a closing dot."
  }
}

variable "domain_created" {
  description = "Whether to create the domain's DNS zone here, and destroy it with the rest; false if the account already has it."
  type        = bool
  default     = false
}

variable "domain_record" {
  description = "The service's name below the domain, such as www; @ for the domain itself."
  type        = string
  default     = "@"

  validation {
    condition     = var.domain_record == "@" || can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", var.domain_record))
    error_message = "The record must be @ or a lower-case name such as www."
  }
}

variable "backups_enabled" {
  description = "Whether to create a Spaces bucket for dumps of the database. Needs SPACES_ACCESS_KEY_ID and SPACES_SECRET_ACCESS_KEY."
  type        = bool
  default     = true
}

variable "backups_bucket" {
  description = "Name of that bucket, unique in its region among all accounts; null for the environment's name and -backups."
  type        = string
  default     = null

  validation {
    condition     = var.backups_bucket == null || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.backups_bucket))
    error_message = "A bucket's name must be 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "backups_days" {
  description = "Days after which a dump is deleted."
  type        = number
  default     = 30

  validation {
    condition     = var.backups_days >= 1 && floor(var.backups_days) == var.backups_days
    error_message = "The number of days must be a whole number, at least 1."
  }
}

variable "backups_destroyed" {
  description = "Whether `terraform destroy` also deletes the dumps. If not, it fails at a bucket that is not empty."
  type        = bool
  default     = false
}

variable "spaces_region" {
  description = "Slug of the bucket's region, if the environment's region has no Spaces; null for the environment's region."
  type        = string
  default     = null
}

variable "spaces_endpoint" {
  description = "URL at which droplets reach Spaces, if it is not DigitalOcean's; null for DigitalOcean's."
  type        = string
  default     = null

  validation {
    condition     = var.spaces_endpoint == null || can(regex("^https?://[^/]+$", var.spaces_endpoint))
    error_message = "The endpoint must be a URL without a path, such as https://fra1.digitaloceanspaces.com."
  }
}

variable "alert_emails" {
  description = "E-mail addresses that receive the platform's alerts; they must be verified in the account. Empty for no alerts."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "Each must be an e-mail address."
  }
}

variable "uptime_check_enabled" {
  description = "Whether the platform itself checks the live address from several continents."
  type        = bool
  default     = false
}
