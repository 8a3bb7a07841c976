//! Real hosts on a real network: needs root, and takes the machine's slot 30.

use localcloud::plane::addresses::Addresses;
use localcloud::plane::process::Process;
use localcloud::plane::spec::{
    Cut, DatabaseNet, DatabaseSpec, Direction, DropletNet, DropletSeed, Firewall, Impairment,
    PrivateNet, Protocol, ReservedRoute, Rule, Topology,
};
use localcloud::plane::{Plane, image};
use nix::sys::signal::Signal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const SLOT: u8 = 30;
const NAME: &str = "hosts-test";

fn plan() -> Addresses {
    Addresses::of_slot(SLOT)
}

fn private(n: u8) -> PrivateNet {
    let network = plan().vpc(0);
    PrivateNet {
        address: Ipv4Addr::from(u32::from(network) + u32::from(n)),
        network,
        prefix: 24,
    }
}

fn everything(protocol: Protocol) -> Rule {
    Rule {
        protocol,
        ports: None,
        peers: vec!["0.0.0.0/0".to_owned()],
    }
}

fn seed(id: u64, n: u8, key: &str, user_data: &str) -> DropletSeed {
    let ssh = Rule {
        ports: Some((22, 22)),
        ..everything(Protocol::Tcp)
    };
    DropletSeed {
        id,
        name: format!("host-{n}"),
        ssh_keys: vec![key.to_owned()],
        user_data: user_data.to_owned(),
        disk_gib: 10,
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
    let deadline = Instant::now() + Duration::from_secs(20);
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

fn opens(address: Ipv4Addr, port: u16) -> bool {
    let address = SocketAddr::new(IpAddr::V4(address), port);
    TcpStream::connect_timeout(&address, Duration::from_millis(600)).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_network_and_database_are_real() {
    assert!(
        nix::unistd::geteuid().is_root(),
        "this test boots hosts: run it as root, as `make test` does"
    );
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/localcloud/images");
    let root = image::ensure(&images, "http://deb.debian.org/debian", |step| {
        eprintln!("{step}");
    })
    .await
    .expect("the droplet image");
    let directory = tempfile::tempdir_in("/var/tmp").expect("a temporary directory");
    let key = directory.path().join("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.expect("ssh-keygen is installed").success());
    let public_key = std::fs::read_to_string(key.with_extension("pub")).expect("the public key");
    let plane = Plane::new(NAME, directory.path(), root.clone(), SLOT);
    plane.prepare().await.expect("a router");

    let outcome = tokio::spawn(story(plane, key, public_key.trim().to_owned())).await;

    // Torn down by a plane that knows only the directory, as after a crash.
    let plane = Plane::new(NAME, directory.path(), root, SLOT);
    plane.tear_down().await.expect("nothing is left running");
    assert!(!Path::new("/run/netns/localcloud-hosts-test").exists());
    for hierarchy in ["systemd", "unified", "freezer"] {
        let group = format!("/sys/fs/cgroup/{hierarchy}/localcloud/localcloud-{NAME}-312");
        assert!(!Path::new(&group).exists(), "{group} is left");
    }
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic.into_panic());
    }
}

async fn story(plane: Plane, key: PathBuf, public_key: String) {
    let user_data = "#!/bin/sh\necho done > /root/user-data-ran\n";
    let a = seed(311, 10, &public_key, "");
    let b = seed(312, 11, &public_key, user_data);
    let live = plan().reserved(10);
    let mut topology = Topology {
        droplets: vec![a.net.clone(), b.net.clone()],
        reserved: vec![ReservedRoute {
            ip: live,
            droplet: a.id,
        }],
        ..Topology::default()
    };
    let begin = Instant::now();
    plane.boot_droplet(&a).await.expect("boots");
    plane.boot_droplet(&b).await.expect("boots");
    plane.sync_network(&topology).await.expect("network");
    assert_eq!(ssh(&key, a.net.public, "hostname"), "host-10");
    assert_eq!(ssh(&key, b.net.public, "hostname"), "host-11");
    eprintln!("two hosts answer by ssh after {:?}", begin.elapsed());

    // A reserved IP leads to its holder, and after a move to the other.
    assert_eq!(ssh(&key, live, "hostname"), "host-10");
    topology.reserved[0].droplet = b.id;
    plane.sync_network(&topology).await.expect("network");
    assert_eq!(ssh(&key, live, "hostname"), "host-11");
    // Its holder reaches itself through it.
    let itself = format!("timeout 2 bash -c 'head -c 3 < /dev/tcp/{live}/22'");
    assert_eq!(ssh(&key, b.net.public, &itself), "SSH");

    // Hosts meet in the VPC as far as the firewall lets them; this machine can't get in.
    let peer = b.net.private.address;
    let ping = format!("ping -c1 -W1 {peer} | grep -c 'bytes from'");
    assert_eq!(ssh(&key, a.net.public, &ping), "1");
    assert_eq!(ssh(&key, a.net.public, &knock(peer, 5355)), "124");
    assert!(!opens(peer, 22));

    // user_data was run by cloud-init.
    let ran = "for i in $(seq 100); do test -s user-data-ran && break; sleep 0.2; done; \
               cat user-data-ran";
    assert_eq!(ssh(&key, b.net.public, ran), "done");

    faults(&plane, &mut topology, &key, &a, &b).await;
    database(&plane, &mut topology, &key, &a).await;
    reboot_from_inside(&plane, &key, &a).await;

    // A host whose supervisor was killed is ended before it boots again.
    let note = key.with_file_name("droplets/312/process");
    let supervisor = Process::noted(&note).expect("it runs");
    for process in supervisor.children().iter().chain([&supervisor]) {
        process.signal(Signal::SIGKILL).expect("killed");
    }
    // A powered-off host is silent, and its disk is there when it returns.
    ssh(&key, b.net.public, "echo kept > kept; sync");
    plane.power_off_droplet(b.id).await.expect("off");
    assert!(!plane.droplet_runs(b.id) && !opens(live, 22));
    plane.boot_droplet(&b).await.expect("boots");
    plane.sync_network(&topology).await.expect("network");
    assert_eq!(ssh(&key, live, "cat kept"), "kept");
    let begin = Instant::now();
    let grace = Duration::from_secs(20);
    plane.shutdown_droplet(b.id, grace).await.expect("down");
    assert!(begin.elapsed() < grace, "an orderly shutdown");
    plane.destroy_droplet(b.id).await.expect("gone");
}

async fn faults(
    plane: &Plane,
    topology: &mut Topology,
    key: &Path,
    a: &DropletSeed,
    b: &DropletSeed,
) {
    let ping = format!(
        "ping -c1 -W1 {} | grep -c 'bytes from'",
        b.net.private.address
    );
    for direction in [Direction::In, Direction::Out, Direction::Both] {
        topology.cuts = vec![Cut::Vpc {
            droplet: b.id,
            direction,
        }];
        plane.sync_network(topology).await.expect("network");
        assert_eq!(ssh(key, a.net.public, &ping), "0", "{direction:?}");
    }
    topology.cuts = vec![Cut::Loss {
        droplet: b.id,
        percent: 100,
    }];
    plane.sync_network(topology).await.expect("network");
    assert!(!opens(b.net.public, 22));
    topology.cuts.clear();
    plane.sync_network(topology).await.expect("network");
    assert_eq!(ssh(key, a.net.public, &ping), "1");

    plane
        .impair_droplet(b.id, Impairment::Frozen, true)
        .expect("frozen");
    // The kernel still answers for it; its processes do not.
    let greets = format!(
        "timeout 2 head -c 3 < /dev/tcp/{}/22",
        b.net.private.address
    );
    let greets = format!("bash -c '{greets}'; echo $?");
    assert_eq!(ssh(key, a.net.public, &greets), "124");
    plane.thaw();
    assert_eq!(ssh(key, b.net.public, "hostname"), "host-11");
}

/// A script that prints 0 if a port opens, 124 if nothing answers.
fn knock(address: Ipv4Addr, port: u16) -> String {
    format!("timeout 2 bash -c '</dev/tcp/{address}/{port}' 2>/dev/null; echo $?")
}

async fn reboot_from_inside(plane: &Plane, key: &Path, droplet: &DropletSeed) {
    let boot = "cut -d. -f1 /proc/1/stat | cut -d' ' -f22";
    let before = ssh(key, droplet.net.public, boot);
    ssh(key, droplet.net.public, "systemctl reboot");
    for _ in 0..100 {
        plane.heal_network().await.expect("network");
        tokio::time::sleep(Duration::from_millis(100)).await;
        if opens(droplet.net.public, 22) && ssh(key, droplet.net.public, boot) != before {
            return;
        }
    }
    panic!("the host did not come back with its links");
}

async fn database(plane: &Plane, topology: &mut Topology, key: &Path, droplet: &DropletSeed) {
    let mut net = DatabaseNet {
        id: "5f3c0d9e-0000-4000-8000-000000000000".to_owned(),
        public: plan().database(10),
        private: private(20),
        trusted: Some(vec![format!("{}/32", droplet.net.private.address)]),
    };
    topology.databases = vec![net.clone()];
    let user = |name: &str, password: &str| (name.to_owned(), password.to_owned());
    let spec = DatabaseSpec {
        id: net.id.clone(),
        net: net.clone(),
        nodes: 1,
        restart: false,
        pools: Vec::new(),
        connections: 22,
        databases: vec!["defaultdb".to_owned(), "minitwit".to_owned()],
        users: vec![user("doadmin", "it's \"secret\""), user("app", "b")],
    };
    let begin = Instant::now();
    plane.sync_database(&spec).await.expect("a database");
    eprintln!("a database answers after {:?}", begin.elapsed());
    plane.sync_network(topology).await.expect("network");
    let knock = knock(net.private.address, 25060);
    assert_eq!(ssh(key, droplet.net.public, &knock), "0");
    let outside = net.public;
    assert!(!opens(outside, 25060), "this machine is no trusted source");
    net.trusted = Some(Vec::new());
    topology.databases = vec![net];
    plane.sync_network(topology).await.expect("network");
    assert_eq!(ssh(key, droplet.net.public, &knock), "124");
    // Saying it again with less takes away what is gone.
    let less = DatabaseSpec {
        users: spec.users[..1].to_vec(),
        databases: spec.databases[..1].to_vec(),
        ..spec
    };
    plane.sync_database(&less).await.expect("in line again");
}
