//! What passes between hosts, and what does not.

use crate::hosts::world::{World, everything, in_vpc, knock, opens, plan, seed};
use localcloud::machine::spec::{Protocol, Rule};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// What the server on the other side says within five seconds: first alone, then to a greeting.
struct Flow(TcpStream);

impl Flow {
    fn open(address: Ipv4Addr) -> Self {
        let address = SocketAddr::new(IpAddr::V4(address), 22);
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(10)).expect("opens");
        let limit = Some(Duration::from_secs(5));
        stream.set_read_timeout(limit).expect("a limit");
        let mut flow = Self(stream);
        assert!(flow.says_something(), "sshd greets");
        flow
    }

    fn says_something(&mut self) -> bool {
        let mut buffer = [0; 256];
        matches!(self.0.read(&mut buffer), Ok(1..))
    }

    /// A server that hears the client's greeting offers its algorithms.
    fn is_alive(&mut self) -> bool {
        self.0.write_all(b"SSH-2.0-test\r\n").is_ok() && self.says_something()
    }
}

/// A reserved IP leads to its holder's anchor, and a move cuts what went through the old one.
pub async fn reserved_ips(world: &mut World) {
    let live = world.topology.reserved[0].ip;
    assert_eq!(world.ssh(live, "hostname"), "host-10");
    assert!(Flow::open(live).is_alive());
    let mut flow = Flow::open(live);
    world.topology.reserved[0].droplet = world.b.id;
    world.apply().await;
    assert!(!flow.is_alive(), "a move cuts established flows");
    assert_eq!(world.ssh(live, "hostname"), "host-11");
    // Its holder reaches itself through it.
    let itself = format!("timeout 2 bash -c 'head -c 3 < /dev/tcp/{live}/22'");
    assert_eq!(world.on_b(&itself), "SSH");
    // An anchor address is nobody's to call.
    assert_eq!(world.on_a(&knock(world.b.net.anchor, 22)), "124");
    assert!(!opens(world.b.net.anchor, 22));
    // What the holder sends comes from its own address.
    let seen = format!(
        "ssh-keyscan -T 2 {} 2>/dev/null | head -c 0",
        world.a.net.public
    );
    world.on_b(&seen);
    let log = "journalctl -u ssh -n 50 --no-pager | grep -oE '198[0-9.]+' | sort -u";
    let callers = world.on_a(log);
    assert!(
        callers.contains(&world.b.net.public.to_string()),
        "{callers}"
    );
    assert!(!callers.contains(&live.to_string()), "{callers}");
}

/// A firewall is around both interfaces and reserved IPs, knows ICMP, and lets no other protocol pass.
pub async fn firewalls(world: &mut World) {
    let live = world.topology.reserved[0].ip;
    let (public, private) = (world.b.net.public, world.b.net.private.address);
    world.on_b("systemd-run --quiet --unit=web python3 -m http.server 8000");
    let wait = "for i in $(seq 300); do ss -ltn | grep -q :8000 && break; sleep 0.1; done";
    world.on_b(wait);
    let doors = |world: &World| {
        let knocks = [public, private, live].map(|address| world.on_a(&knock(address, 8000)));
        knocks.join(" ")
    };
    assert_eq!(doors(world), "124 124 124");
    let web = Rule {
        ports: Some((8000, 8000)),
        ..everything(Protocol::Tcp)
    };
    world.firewall_of_b().inbound.push(web);
    world.apply().await;
    assert_eq!(doors(world), "0 0 0");
    assert!(!opens(private, 8000), "this machine is in no VPC");

    assert_eq!(world.ping_from_a(private), "1");
    let icmp = |rule: &Rule| rule.protocol == Protocol::Icmp;
    world.firewall_of_b().inbound.retain(|rule| !icmp(rule));
    world.apply().await;
    assert_eq!(world.ping_from_a(private), "0");
    assert_eq!(world.ping_from_a(public), "0");

    let udp = everything(Protocol::Udp);
    let inbound = &mut world.firewall_of_b().inbound;
    inbound.extend([udp, everything(Protocol::Icmp)]);
    world.apply().await;
    assert_eq!(protocols_that_arrive(world, private), "17");
    // Nor without a firewall.
    let id = world.b.id;
    let nets = &mut world.topology.droplets;
    let net = nets.iter_mut().find(|net| net.id == id).expect("host b");
    let firewall = net.firewall.take();
    world.apply().await;
    assert_eq!(protocols_that_arrive(world, private), "17");
    let nets = &mut world.topology.droplets;
    let net = nets.iter_mut().find(|net| net.id == id).expect("host b");
    net.firewall = firewall;
    world.apply().await;
}

/// Which of VRRP (112), GRE (47) and UDP (17) get from host a to host b.
fn protocols_that_arrive(world: &World, to: Ipv4Addr) -> String {
    let listen = "import select, socket\n\
        rs = {socket.socket(socket.AF_INET, socket.SOCK_RAW, p): p for p in (17, 47, 112)}\n\
        got, left = set(), 2.0\n\
        open(\"/run/listening\", \"w\").close()\n\
        while r := select.select(list(rs), [], [], left)[0]:\n\
        \x20   got |= {rs[s] for s in r if b\"hello\" in s.recv(999)}\n\
        print(*sorted(got))\n";
    let unit =
        format!("rm -f /run/listening; python3 -c '{listen}' > /run/heard 2>&1 < /dev/null &");
    let wait = "for i in $(seq 300); do test -e /run/listening && break; sleep 0.1; done";
    world.on_b(&format!("{unit} {wait}"));
    let send = format!(
        "python3 -c 'import socket\n\
         for p in (47, 112):\n\
         \x20 socket.socket(socket.AF_INET, socket.SOCK_RAW, p).sendto(b\"hello\", (\"{to}\", 0))\n\
         socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b\"hello\", (\"{to}\", 7000))'"
    );
    assert_eq!(world.on_a(&send), "");
    world.on_b(
        "for i in $(seq 300); do test -s /run/heard && break; sleep 0.1; done; cat /run/heard",
    )
}

/// Hosts meet in their VPC as far as firewalls let them, and never across.
pub async fn vpcs(world: &mut World) {
    let peer = world.b.net.private.address;
    assert_eq!(world.ping_from_a(peer), "1");
    assert_eq!(world.on_a(&knock(peer, 5355)), "124");
    assert!(!opens(peer, 22));

    let mut c = seed(313, 12, &world.public_key, "");
    c.net.private = in_vpc(1, 12);
    c.net.firewall = None;
    world.machine.boot_droplet(&c).await.expect("boots");
    world.topology.droplets.push(c.net.clone());
    world.apply().await;
    assert_eq!(world.ssh(c.net.public, "hostname"), "host-12");
    // Not even with a route, which a host's root can always make.
    let across = format!(
        "ip route replace {peer} dev eth1; ping -c1 -W1 {peer} | grep -c 'bytes from'; \
         ip route replace {peer} via {} dev eth0 onlink; ping -c1 -W1 {peer} | grep -c 'bytes from'",
        plan().public_gateway()
    );
    assert_eq!(world.ssh(c.net.public, &across), "0\n0");
    assert_eq!(world.on_a(&knock(c.net.private.address, 22)), "124");
    assert_eq!(
        world.on_a(&knock(c.net.public, 22)),
        "0",
        "in public they may"
    );
    world.topology.droplets.pop();
    world.machine.destroy_droplet(c.id).await.expect("gone");
    world.apply().await;
}
