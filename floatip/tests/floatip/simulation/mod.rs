//! The real agents, moves, swaps and release orders in a simulated world with a virtual clock. Schedules of faults, crashes, lost events,
//! operators and releases are random, from seeds; the invariants hold in all of them.
//!
//! `FLOATIP_SEED=N cargo test --release -p floatip simulation -- --nocapture` prints the events of one schedule, `FLOATIP_SCHEDULES=N` runs
//! that many.

mod actors;
mod agent;
mod calls;
mod checks;
mod cloud;
mod event;
mod faults;
mod flaw;
mod keepalived;
mod look;
mod node;
mod release;
mod rng;
mod trouble;
mod world;

use std::time::Instant;

use flaw::Flaw;
use floatip::decide::settings::Settings;
use world::{Ms, World};

/// From the end of the last trouble until all is well: what was pending (a minute is forgotten), damping (a minute), and a claim.
const BOUND: Ms = 30_000;
/// From the end of the last trouble until a release has ended.
const RELEASE_ENDS: Ms = 300_000;
/// Nothing moves for this long.
const QUIET: Ms = 12_000;

#[derive(Debug)]
struct Outcome {
    broken: Option<String>,
    /// From the end of the last trouble until the live IP was well for good.
    recovered: Ms,
    claims: usize,
    story: String,
}

fn run(seed: u64, settings: Settings, flaw: Option<Flaw>, shows: bool) -> Outcome {
    let mut world = World::new(seed, settings, shows);
    world.flaw = flaw;
    let mut last = world.plan();
    world.run_until(last);
    // A release ends by the deadlines of its moves.
    while world.broken.is_none() && world.releases() {
        world.run_until(world.now + 500);
        if world.now > last + RELEASE_ENDS {
            world.broken = Some("a release does not end".into());
        }
    }
    last = world.now;
    let (was_settled, claims) = (world.settled().is_ok() && world.is_still(), world.claims);
    // Trouble may end sooner than planned.
    let mut quiet_since = None;
    while world.broken.is_none() {
        world.run_until(world.now + 500);
        let well = world.settled();
        if well.is_err() {
            quiet_since = None;
        } else {
            let since = *quiet_since.get_or_insert(world.now);
            if world.now >= since + QUIET && world.now >= world.last_claim + QUIET {
                break;
            }
        }
        if world.now > last + BOUND + QUIET {
            let why = well.err().unwrap_or_else(|| "claims go on".into());
            world.broken = Some(format!(
                "not quiet {BOUND} ms after the last trouble: {why}"
            ));
        }
    }
    if was_settled && world.claims > claims && world.broken.is_none() {
        world.broken = Some("claims though all was well when the last trouble ended".into());
    }
    Outcome {
        broken: world.broken.clone(),
        recovered: world.well_since.unwrap_or(world.now).saturating_sub(last),
        claims: world.claims,
        story: std::mem::take(&mut world.story),
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a number"))
}

#[test]
fn in_every_schedule_the_live_ip_ends_on_a_fit_droplet_and_nothing_else_moves() {
    if let Some(seed) = number("FLOATIP_SEED") {
        let outcome = run(seed, Settings::default(), None, true);
        println!("{}", outcome.story);
        assert_eq!(outcome.broken, None, "seed {seed}");
        return;
    }
    let schedules = number("FLOATIP_SCHEDULES").unwrap_or(100_000);
    let start = Instant::now();
    let (mut worst, mut claims, mut claimed) = ((0, 0), 0, 0);
    for seed in 0..schedules {
        let outcome = run(seed, Settings::default(), None, false);
        assert_eq!(
            outcome.broken, None,
            "replay it with FLOATIP_SEED={seed} cargo test --release -p floatip simulation -- --nocapture"
        );
        worst = worst.max((outcome.recovered, seed));
        claims += outcome.claims;
        claimed += u64::from(outcome.claims > 0);
    }
    let (slowest, seed) = worst;
    println!(
        "{schedules} schedules in {:.1} s, {claims} claims in {claimed} of them; slowest recovery {slowest} ms after the last trouble (seed {seed})",
        start.elapsed().as_secs_f64()
    );
    // A simulation without claims proves nothing.
    assert!(
        schedules < 1_000 || claimed > schedules / 5,
        "only {claimed} schedules saw a claim"
    );
}

/// The same schedules find a bug that is seeded, so they would find it if it were a mistake.
fn finds(flaw: Flaw, says: &str) {
    finds_with(Settings::default(), Some(flaw), says);
}

fn finds_with(settings: Settings, flaw: Option<Flaw>, says: &str) {
    for seed in 0..20_000 {
        if let Some(broken) = run(seed, settings, flaw, false).broken {
            assert!(broken.contains(says), "seed {seed}: {broken}");
            println!("seed {seed}: {broken}");
            return;
        }
    }
    panic!("it was not noticed: {says}");
}

#[test]
fn a_claim_without_asking_the_live_ip_is_noticed() {
    finds(Flaw::ClaimsUnasked, "claims while the live IP serves");
}

#[test]
fn a_422_after_which_the_record_is_not_read_is_noticed() {
    finds(Flaw::KeepsRecord, "after a 422");
}

#[test]
fn a_bonus_that_is_left_out_is_noticed() {
    finds(Flaw::NoBonus, "holds the live IP");
}

#[test]
fn a_claim_that_is_not_given_up_when_unfit_is_noticed() {
    finds(Flaw::ClaimsUnfit, "unfit");
}

#[test]
fn a_claim_against_a_data_plane_that_lags_is_noticed() {
    let settings = Settings {
        settle: std::time::Duration::ZERO,
        ..Settings::default()
    };
    finds_with(settings, None, "waits for the data plane");
}

#[test]
fn a_release_that_trusts_an_old_record_is_noticed() {
    finds(Flaw::CachesRecord, "without having read the record");
}

#[test]
fn a_release_without_a_cool_down_is_noticed() {
    finds(Flaw::SkipsCoolDown, "before the cool-down is over");
}

#[test]
fn a_release_that_leaves_the_stage_ip_is_noticed() {
    finds(Flaw::LeavesStage, "leaves the stage IP");
}
