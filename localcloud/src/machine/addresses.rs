//! The address plan: which part of 198.18.0.0/15 a cloud uses for what.
//!
//! The block is reserved for tests between networks (RFC 2544). A cloud has a slot of 16 class-C
//! networks, so 32 clouds fit on one machine side by side.

use std::net::Ipv4Addr;

/// Number of clouds that fit on one machine.
pub const SLOTS: u8 = 32;

/// The addresses of one cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    base: u32,
}

impl Addresses {
    /// The plan of the cloud in `slot`.
    ///
    /// # Panics
    /// When `slot` is not below [`SLOTS`].
    #[must_use]
    pub fn of_slot(slot: u8) -> Self {
        assert!(slot < SLOTS, "a machine has {SLOTS} slots");
        let block = u32::from(Ipv4Addr::new(198, 18, 0, 0));
        Self {
            base: block + u32::from(slot) * 16 * 256,
        }
    }

    fn at(self, network: u32, host: u32) -> Ipv4Addr {
        Ipv4Addr::from(self.base + network * 256 + host)
    }

    /// First address of the slot; its range is this with prefix 20.
    #[must_use]
    pub fn network(self) -> Ipv4Addr {
        self.at(0, 0)
    }

    /// The cloud's router: API, package proxy and gateway for the machine itself.
    #[must_use]
    pub fn router(self) -> Ipv4Addr {
        self.at(0, 1)
    }

    /// The machine's own end of its link to the router.
    #[must_use]
    pub fn machine(self) -> Ipv4Addr {
        self.at(0, 2)
    }

    /// Gateway of the public /24.
    #[must_use]
    pub fn public_gateway(self) -> Ipv4Addr {
        self.at(1, 1)
    }

    /// Public address number `n`, from 10 to 250, in a /24.
    #[must_use]
    pub fn public(self, n: u8) -> Ipv4Addr {
        self.at(1, n.into())
    }

    /// Gateway of the anchor /24.
    #[must_use]
    pub fn anchor_gateway(self) -> Ipv4Addr {
        self.at(2, 1)
    }

    /// Anchor address number `n`, from 10 to 250, in a /24.
    #[must_use]
    pub fn anchor(self, n: u8) -> Ipv4Addr {
        self.at(2, n.into())
    }

    /// Reserved IP number `n`, from 10 to 250.
    #[must_use]
    pub fn reserved(self, n: u8) -> Ipv4Addr {
        self.at(3, n.into())
    }

    /// Public address number `n`, from 10 to 250, of a database.
    #[must_use]
    pub fn database(self, n: u8) -> Ipv4Addr {
        self.at(4, n.into())
    }

    /// First address of the `n`th /24 for VPCs that name no range, `n` from 0 to 7.
    #[must_use]
    pub fn vpc(self, n: u8) -> Ipv4Addr {
        self.at(8 + u32::from(n), 0)
    }
}
