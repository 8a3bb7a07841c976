//! The two app droplets of an environment.

use operate::environment::{Droplet, Environment};

use crate::error::{Error, Result};

/// The two app droplets.
#[derive(Clone, Debug)]
pub struct Pair {
    droplets: [Droplet; 2],
}

impl Pair {
    /// The app droplets that Terraform created.
    ///
    /// # Errors
    /// If there are not exactly two.
    pub fn of(environment: &Environment) -> Result<Self> {
        let droplets = environment.outputs.pair().map_err(Error::Failed)?;
        Ok(Self {
            droplets: droplets.clone(),
        })
    }

    /// Both droplets, sorted by name.
    #[must_use]
    pub fn both(&self) -> &[Droplet; 2] {
        &self.droplets
    }

    /// The droplet with this number.
    ///
    /// # Errors
    /// [`Error::Unfit`] if neither has it.
    pub fn droplet(&self, id: u64) -> Result<&Droplet> {
        let found = self.droplets.iter().find(|droplet| droplet.id == id);
        found.ok_or_else(|| {
            Error::Unfit(format!(
                "droplet {id} does not belong to this environment; if it was created again, `make up` reads its new number"
            ))
        })
    }

    /// The droplet that does not have this number.
    #[must_use]
    pub fn other(&self, id: u64) -> &Droplet {
        let [a, b] = &self.droplets;
        if a.id == id { b } else { a }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn droplets_are_found_by_number() {
        let droplet = |name: &str, id| Droplet {
            name: name.to_owned(),
            id,
            public_ip: [198, 18, 1, 1].into(),
            private_ip: [10, 0, 0, 1].into(),
        };
        let pair = Pair {
            droplets: [droplet("a", 11), droplet("b", 12)],
        };
        assert_eq!(pair.droplet(11).unwrap().name, "a");
        assert_eq!(pair.other(11).id, 12);
        assert_eq!(pair.other(12).id, 11);
        assert_eq!(pair.droplet(13).unwrap_err().code(), 3);
    }
}
