//! What faults do to hosts and their links, and that they are over when they are over.

use crate::hosts::wait_for_reboot;
use crate::hosts::world::{World, opens};
use localcloud::machine::spec::{Cut, Direction, Impairment};

/// Links are cut one way, both ways, or lose what passes.
pub async fn links(world: &mut World) {
    let (b, peer) = (world.b.id, world.b.net.private.address);
    for direction in [Direction::In, Direction::Out, Direction::Both] {
        world.topology.cuts = vec![Cut::Vpc {
            droplet: b,
            direction,
        }];
        world.apply().await;
        assert_eq!(world.ping_from_a(peer), "0", "{direction:?}");
    }
    // One way only: what host b asks does not leave, what it is told arrives.
    world.topology.cuts = vec![Cut::Vpc {
        droplet: b,
        direction: Direction::Out,
    }];
    world.apply().await;
    let heard = "cat /sys/class/net/eth1/statistics/rx_packets";
    let before: u64 = world.on_b(heard).parse().expect("a number");
    assert_eq!(world.ping_from_a(peer), "0");
    let after: u64 = world.on_b(heard).parse().expect("a number");
    assert!(after > before, "what comes in still does");
    world.topology.cuts.clear();
    world.apply().await;
    assert_eq!(world.ping_from_a(peer), "1");
    losses(world).await;
}

/// A share of packets is lost, and the same ones once more.
async fn losses(world: &mut World) {
    let (b, peer) = (world.b.id, world.b.net.private.address);
    let lossy = |percent| Cut::Loss {
        droplet: b,
        percent,
        seed: 7,
    };
    world.topology.cuts = vec![lossy(100)];
    world.apply().await;
    assert!(!opens(world.b.net.public, 22));

    // Which of 200 packets get there and back. Another packet in between makes it another count, so that there are
    // some tries; by chance, no two would ever be the same.
    let answered = format!(
        "ping -n -i 0.002 -c 200 -W 1 {peer} | sed -n 's/.*icmp_seq=\\([0-9]*\\) .*/\\1/p'"
    );
    let mut runs: Vec<String> = Vec::new();
    for _ in 0..4 {
        world.topology.cuts.clear();
        world.apply().await;
        assert_eq!(world.ping_from_a(peer), "1");
        world.topology.cuts = vec![lossy(30)];
        world.apply().await;
        let run = world.on_a(&answered);
        // Both ways: 0.7 by 0.7 of them.
        let count = run.lines().count();
        assert!((60..140).contains(&count), "{count} of 200");
        runs.push(run);
        if runs[..runs.len() - 1].contains(&runs[runs.len() - 1]) {
            break;
        }
    }
    world.topology.cuts.clear();
    world.apply().await;
    let (last, before) = runs.split_last().expect("there were some");
    assert!(before.contains(last), "never the same twice: {runs:?}");
}

fn impair(world: &World, droplet: u64, impairment: Impairment, broken: bool) {
    let done = world.machine.impair_droplet(droplet, impairment, broken);
    done.unwrap_or_else(|error| panic!("{impairment:?}: {error:#}"));
}

/// Hosts stand still, crawl, have no room, are on another day, reboot.
pub async fn droplets(world: &mut World) {
    let (a, b) = (world.a.id, world.b.id);
    impair(world, b, Impairment::Frozen, true);
    // The kernel still answers for it; its processes do not.
    let greets = format!(
        "bash -c 'timeout 2 head -c 3 < /dev/tcp/{}/22'; echo $?",
        world.b.net.private.address
    );
    assert_eq!(world.on_a(&greets), "124");
    world.machine.undo_faults();
    assert_eq!(world.on_b("hostname"), "host-11");

    // How much slower than its own processor time a busy process is.
    let busy = "python3 -c 'import time\n\
        t, c = time.monotonic(), time.process_time()\n\
        while time.process_time() - c < 0.2: pass\n\
        print(round((time.monotonic() - t) / 0.2))'";
    impair(world, b, Impairment::SlowCpu { percent: 10 }, true);
    let slow: u32 = world.on_b(busy).parse().expect("a number");
    impair(world, b, Impairment::SlowCpu { percent: 10 }, false);
    assert!(slow >= 4, "{slow} times slower");
    assert_eq!(world.on_b("systemctl is-active ssh"), "active");

    let write = "dd if=/dev/zero of=/root/piece bs=64k count=4 2>&1 | grep -c 'No space left'; \
                 rm -f /root/piece";
    impair(world, b, Impairment::DiskFull, true);
    assert_eq!(world.on_b(write), "1");
    impair(world, b, Impairment::DiskFull, false);
    assert_eq!(world.on_b(write), "0");

    clock(world, b);

    let boot = "cut -d. -f1 /proc/1/stat | cut -d' ' -f22";
    let before = world.on_a(boot);
    impair(world, a, Impairment::Reboot, true);
    wait_for_reboot(world, &before).await;
}

/// A service that runs sees a step of the clock, a session does, and timers go on as before.
fn clock(world: &World, droplet: u64) {
    let service = "import time\n\
        while True: open(\"/run/seen\", \"w\").write(str(int(time.time()))); time.sleep(0.2)";
    world.on_b(&format!(
        "systemd-run --quiet --unit=watch python3 -c '{service}'"
    ));
    // Seconds between the true time and what it sees.
    let off = |world: &World, ask: &str| -> i64 {
        let said: i64 = world.on_b(ask).parse().expect("seconds");
        said - true_time()
    };
    let (session, running) = ("date +%s", "sleep 1.5; cat /run/seen");
    assert!(off(world, running).abs() < 60, "no step yet");
    let day = Impairment::ClockStep { seconds: -86400 };
    impair(world, droplet, day, true);
    assert!(
        (off(world, session) + 86400).abs() < 60,
        "a session sees it"
    );
    assert!((off(world, running) + 86400).abs() < 60, "a service does");
    let lasts =
        "s=$(cut -d. -f1 /proc/uptime); sleep 2; echo $(( $(cut -d. -f1 /proc/uptime) - s ))";
    let lasted: i64 = world.on_b(lasts).parse().expect("seconds");
    assert!((2..30).contains(&lasted), "a timer of 2 s took {lasted} s");
    impair(world, droplet, day, false);
    assert!(off(world, session).abs() < 60, "and it is over");
    assert!(off(world, running).abs() < 60, "for the service too");
    world.on_b("systemctl stop watch");
}

/// The true time in seconds since 1970.
fn true_time() -> i64 {
    jiff::Timestamp::now().as_second()
}
