//! Real hosts on a real network: needs root, and takes the machine's slot 30.

mod cycles;
mod databases;
mod faults;
mod traffic;
mod world;

use localcloud::machine::process::Process;
use localcloud::machine::spec::{ReservedRoute, Topology};
use localcloud::machine::{Machine, image};
use nix::sys::signal::Signal;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use world::{NAME, SLOT, World, opens, plan, seed};

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
    let machine = Machine::new(NAME, directory.path(), root.clone(), SLOT);
    machine.prepare().await.expect("a router");

    let kept_in = directory.path().to_owned();
    let outcome = tokio::spawn(story(machine, kept_in, public_key.trim().to_owned())).await;

    // Torn down by a machine that knows only the directory, as after a crash.
    let machine = Machine::new(NAME, directory.path(), root, SLOT);
    machine.tear_down().await.expect("nothing is left running");
    assert!(!Path::new("/run/netns/localcloud-hosts-test").exists());
    for hierarchy in ["systemd", "unified", "freezer"] {
        let group = format!("/sys/fs/cgroup/{hierarchy}/localcloud/localcloud-{NAME}-312");
        assert!(!Path::new(&group).exists(), "{group} is left");
    }
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic.into_panic());
    }
}

async fn story(machine: Machine, directory: PathBuf, public_key: String) {
    let key = directory.join("key");
    let user_data = "#!/bin/sh\necho done > /root/user-data-ran\n";
    let a = seed(311, 10, &public_key, "");
    let b = seed(312, 11, &public_key, user_data);
    let live = plan().reserved(10);
    let topology = Topology {
        droplets: vec![a.net.clone(), b.net.clone()],
        reserved: vec![ReservedRoute {
            ip: live,
            droplet: a.id,
        }],
        ..Topology::default()
    };
    let begin = Instant::now();
    machine.boot_droplet(&a).await.expect("boots");
    machine.boot_droplet(&b).await.expect("boots");
    let mut world = World {
        machine,
        topology,
        directory,
        key,
        public_key,
        a,
        b,
    };
    world.apply().await;
    assert_eq!(world.on_a("hostname"), "host-10");
    assert_eq!(world.on_b("hostname"), "host-11");
    eprintln!("two hosts answer by ssh after {:?}", begin.elapsed());

    // user_data was run by cloud-init.
    let ran = "for i in $(seq 300); do test -s user-data-ran && break; sleep 0.2; done; \
               cat user-data-ran";
    assert_eq!(world.on_b(ran), "done");

    timed("reserved", traffic::reserved_ips(&mut world)).await;
    timed("firewalls", traffic::firewalls(&mut world)).await;
    timed("vpcs", traffic::vpcs(&mut world)).await;
    timed("links", faults::links(&mut world)).await;
    timed("droplets", faults::droplets(&mut world)).await;
    timed("database", databases::one_node(&mut world)).await;
    timed("standby", databases::standby(&mut world)).await;
    timed("reboot", reboot_from_inside(&world)).await;
    timed("power", power(&world)).await;
    timed("cycles", cycles::leave_nothing(&world)).await;
}

/// Does a part of the story and says how long it took.
async fn timed(name: &str, part: impl Future<Output = ()>) {
    let begin = Instant::now();
    part.await;
    eprintln!("{name}: {:.1} s", begin.elapsed().as_secs_f64());
}

async fn power(world: &World) {
    let (machine, b) = (&world.machine, &world.b);
    let live = world.topology.reserved[0].ip;
    // A host whose supervisor was killed is ended before it boots again.
    let note = world.directory.join("droplets/312/process");
    let supervisor = Process::recorded(&note).expect("it runs");
    for process in supervisor.children().iter().chain([&supervisor]) {
        process.signal(Signal::SIGKILL).expect("killed");
    }
    machine.boot_droplet(b).await.expect("boots");
    world.apply().await;
    // A powered-off host is silent, and its disk is there when it returns, larger if that was asked.
    world.on_b("echo kept > kept; sync");
    machine.power_off_droplet(b.id).await.expect("off");
    assert!(!machine.droplet_runs(b.id) && !opens(live, 22));
    let mut larger = b.clone();
    larger.disk_gib = 3;
    machine.boot_droplet(&larger).await.expect("boots");
    world.apply().await;
    assert_eq!(world.ssh(live, "cat kept"), "kept");
    let size = "df --output=size --block-size=1M / | tail -n 1";
    let size: u32 = world.on_b(size).parse().expect("MiB");
    assert!((2800..3100).contains(&size), "{size} MiB");
    let begin = Instant::now();
    let grace = Duration::from_secs(20);
    machine.shutdown_droplet(b.id, grace).await.expect("down");
    assert!(begin.elapsed() < grace, "an orderly shutdown");
    machine.destroy_droplet(b.id).await.expect("gone");
}

async fn reboot_from_inside(world: &World) {
    let boot = "cut -d. -f1 /proc/1/stat | cut -d' ' -f22";
    let before = world.on_a(boot);
    world.on_a("systemctl reboot");
    wait_for_reboot(world, &before).await;
}

/// Waits until host a has another first process than `before`, with its links.
async fn wait_for_reboot(world: &World, before: &str) {
    let boot = "cut -d. -f1 /proc/1/stat | cut -d' ' -f22";
    let mut healed = Ok(());
    for _ in 0..600 {
        // A link may go while it is set up: the next try finds that.
        healed = world.machine.heal_network().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        if opens(world.a.net.public, 22) && world.on_a(boot) != before {
            return;
        }
    }
    panic!("the host did not come back with its links: {healed:?}");
}
