//! The hosts that the tests are about, and how they are asked.

use localcloud::machine::Machine;
use localcloud::machine::addresses::Addresses;
use localcloud::machine::spec::{
    DropletNet, DropletSeed, Firewall, PrivateNet, Protocol, Rule, Topology,
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The machine's slot that this test takes.
pub const SLOT: u8 = 30;
/// The cloud's name.
pub const NAME: &str = "hosts-test";

/// A cloud with two droplets in one VPC.
pub struct World {
    pub machine: Machine,
    pub topology: Topology,
    /// The directory of the cloud.
    pub directory: PathBuf,
    pub key: PathBuf,
    pub public_key: String,
    pub a: DropletSeed,
    pub b: DropletSeed,
}

impl World {
    /// Makes the network what the topology says.
    pub async fn apply(&self) {
        let applied = self.machine.sync_network(&self.topology).await;
        applied.expect("network");
    }

    /// What the host at `address` says to `script`.
    pub fn ssh(&self, address: Ipv4Addr, script: &str) -> String {
        ssh(&self.key, address, script)
    }

    /// What host a says.
    pub fn on_a(&self, script: &str) -> String {
        self.ssh(self.a.net.public, script)
    }

    /// What host b says.
    pub fn on_b(&self, script: &str) -> String {
        self.ssh(self.b.net.public, script)
    }

    /// How many answers host a gets to one ping of `address`.
    pub fn ping_from_a(&self, address: Ipv4Addr) -> String {
        self.on_a(&format!("ping -c1 -W2 {address} | grep -c 'bytes from'"))
    }

    /// The firewall around host b as the topology has it.
    pub fn firewall_of_b(&mut self) -> &mut Firewall {
        let id = self.b.id;
        let net = self.topology.droplets.iter_mut().find(|net| net.id == id);
        net.and_then(|net| net.firewall.as_mut())
            .expect("host b has one")
    }
}

pub fn plan() -> Addresses {
    Addresses::of_slot(SLOT)
}

pub fn private(n: u8) -> PrivateNet {
    in_vpc(0, n)
}

pub fn in_vpc(vpc: u8, n: u8) -> PrivateNet {
    let network = plan().vpc(vpc);
    PrivateNet {
        address: Ipv4Addr::from(u32::from(network) + u32::from(n)),
        network,
        prefix: 24,
    }
}

pub fn everything(protocol: Protocol) -> Rule {
    Rule {
        protocol,
        ports: None,
        peers: vec!["0.0.0.0/0".to_owned()],
    }
}

pub fn seed(id: u64, n: u8, key: &str, user_data: &str) -> DropletSeed {
    let ssh = Rule {
        ports: Some((22, 22)),
        ..everything(Protocol::Tcp)
    };
    DropletSeed {
        id,
        name: format!("host-{n}"),
        ssh_keys: vec![key.to_owned()],
        user_data: user_data.to_owned(),
        disk_gib: 2,
        net: DropletNet {
            id,
            public: plan().public(n),
            anchor: plan().anchor(n),
            private: private(n),
            firewall: Some(Firewall {
                inbound: vec![ssh, everything(Protocol::Icmp)],
                outbound: [Protocol::Tcp, Protocol::Udp, Protocol::Icmp]
                    .map(everything)
                    .into(),
            }),
        },
    }
}

/// What a host says to `script`, tried until its sshd answers.
fn ssh(key: &Path, address: Ipv4Addr, script: &str) -> String {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let output = Command::new("ssh")
            .args(["-i", &key.display().to_string(), "-o", "BatchMode=yes"])
            .args(["-o", "ConnectTimeout=2", "-o", "StrictHostKeyChecking=no"])
            .args(["-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"])
            .args([&format!("root@{address}"), script])
            .output()
            .expect("ssh is installed");
        if output.status.code() != Some(255) || Instant::now() > deadline {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            return String::from_utf8_lossy(&output.stdout).trim().to_owned() + &error;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub fn opens(address: Ipv4Addr, port: u16) -> bool {
    let address = SocketAddr::new(IpAddr::V4(address), port);
    TcpStream::connect_timeout(&address, Duration::from_millis(600)).is_ok()
}

/// A script that prints 0 if a port opens, 124 if nothing answers.
pub fn knock(address: Ipv4Addr, port: u16) -> String {
    format!("timeout 2 bash -c '</dev/tcp/{address}/{port}' 2>/dev/null; echo $?")
}
