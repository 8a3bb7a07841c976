//! `floatip freeze` and `floatip unfreeze`.

use std::{
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use floatip::{
    cli::FreezeArgs,
    config::Values,
    serve::{
        freeze::{self, Freeze, FreezeState},
        overview::{self, Row},
    },
};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    commands::{print, print_json},
    exit,
};

/// The other droplet's agent asks every two seconds.
const PATIENCE: Duration = Duration::from_secs(8);

pub async fn freeze(values: &Values, arguments: &FreezeArgs) -> ExitCode {
    if arguments.why.trim().is_empty() {
        return exit::report(
            "--why must not be empty: it explains the freeze to everyone who finds it",
            exit::USAGE,
        );
    }
    let freeze = Freeze {
        since: Timestamp::now(),
        who: arguments.who.clone().unwrap_or_else(user),
        why: arguments.why.clone(),
        until: arguments.until,
    };
    announce(values, Some(freeze), arguments.dry_run, arguments.json).await
}

pub async fn unfreeze(
    values: &Values,
    who: Option<String>,
    why: &str,
    dry_run: bool,
    json: bool,
) -> ExitCode {
    let who = who.unwrap_or_else(user);
    eprintln!(
        "floatip: {who} ends the freeze{}",
        if why.is_empty() {
            String::new()
        } else {
            format!(": {why}")
        }
    );
    announce(values, None, dry_run, json).await
}

/// Writes the freeze state here, and waits until every droplet shows it.
async fn announce(values: &Values, freeze: Option<Freeze>, dry_run: bool, json: bool) -> ExitCode {
    let listeners = match values.listeners() {
        Ok(listeners) => listeners,
        Err(error) => return exit::report_config(&error),
    };
    let path = values.freeze_file();
    let own = match freeze::read(&path) {
        Ok(freeze_state) => freeze_state,
        Err(error) => {
            eprintln!(
                "floatip: {} can't be read ({error}) and is replaced",
                path.display()
            );
            FreezeState::default()
        }
    };
    let rows = rows(&listeners).await;
    let seen = rows.iter().filter_map(|row| row.status.as_ref());
    let revision = seen
        .map(|it| it.freeze_mark.revision)
        .fold(own.revision, u64::max)
        + 1;
    let freeze_state = FreezeState { revision, freeze };
    let what = freeze_state
        .freeze
        .as_ref()
        .map_or("unfrozen", |_| "frozen");
    if dry_run {
        print(&format!(
            "would write revision {revision}, {what}, to {}",
            path.display()
        ));
        return ExitCode::SUCCESS;
    }
    if let Err(error) = freeze::write(&path, &freeze_state) {
        let why = format!(
            "can't write {}: {error}; run this as root on one of the droplets",
            path.display()
        );
        return exit::report(&why, exit::FAILED);
    }
    follow(&listeners, &freeze_state, what, &path, json).await
}

async fn follow(
    listeners: &[String],
    freeze_state: &FreezeState,
    what: &str,
    path: &Path,
    json: bool,
) -> ExitCode {
    let begin = Instant::now();
    let rows = loop {
        let rows = rows(listeners).await;
        if rows.iter().all(|row| shows(row, freeze_state)) || begin.elapsed() > PATIENCE {
            break rows;
        }
        sleep(Duration::from_millis(200)).await;
    };
    let all = rows.iter().all(|row| shows(row, freeze_state));
    let code = if all { 0 } else { exit::ALONE };
    if json {
        let droplets = rows.iter().map(
            |row| json!({"url": row.url, "follows": shows(row, freeze_state), "error": row.error}),
        );
        print_json(&json!({
            "revision": freeze_state.revision, "freeze": freeze_state.freeze, "droplets": droplets.collect::<Vec<_>>(), "exit_code": code,
        }));
    } else {
        for row in &rows {
            let is = if shows(row, freeze_state) {
                what.to_owned()
            } else {
                format!(
                    "not seen to follow: {}",
                    row.error.as_deref().unwrap_or("it shows another revision")
                )
            };
            print(&format!("{}  {is}", overview::name_of(row)));
        }
    }
    if all {
        return ExitCode::SUCCESS;
    }
    let why = format!(
        "{} contains {what}, but not every droplet has confirmed it yet; the others follow when they reach this one. If that takes too long, run the same command there",
        path.display(),
    );
    exit::report(&why, exit::ALONE)
}

fn shows(row: &Row, freeze_state: &FreezeState) -> bool {
    let shown = row.status.as_ref().map(|it| &it.freeze_mark);
    shown.is_some_and(|shown| shown == freeze_state || shown.beats(freeze_state))
}

async fn rows(listeners: &[String]) -> Vec<Row> {
    let overview = overview::overview(listeners.to_vec()).await;
    overview.map(|it| it.droplets).unwrap_or_default()
}

fn user() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    named
        .filter(|it| !it.is_empty())
        .unwrap_or_else(|| "root".to_owned())
}
