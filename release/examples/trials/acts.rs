//! What each trial does, and what its commands must come to.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::command::{Done, finish, start, stopped};
use crate::pair::{Failure, Pair};
use crate::table::Outcome;
use crate::trial::MOVING;

/// Back by itself within this, from the move on.
const BACK: f64 = 15.0;
/// A rollback: ten seconds, and the cloud's own two.
const ROLLED_BACK: f64 = 12.0;
/// A whole release beyond its bake time.
const WHOLE: f64 = 180.0;
/// About what a release takes.
const RELEASE: Duration = Duration::from_secs(45);
/// The journal's lease of a runner that was killed.
const LEASE: Duration = Duration::from_secs(11);

/// Where a version's artifact is.
pub fn directory(version: &str) -> String {
    format!(".cache/releases/{version}")
}

/// No release, for about as long as one takes.
pub async fn nothing() -> Outcome {
    sleep(RELEASE).await;
    Outcome::of("without a command", RELEASE.as_secs_f64(), Vec::new())
}

/// A release from the command to its confirmation.
///
/// # Errors
/// If it could not be tried.
pub async fn good(pair: &Pair, next: &str) -> Result<Outcome, Failure> {
    let done = pair
        .release(&["run", next, "--artifact", &directory(next)], &[])
        .await?;
    let mut outcome = succeeded("from command to confirmed", &done);
    outcome.expect(done.took.as_secs_f64() < WHOLE, "it took too long");
    Ok(outcome)
}

/// A release that is held, and its rollback.
///
/// # Errors
/// If it could not be tried.
pub async fn roll_back(pair: &Pair, next: &str) -> Result<Outcome, Failure> {
    let artifact = directory(next);
    let run = ["run", next, "--artifact", &artifact];
    let held = pair.release(&run, &[("RELEASE_HOLD", "1")]).await?;
    // Neither another release nor a contract may come in between.
    let again = pair.release(&run, &[]).await?.code;
    let refused = [again, pair.say(&["contract"]).await?];
    let back = pair.release(&["rollback"], &[]).await?;
    let seconds = time_of(&back.report, |steps| {
        steps.first().map(|(_, seconds)| *seconds)
    });
    let codes = [&[held.code], &refused[..], &[back.code]].concat();
    let mut outcome = Outcome::of("until the previous version answers", seconds, codes);
    outcome.expect(
        held.code == 0 && refused == [4, 4] && back.code == 0,
        &format!("{}, {}", held.report["problem"], back.report["problem"]),
    );
    outcome.expect(
        back.report["outcome"] == "rolled back",
        "it is not rolled back",
    );
    outcome.expect(seconds < ROLLED_BACK, "it took too long");
    Ok(outcome)
}

/// What refuses a release and a contract, and that they go on when it is gone.
///
/// # Errors
/// If it could not be tried.
pub async fn frozen(pair: &Pair, next: &str) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let artifact = directory(next);
    let run = ["run", next, "--artifact", &artifact];
    let mut codes = vec![pair.say(&["freeze", "--reason", "a trial"]).await?];
    codes.push(pair.release(&run, &[]).await?.code);
    codes.push(pair.say(&["contract"]).await?);
    codes.push(pair.say(&["thaw"]).await?);
    pair.on_live("floatip freeze --why 'a trial'").await?;
    let refused = pair.release(&run, &[]).await;
    pair.on_live("floatip unfreeze").await?;
    codes.push(refused?.code);
    codes.push(pair.say(&["contract"]).await?);
    let right = codes == [0, 7, 7, 0, 7, 0];
    let seconds = begun.elapsed().as_secs_f64();
    let mut outcome = Outcome::of("all of it", seconds, codes);
    outcome.expect(right, "the exit codes are not 0, 7, 7, 0, 7, 0");
    Ok(outcome)
}

/// The rollback of what was confirmed.
///
/// # Errors
/// If it could not be tried.
pub async fn undo(pair: &Pair) -> Result<Outcome, Failure> {
    let done = pair.release(&["rollback"], &[]).await?;
    Ok(succeeded("from command to confirmed", &done))
}

