//! Allocates addresses, always the lowest that is free.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::machine::spec::PrivateNet;
use std::net::Ipv4Addr;
use uuid::Uuid;

/// Numbers that the address plan has for hosts in each of its /24.
const HOSTS: std::ops::RangeInclusive<u8> = 10..=250;

impl Record {
    /// A public address and the anchor address that goes with it.
    pub(super) fn free_public(&self) -> Result<(Ipv4Addr, Ipv4Addr), Refusal> {
        let plan = self.plan();
        HOSTS
            .map(|n| (plan.public(n), plan.anchor(n)))
            .find(|(public, _)| {
                self.droplets
                    .values()
                    .all(|droplet| droplet.public != *public)
            })
            .ok_or_else(|| exhausted("public addresses"))
    }

    /// An address to reserve.
    pub(super) fn free_reserved(&self) -> Result<Ipv4Addr, Refusal> {
        let plan = self.plan();
        HOSTS
            .map(|n| plan.reserved(n))
            .find(|ip| !self.reserved_ips.contains_key(ip))
            .ok_or_else(|| exhausted("reserved IPs"))
    }

    /// A public address for a database.
    pub(super) fn free_database(&self) -> Result<Ipv4Addr, Refusal> {
        let plan = self.plan();
        HOSTS
            .map(|n| plan.database(n))
            .find(|ip| {
                self.databases
                    .values()
                    .all(|database| database.public != *ip)
            })
            .ok_or_else(|| exhausted("database addresses"))
    }

    /// An address in a VPC, from `.2` on (`.1` is its gateway).
    pub(super) fn free_private(&self, vpc: Uuid) -> Result<Ipv4Addr, Refusal> {
        let net = self.vpc(vpc)?.range;
        let taken = self.private_addresses(vpc);
        (2..net.size() - 1)
            .map(|n| Ipv4Addr::from(u32::from(net.network) + n))
            .find(|address| !taken.contains(address))
            .ok_or_else(|| exhausted("addresses in this VPC"))
    }

    fn private_addresses(&self, vpc: Uuid) -> Vec<Ipv4Addr> {
        let droplets = self.droplets.values().filter(|droplet| droplet.vpc == vpc);
        let databases = self
            .databases
            .values()
            .filter(|database| database.vpc == vpc);
        let databases = databases.map(|database| database.private);
        droplets
            .map(|droplet| droplet.private)
            .chain(databases)
            .collect()
    }

    /// An address with the VPC's range around it.
    #[must_use]
    pub fn private_net(&self, vpc: Uuid, address: Ipv4Addr) -> PrivateNet {
        let range = self.vpcs.get(&vpc).map(|vpc| vpc.range);
        PrivateNet {
            address,
            network: range.map_or(address, |range| range.network),
            prefix: range.map_or(32, |range| range.prefix),
        }
    }
}

fn exhausted(what: &str) -> Refusal {
    Refusal::unprocessable(format!("There are no more {what} available"))
}
