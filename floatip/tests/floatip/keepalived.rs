//! The real Keepalived with the real configuration, twice, each in a network namespace: what `floatip watch` relies on.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use floatip::observe::vrrp::{Vrrp, parse_line};
use tempfile::TempDir;

const TEMPLATE: &str = include_str!("../../../keepalived/keepalived.conf.j2");

/// Runs `ip` with these arguments.
fn ip(arguments: &str) {
    let output = Command::new("ip").args(arguments.split(' ')).output();
    let output = output.expect("install iproute2: this test makes network namespaces");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "run this test as root, it makes network namespaces: ip {arguments}: {error}"
    );
}

struct Node {
    namespace: String,
    dir: TempDir,
    keepalived: Option<Child>,
    states: Option<Receiver<(Instant, Vrrp)>>,
}

impl Node {
    fn new(name: char) -> Self {
        let namespace = format!("ka{}{name}", std::process::id());
        ip(&format!("netns add {namespace}"));
        // Keepalived refuses scripts below a directory that others may write to, as /tmp is.
        let dir = tempfile::Builder::new()
            .prefix("floatip-test")
            .tempdir_in("/run")
            .unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(dir.path(), open).unwrap();
        Self {
            namespace,
            dir,
            keepalived: None,
            states: None,
        }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn ip(&self, arguments: &str) {
        ip(&format!("-n {} {arguments}", self.namespace));
    }

    fn start(&mut self, own: u8, peer: u8) {
        let link = format!("v{}", self.namespace);
        self.ip("link set lo up");
        self.ip(&format!("address add 198.19.250.{own}/30 dev {link}"));
        self.ip(&format!("link set {link} up"));
        self.ip(&format!("link add vrrp0 type vxlan id 51 local 198.19.250.{own} remote 198.19.250.{peer} dstport 4789 dev {link}"));
        self.ip(&format!(
            "address add 198.19.250.{} peer 198.19.250.{} dev vrrp0",
            own + 4,
            peer + 4
        ));
        self.ip("link set vrrp0 mtu 1400 up");

        fs::write(self.path("bonus"), "0\n").unwrap();
        fs::write(self.path("fit"), "").unwrap();
        let script = format!("#!/bin/sh\nexec test -e {}\n", self.path("fit"));
        fs::write(self.path("healthcheck"), script).unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(self.path("healthcheck"), executable).unwrap();
        fs::write(self.path("keepalived.conf"), self.configuration(own, peer)).unwrap();
        self.read_fifo();

        let mut command = Command::new("ip");
        command.args([
            "netns",
            "exec",
            &self.namespace,
            "keepalived",
            "-n",
            "-P",
            "-l",
            "-f",
        ]);
        command.arg(self.path("keepalived.conf")).args([
            "-p",
            &self.path("pid"),
            "-r",
            &self.path("vrrp.pid"),
        ]);
        let log = fs::File::create(self.path("log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        // It signals its own process group when it ends.
        self.keepalived = Some(command.process_group(0).spawn().unwrap());
    }

    fn configuration(&self, own: u8, peer: u8) -> String {
        let values = [
            ("router_id", self.namespace.clone()),
            ("vxlan_device", "vrrp0".into()),
            ("src_ip", format!("198.19.250.{}", own + 4)),
            ("peer_ip", format!("198.19.250.{}", peer + 4)),
            ("advert_int", "0.3".into()),
            ("script_user", "nobody".into()),
            ("ready_url", "http://127.0.0.1:9101/readyz".into()),
        ];
        let mut text = TEMPLATE.to_owned();
        for (name, value) in values {
            text = text.replace(&format!("{{{{ keepalived_{name} }}}}"), &value);
        }
        assert!(!text.contains("{{"), "a variable without a value: {text}");
        text.replace("/usr/local/bin/healthcheck", &self.path("healthcheck"))
            .replace("/run/floatip/", &format!("{}/", self.dir.path().display()))
    }

    fn read_fifo(&mut self) {
        let path = self.path("vrrp.fifo");
        nix::unistd::mkfifo(Path::new(&path), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let fifo = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .unwrap();
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for line in BufReader::new(fifo).lines().map_while(Result::ok) {
                if let Some(state) = parse_line(&line)
                    && sender.send((Instant::now(), state)).is_err()
                {
                    return;
                }
            }
        });
        self.states = Some(receiver);
    }

    /// Waits for a state. How fast it comes is measured by `drill matrix`, with a bound; here it must come at all.
    fn becomes(&self, expected: Vrrp) -> Instant {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let next = self.states.as_ref().unwrap().recv_timeout(left);
            let log = fs::read_to_string(self.path("log")).unwrap_or_default();
            let (at, state) = next.unwrap_or_else(|_| panic!("never {expected:?}: {log}"));
            if state == expected {
                return at;
            }
        }
    }

    fn is_master(&self) -> bool {
        let show = Command::new("ip")
            .args(["-n", &self.namespace, "address", "show", "lo"])
            .output();
        String::from_utf8(show.unwrap().stdout)
            .unwrap()
            .contains("192.0.0.8/32")
    }
}

impl Node {
    fn stop(&mut self) {
        if let Some(mut child) = self.keepalived.take() {
            let _ = Command::new("kill")
                .arg(child.id().to_string())
                .stderr(Stdio::null())
                .status();
            let _ = child.wait();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
        let _ = Command::new("ip")
            .args(["netns", "delete", &self.namespace])
            .status();
    }
}

/// Two droplets, of which the first has the bonus and is master.
fn pair(names: [char; 2]) -> (Node, Node) {
    let found = Command::new("keepalived").arg("--version").output();
    assert!(
        found.is_ok(),
        "install keepalived: this test runs the real one"
    );
    let (mut a, mut b) = (Node::new(names[0]), Node::new(names[1]));
    let link = format!(
        "link add v{} netns {} type veth peer name v{} netns {}",
        a.namespace, a.namespace, b.namespace, b.namespace
    );
    ip(&link);
    a.start(1, 2);
    b.start(2, 1);
    fs::write(a.path("bonus"), "50\n").unwrap();
    a.becomes(Vrrp::Master);
    (a, b)
}

#[test]
fn mastership_follows_bonus_and_fitness() {
    let (a, b) = pair(['a', 'b']);

    let start = Instant::now();
    fs::write(a.path("bonus"), "0\n").unwrap();
    fs::write(b.path("bonus"), "50\n").unwrap();
    let took = b.becomes(Vrrp::Master) - start;
    a.becomes(Vrrp::Backup);
    assert!(b.is_master() && !a.is_master());

    let start = Instant::now();
    fs::remove_file(b.path("fit")).unwrap();
    let fault = b.becomes(Vrrp::Fault) - start;
    let master = a.becomes(Vrrp::Master) - start;
    println!("bonus {took:?}, FAULT {fault:?}, the other MASTER {master:?}");
    assert!(a.is_master() && !b.is_master());

    // Fit again, and with the bonus: it takes mastership back.
    fs::write(b.path("fit"), "").unwrap();
    b.becomes(Vrrp::Backup);
    b.becomes(Vrrp::Master);
}

#[test]
fn unfit_is_fault_whatever_the_bonus_and_a_stop_hands_over_at_once() {
    let (a, mut b) = pair(['e', 'f']);
    fs::remove_file(b.path("fit")).unwrap();
    b.becomes(Vrrp::Fault);
    fs::write(b.path("bonus"), "50\n").unwrap();
    fs::write(a.path("bonus"), "0\n").unwrap();
    assert!(a.is_master() && !b.is_master());
    fs::write(b.path("fit"), "").unwrap();
    b.becomes(Vrrp::Backup);
    let start = Instant::now();
    b.becomes(Vrrp::Master);
    a.becomes(Vrrp::Backup);
    println!(
        "mastership with the bonus {:?} after fitness",
        start.elapsed()
    );
    let start = Instant::now();
    b.stop();
    let took = a.becomes(Vrrp::Master) - start;
    println!("an orderly stop is taken over from after {took:?}");
}
