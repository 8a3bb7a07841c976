//! Operations on reserved IPs.

use crate::cloud::record::{RESERVED_IP_LIMIT, Record};
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::actions::Work;
use crate::cloud::resources::catalogue;
use crate::cloud::resources::reserved_ips::{Move, ReservedIp};
use jiff::Timestamp;
use std::net::Ipv4Addr;

impl Record {
    /// Reserves an address in a region.
    ///
    /// # Errors
    /// When the region is unknown or the account has no more to reserve.
    pub fn create_reserved_ip(
        &mut self,
        region: &str,
        project: Option<&str>,
    ) -> Result<Ipv4Addr, Refusal> {
        catalogue::region(region)
            .ok_or_else(|| Refusal::unprocessable(format!("Region {region:?} is invalid.")))?;
        if self.reserved_ips.len() >= RESERVED_IP_LIMIT {
            return Err(Refusal::unprocessable(format!(
                "You have reached your limit of {RESERVED_IP_LIMIT} reserved IPs."
            )));
        }
        let ip = self.free_reserved()?;
        let region = region.to_owned();
        self.reserved_ips.insert(
            ip,
            ReservedIp {
                ip,
                region,
                droplet: None,
                pending: None,
                created_at: Timestamp::now(),
                moved: None,
            },
        );
        self.place(&format!("do:reservedip:{ip}"), project)?;
        Ok(ip)
    }

    /// Reserves an address in a droplet's region and starts to assign it there.
    ///
    /// # Errors
    /// As [`Self::create_reserved_ip`] and [`Self::assign_reserved_ip`].
    pub fn create_reserved_ip_for(
        &mut self,
        droplet: u64,
        project: Option<&str>,
    ) -> Result<(Ipv4Addr, u64), Refusal> {
        let region = self.droplet(droplet)?.region.clone();
        let ip = self.create_reserved_ip(&region, project)?;
        Ok((ip, self.assign_reserved_ip(ip, droplet)?))
    }

    /// A reserved IP.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn reserved_ip(&self, ip: Ipv4Addr) -> Result<&ReservedIp, Refusal> {
        self.reserved_ips.get(&ip).ok_or(Refusal::NotFound)
    }

    fn unlocked_reserved_ip(&self, ip: Ipv4Addr) -> Result<&ReservedIp, Refusal> {
        let reserved = self.reserved_ip(ip)?;
        if reserved.pending.is_some() {
            return Err(Refusal::unprocessable(
                "The reserved IP already has a pending event.",
            ));
        }
        Ok(reserved)
    }

    /// Starts to move a reserved IP to a droplet, from whichever droplet has it.
    ///
    /// # Errors
    /// When either is unknown or locked, or the droplet holds a reserved IP, be it this one.
    pub fn assign_reserved_ip(&mut self, ip: Ipv4Addr, droplet: u64) -> Result<u64, Refusal> {
        let region = self.unlocked_reserved_ip(ip)?.region.clone();
        let unknown = || Refusal::unprocessable(format!("Droplet {droplet} could not be found."));
        if self.droplet(droplet).map_err(|_| unknown())?.region != region {
            return Err(Refusal::unprocessable(
                "The reserved IP and the Droplet must be in the same region.",
            ));
        }
        if self
            .reserved_ips
            .values()
            .any(|other| other.droplet == Some(droplet))
        {
            return Err(Refusal::unprocessable(
                "The Droplet already has a reserved IP assigned to it.",
            ));
        }
        self.unlocked_droplet(droplet)?;
        Ok(self.start_action(Work::AssignIp { ip, droplet }, region))
    }

    /// Starts to take a reserved IP from its droplet.
    ///
    /// # Errors
    /// When it is unknown, locked, or not assigned, or its droplet is locked.
    pub fn unassign_reserved_ip(&mut self, ip: Ipv4Addr) -> Result<u64, Refusal> {
        let reserved = self.unlocked_reserved_ip(ip)?;
        let region = reserved.region.clone();
        let droplet = reserved.droplet.ok_or_else(|| {
            Refusal::unprocessable("The reserved IP is not assigned to a Droplet.")
        })?;
        self.unlocked_droplet(droplet)?;
        Ok(self.start_action(Work::UnassignIp { ip, droplet }, region))
    }

    /// Records the holder of a reserved IP.
    pub fn set_holder(&mut self, ip: Ipv4Addr, holder: Option<u64>) {
        let holder = holder.filter(|id| self.droplet(*id).is_ok());
        let Some(reserved) = self.reserved_ips.get_mut(&ip) else {
            return;
        };
        let from = std::mem::replace(&mut reserved.droplet, holder);
        if from == holder {
            return;
        }
        let at = Timestamp::now();
        reserved.moved = Some(Move { at, from });
        if let Some(before) = from.and_then(|id| self.droplets.get_mut(&id)) {
            before.released = Some((ip, at));
        }
    }

    /// Releases a reserved IP.
    ///
    /// # Errors
    /// When it is unknown, locked or assigned.
    pub fn delete_reserved_ip(&mut self, ip: Ipv4Addr) -> Result<(), Refusal> {
        if self.unlocked_reserved_ip(ip)?.droplet.is_some() {
            return Err(Refusal::unprocessable(
                "The reserved IP is assigned to a Droplet; unassign it first.",
            ));
        }
        self.reserved_ips.remove(&ip);
        self.assignments.remove(&format!("do:reservedip:{ip}"));
        Ok(())
    }
}
