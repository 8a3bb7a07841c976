//! Managed databases: who reaches them, what a failover keeps, pools, and the limit of connections.

use crate::hosts::world::{World, knock, opens, plan, private};
use localcloud::machine::databases::Health;
use localcloud::machine::spec::{ChosenSettings, DatabaseNet, DatabaseSpec, PoolSpec};
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::{Duration, Instant};

fn spec(id: &str, n: u8, trusted: Vec<String>) -> DatabaseSpec {
    let user = |name: &str, password: &str| (name.to_owned(), password.to_owned());
    DatabaseSpec {
        id: id.to_owned(),
        net: DatabaseNet {
            id: id.to_owned(),
            public: plan().database(n),
            private: private(n + 10),
            trusted: Some(trusted),
        },
        nodes: 1,
        restart: false,
        pools: Vec::new(),
        connections: 22,
        chosen: ChosenSettings::default(),
        databases: vec!["defaultdb".to_owned(), "minitwit".to_owned()],
        users: vec![user("doadmin", "it's \"secret\""), user("app", "b")],
    }
}

/// One server, for whom it trusts.
pub async fn one_node(world: &mut World) {
    let trusted = vec![format!("{}/32", world.a.net.private.address)];
    let mut spec = spec("5f3c0d9e-0000-4000-8000-000000000000", 10, trusted);
    let begin = Instant::now();
    world
        .machine
        .sync_database(&spec)
        .await
        .expect("a database");
    eprintln!("a database answers after {:?}", begin.elapsed());
    world.topology.databases = vec![spec.net.clone()];
    world.apply().await;
    let knock = knock(spec.net.private.address, 25060);
    assert_eq!(world.on_a(&knock), "0");
    assert!(
        !opens(spec.net.public, 25060),
        "this machine is not trusted"
    );
    spec.net.trusted = Some(Vec::new());
    world.topology.databases = vec![spec.net.clone()];
    world.apply().await;
    assert_eq!(world.on_a(&knock), "124");
    // Saying it again with less takes away what is gone.
    spec.users.truncate(1);
    spec.databases.truncate(1);
    world
        .machine
        .sync_database(&spec)
        .await
        .expect("in line again");
    // A server that was killed runs again when it is told to.
    world.machine.kill_primary(&spec.id).await.expect("killed");
    let health = world.machine.check_database(&spec, false).await;
    assert_eq!(health.expect("looked at"), Health::NeedsRestart);
    world.machine.restart_primary(&spec.id).await.expect("runs");
    let destroyed = world.machine.destroy_database(&spec.id).await;
    destroyed.expect("gone");
}

/// A client of the cluster, on this machine.
struct Psql {
    host: Ipv4Addr,
    ca: String,
}