/// A release of a bad version.
///
/// # Errors
/// If it could not be tried.
pub async fn bad(pair: &Pair, next: &str, vice: &str) -> Result<Outcome, Failure> {
    let done = pair
        .release(
            &["run", next, "--artifact", &directory(next)],
            &[("RELEASE_BAKE", "30")],
        )
        .await?;
    let live = vice.starts_with("live");
    let wanted = if live {
        10
    } else if vice == "wrong-checksum" {
        8
    } else {
        9
    };
    let back = time_of(&done.report, |steps| {
        let moved = steps.iter().position(|(step, _)| *step == "verify-live")?;
        let left = steps
            .iter()
            .skip(moved)
            .take_while(|(step, _)| *step != "settle")
            .map(|(_, took)| took)
            .sum::<f64>();
        let back = steps
            .iter()
            .find(|(step, _)| *step == "settle")
            .map(|(_, took)| *took)?;
        Some(left + back)
    });
    let (seconds, of) = if live {
        (back, "on the bad version")
    } else {
        (done.took.as_secs_f64(), "from command to rest")
    };
    let mut outcome = Outcome::of(of, seconds, vec![done.code]);
    outcome.expect(
        done.code == wanted,
        &format!(
            "exit code {}, not {wanted}: {}",
            done.code, done.report["problem"]
        ),
    );
    outcome.expect(!live || back < BACK, "it was live for too long");
    Ok(outcome)
}

/// A release whose runner is killed, and what another command makes of it.
///
/// # Errors
/// If it could not be tried.
pub async fn kill(pair: &Pair, next: &str, step: &str, command: &str) -> Result<Outcome, Failure> {
    let mut child = start(
        &["run", next, "--artifact", &directory(next)],
        &[("RELEASE_STOP_AT", step)],
    )?;
    stopped(&mut child).await?;
    child.kill().await?;
    // A rollback is not put off by a runner that seems to be alive.
    if command != "rollback" {
        sleep(LEASE).await;
    }
    let done = pair
        .release(&[command, "--artifacts", ".cache/releases"], &[])
        .await?;
    Ok(succeeded("from the second command to rest", &done))
}

/// A release while the API fails.
///
/// # Errors
/// If it could not be tried.
pub async fn api(pair: &Pair, next: &str, step: &str, fault: &[&str]) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let settings = [("RELEASE_STOP_AT", step), ("RELEASE_STOP_FOR", "1")];
    let mut child = start(&["run", next, "--artifact", &directory(next)], &settings)?;
    stopped(&mut child).await?;
    pair.fault(fault).await?;
    let mut done = finish(child).await?;
    done.took = begun.elapsed();
    Ok(succeeded("from command to confirmed", &done))
}

/// A release while a droplet dies, which comes back afterwards.
///
/// # Errors
/// If it could not be tried.
pub async fn dead(pair: &Pair, next: &str, which: &str, step: &str) -> Result<Outcome, Failure> {
    let (live, standby) = pair.roles().await?;
    let victim = if which == "live" { live } else { standby };
    let (stop_at, stop_for) = match step {
        MOVING => ("move", "0"),
        step => (step, "1"),
    };
    let settings = [
        ("RELEASE_STOP_AT", stop_at),
        ("RELEASE_STOP_FOR", stop_for),
        ("RELEASE_API_PATIENCE", "20"),
    ];
    let mut child = start(&["run", next, "--artifact", &directory(next)], &settings)?;
    stopped(&mut child).await?;
    if step == MOVING {
        pair.moving().await?;
    }
    pair.power_off(victim).await?;
    let first = finish(child).await?;
    pair.power_on(victim).await?;
    let mut codes = vec![first.code];
    let begun = Instant::now();
    if first.code == 12 {
        // The droplet boots: until then there is something missing, and a person would try again too.
        for _ in 0..6 {
            sleep(Duration::from_secs(5)).await;
            let again = pair
                .release(&["resume", "--artifacts", ".cache/releases"], &[])
                .await?;
            codes.push(again.code);
            if again.code != 12 {
                break;
            }
        }
    }
    let last = codes.last().copied().unwrap_or_default();
    let mut outcome = Outcome::of("from power to rest", begun.elapsed().as_secs_f64(), codes);
    outcome.expect(
        ![1, 12, 14].contains(&last),
        &format!("the last exit code is {last}: {}", first.report["problem"]),
    );
    Ok(outcome)
}

/// What a command came to that must succeed.
fn succeeded(of: &str, done: &Done) -> Outcome {
    let mut outcome = Outcome::of(of, done.took.as_secs_f64(), vec![done.code]);
    outcome.expect(
        done.code == 0,
        &format!("exit code {}: {}", done.code, done.report["problem"]),
    );
    outcome
}

/// Picks a time out of a report's steps.
fn time_of(report: &serde_json::Value, pick: impl Fn(&[(&str, f64)]) -> Option<f64>) -> f64 {
    let steps: Vec<(&str, f64)> = report["steps"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| Some((it["step"].as_str()?, it["seconds"].as_f64()?)))
        .collect();
    pick(&steps).unwrap_or(f64::INFINITY)
}
