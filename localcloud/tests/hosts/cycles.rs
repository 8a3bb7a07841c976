//! What is made and destroyed leaves nothing.

use crate::hosts::world::{NAME, World, plan, private, seed};
use localcloud::machine::spec::{ChosenSettings, DatabaseNet, DatabaseSpec, Topology};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Makes and destroys a droplet and a database three times over.
pub async fn leave_nothing(world: &World) {
    let destroyed = world.machine.destroy_droplet(world.a.id).await;
    destroyed.expect("gone");
    world
        .machine
        .sync_network(&Topology::default())
        .await
        .expect("network");
    let before = inventory(&world.directory);
    for _ in 0..3 {
        let droplet = seed(321, 21, &world.public_key, "");
        world.machine.boot_droplet(&droplet).await.expect("boots");
        let id = "7f3c0d9e-0000-4000-8000-000000000000".to_owned();
        let spec = DatabaseSpec {
            id: id.clone(),
            net: DatabaseNet {
                id,
                public: plan().database(12),
                private: private(30),
                trusted: None,
            },
            nodes: 1,
            restart: false,
            pools: Vec::new(),
            connections: 22,
            chosen: ChosenSettings::default(),
            databases: vec!["defaultdb".to_owned()],
            users: vec![("doadmin".to_owned(), "a".to_owned())],
        };
        world
            .machine
            .sync_database(&spec)
            .await
            .expect("a database");
        let topology = Topology {
            droplets: vec![droplet.net.clone()],
            databases: vec![spec.net.clone()],
            ..Topology::default()
        };
        world
            .machine
            .sync_network(&topology)
            .await
            .expect("network");
        assert_ne!(inventory(&world.directory), before);
        world
            .machine
            .destroy_droplet(droplet.id)
            .await
            .expect("gone");
        world
            .machine
            .destroy_database(&spec.id)
            .await
            .expect("gone");
        world
            .machine
            .sync_network(&Topology::default())
            .await
            .expect("network");
        is_again(&before, &world.directory).await;
    }
}

/// Waits until nothing is there but what was before: a process that ends is listed for a moment more.
async fn is_again(before: &BTreeSet<String>, directory: &Path) {
    for _ in 0..100 {
        if inventory(directory) == *before {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(inventory(directory), *before);
}

/// Everything of this cloud that the machine has: processes, namespaces, control groups, loop devices,
/// links, routes and files.
fn inventory(directory: &Path) -> BTreeSet<String> {
    let place = directory.display().to_string();
    let mut all = BTreeSet::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(&place) || line.contains(&format!("localcloud-{NAME}")) {
            all.insert(format!("process {line}"));
        }
        // A process of a droplet or a database has a directory of this cloud mounted.
        let mounts = fs::read_to_string(process.path().join("mountinfo")).unwrap_or_default();
        if mounts.contains(&place) {
            all.insert(format!("mounts of {line}"));
        }
    }
    for root in ["/sys/fs/cgroup", "/run/netns"] {
        note_names(Path::new(root), 4, &|name| name.contains(NAME), &mut all);
    }
    note_names(directory, 3, &|_| true, &mut all);
    for device in fs::read_dir("/sys/block").into_iter().flatten().flatten() {
        let file = fs::read_to_string(device.path().join("loop/backing_file"));
        all.extend(file.ok().filter(|file| file.contains(&place)));
    }
    let namespace = format!("localcloud-{NAME}");
    for tool in ["ip -oneline link", "ip route"] {
        let words = ["netns", "exec", &namespace].into_iter();
        let words = words.chain(tool.split(' '));
        let output = Command::new("ip").args(words).output().expect("ip runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        all.extend(text.lines().map(str::to_owned));
    }
    all
}

fn note_names(
    directory: &Path,
    depth: u32,
    wanted: &dyn Fn(&str) -> bool,
    all: &mut BTreeSet<String>,
) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if wanted(&entry.file_name().to_string_lossy()) {
            all.insert(entry.path().display().to_string());
        }
        if depth > 0 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            note_names(&entry.path(), depth - 1, wanted, all);
        }
    }
}
