//! IPv4 ranges of VPCs.

use crate::cloud::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// An IPv4 range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// First address.
    pub network: Ipv4Addr,
    /// Prefix length.
    pub prefix: u8,
}

impl Range {
    /// Number of addresses.
    #[must_use]
    pub fn size(self) -> u32 {
        1 << (32 - u32::from(self.prefix))
    }

    /// The range's first host address, where its gateway is.
    #[must_use]
    pub fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.network) + 1)
    }

    /// The range's mask in dotted form.
    #[must_use]
    pub fn netmask(self) -> Ipv4Addr {
        Ipv4Addr::from(!(self.size() - 1))
    }

    /// Whether two ranges share an address.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        let mask = !(self.size().max(other.size()) - 1);
        u32::from(self.network) & mask == u32::from(other.network) & mask
    }

    fn is_inside(self, network: [u8; 4], prefix: u8) -> bool {
        let outer = Self {
            network: network.into(),
            prefix,
        };
        self.prefix >= prefix && self.overlaps(outer)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

impl FromStr for Range {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let refuse = |why| Refusal::unprocessable(format!("{text} is not a valid ip_range: {why}"));
        let (network, prefix) = text
            .split_once('/')
            .ok_or_else(|| refuse("it needs CIDR notation"))?;
        let network: Ipv4Addr = network.parse().map_err(|_| refuse("it is not IPv4"))?;
        let prefix: u8 = prefix
            .parse()
            .map_err(|_| refuse("its prefix is not a number"))?;
        if !(16..=28).contains(&prefix) {
            return Err(refuse("its size must be between /16 and /28"));
        }
        let range = Self { network, prefix };
        if u32::from(network) & (range.size() - 1) != 0 {
            return Err(refuse("it does not start at its first address"));
        }
        let private = [
            ([10, 0, 0, 0], 8),
            ([172, 16, 0, 0], 12),
            ([192, 168, 0, 0], 16),
            ([198, 18, 0, 0], 15),
        ];
        if !private
            .iter()
            .any(|(network, prefix)| range.is_inside(*network, *prefix))
        {
            return Err(refuse("it is not a private range"));
        }
        Ok(range)
    }
}