impl Psql {
    /// What the server says to `sql`, or why it does not.
    fn ask(
        &self,
        (user, password): (&str, &str),
        place: &str,
        sql: &str,
    ) -> Result<String, String> {
        let port = if place == "minitwit" { 25060 } else { 25061 };
        let host = self.host;
        let ca = &self.ca;
        let uri = format!(
            "host={host} port={port} user={user} dbname={place} sslmode=verify-full \
             sslrootcert={ca} connect_timeout=3"
        );
        let output = Command::new("timeout")
            .args(["15", "psql", &uri, "-qAtc", sql])
            .env("PGPASSWORD", password)
            .output()
            .expect("psql is installed");
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

const ADMIN: (&str, &str) = ("doadmin", "it's \"secret\"");
const APP: (&str, &str) = ("app", "b");

/// Two servers: no write that was acknowledged is lost, whoever is the primary.
pub async fn standby(world: &mut World) {
    let machine = vec![format!("{}/32", plan().machine())];
    let mut spec = spec("6f3c0d9e-0000-4000-8000-000000000000", 11, machine);
    spec.nodes = 2;
    spec.pools = vec![PoolSpec {
        name: "web".to_owned(),
        mode: "transaction".to_owned(),
        size: 3,
        database: "minitwit".to_owned(),
        user: Some("app".to_owned()),
    }];
    let begin = Instant::now();
    world
        .machine
        .sync_database(&spec)
        .await
        .expect("a database");
    eprintln!("two nodes are in step after {:?}", begin.elapsed());
    world.topology.databases = vec![spec.net.clone()];
    world.apply().await;
    let ca = world.directory.join("database-ca.crt");
    let pem = world.machine.database_ca().expect("a CA");
    std::fs::write(&ca, pem).expect("written");
    let psql = Psql {
        host: spec.net.public,
        ca: ca.display().to_string(),
    };
    let made = psql.ask(ADMIN, "minitwit", "CREATE TABLE kept (n int)");
    made.expect("a table");
    choose(world, &mut spec, &psql).await;

    let mut kept = write(&psql, 0, Duration::ZERO);
    let machine = &world.machine;
    // While clients write: ordered, then by a crash that the platform notices.
    let writer = tokio::task::spawn_blocking({
        let psql = Psql {
            host: psql.host,
            ca: psql.ca.clone(),
        };
        move || write(&psql, 1000, Duration::from_secs(3))
    });
    machine
        .fail_over_database(&spec.id)
        .await
        .expect("fails over");
    kept.extend(writer.await.expect("wrote"));
    until_healthy(world, &spec).await;
    machine.kill_primary(&spec.id).await.expect("killed");
    let health = machine.check_database(&spec, true).await;
    assert_eq!(health.expect("looked at"), Health::NeedsFailover);
    machine
        .fail_over_database(&spec.id)
        .await
        .expect("fails over");
    kept.extend(write(&psql, 2000, Duration::ZERO));
    // The node that was away is no candidate.
    assert!(machine.fail_over_database(&spec.id).await.is_err());
    until_healthy(world, &spec).await;
    machine
        .fail_over_database(&spec.id)
        .await
        .expect("fails over");
    let rows = psql.ask(ADMIN, "minitwit", "SELECT n FROM kept");
    let rows = rows.expect("rows");
    let rows: Vec<&str> = rows.lines().collect();
    for number in &kept {
        assert!(rows.contains(&number.as_str()), "{number} was acknowledged");
    }
    assert!(kept.len() > 10, "{} writes", kept.len());
    // Who is the primary now was a standby when they were chosen.
    settled(&psql).await;

    assert_eq!(
        psql.ask(APP, "web", "SELECT current_user").as_deref(),
        Ok("app")
    );
    assert!(
        psql.ask(ADMIN, "web", "SELECT 1").is_err(),
        "another's pool"
    );
    connections(world, &spec, &psql).await;
    // Alone again, it waits for nobody.
    spec.nodes = 1;
    world.machine.sync_database(&spec).await.expect("one node");
    let kept = psql.ask(ADMIN, "minitwit", "INSERT INTO kept VALUES (3000)");
    kept.expect("acknowledged");
    let destroyed = world.machine.destroy_database(&spec.id).await;
    destroyed.expect("gone");
}

/// Writes numbers from `first` on for so long, at least ten; says which were acknowledged.
fn write(psql: &Psql, first: u32, time: Duration) -> Vec<String> {
    let begin = Instant::now();
    let mut kept = Vec::new();
    for number in first.. {
        if begin.elapsed() > time && number >= first + 10 {
            break;
        }
        let insert = format!("INSERT INTO kept VALUES ({number})");
        if psql.ask(ADMIN, "minitwit", &insert).is_ok() {
            kept.push(number.to_string());
        }
    }
    kept
}

/// Looks after a cluster as the daemon does, until a standby may take over.
async fn until_healthy(world: &World, spec: &DatabaseSpec) {
    for _ in 0..200 {
        let health = world.machine.check_database(spec, false).await;
        assert_eq!(health.expect("repaired"), Health::Serving);
        let roles = world
            .directory
            .join("databases")
            .join(&spec.id)
            .join("roles.json");
        let roles = std::fs::read_to_string(roles).expect("roles");
        if roles.contains("\"safe\":true") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the standby does not come back");
}

/// What its servers should say of [`choose`]n settings.
const CHOSEN: &str = "8MB|12|Europe/Copenhagen";

/// Chooses a setting that a running server takes, and one that it is started anew for.
async fn choose(world: &World, spec: &mut DatabaseSpec, psql: &Psql) {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    spec.chosen.at_once = vec![pair("work_mem", "8MB")];
    spec.chosen.at_start = vec![pair("max_worker_processes", "12")];
    let changed = world.machine.sync_database(spec).await;
    changed.expect("started anew");
    // With nothing but this the servers run on.
    let zone = pair("timezone", "Europe/Copenhagen");
    spec.chosen.at_once.push(zone);
    let started = "SELECT extract(epoch FROM pg_postmaster_start_time())";
    let before = psql.ask(ADMIN, "minitwit", started);
    world.machine.sync_database(spec).await.expect("told");
    settled(psql).await;
    let after = psql.ask(ADMIN, "minitwit", started);
    assert_eq!(before.expect("a time"), after.expect("a time"));
}

/// Waits until the primary has what was chosen.
async fn settled(psql: &Psql) {
    let ask = "SELECT current_setting('work_mem'), current_setting('max_worker_processes'), \
               current_setting('timezone')";
    let mut said = Ok(String::new());
    for _ in 0..300 {
        said = psql.ask(ADMIN, "minitwit", ask);
        if said.as_deref() == Ok(CHOSEN) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the primary has not what was chosen: {said:?}");
}

async fn connections(world: &World, spec: &DatabaseSpec, psql: &Psql) {
    assert!(psql.ask(APP, "minitwit", "SELECT 1").is_ok());
    let hold = world.machine.hold_connections(&spec.id);
    let refused = async {
        for _ in 0..300 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if let Err(words) = psql.ask(APP, "minitwit", "SELECT 1") {
                return words;
            }
        }
        String::new()
    };
    let words = tokio::select! {
        () = hold => unreachable!("it holds them for ever"),
        words = refused => words,
    };
    assert!(words.contains("connection slots are reserved"), "{words}");
    for _ in 0..300 {
        if psql.ask(APP, "minitwit", "SELECT 1").is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the connections are not given back");
}
