//! `floatip swap`.

use std::{process::ExitCode, time::Duration};

use floatip::{
    cli::SwapArgs,
    config::{Access, Values},
    mover::{
        api::Client,
        execute,
        swap::{self, PlanError, SwapEvent, SwapGoal, SwapStep},
    },
    observe::live_ip::LiveIp,
};
use serde_json::{Value, json};

use crate::{
    commands::{move_ip::described, print, print_json},
    exit,
};

pub async fn run(values: &Values, arguments: &SwapArgs) -> ExitCode {
    let config = Access::new(values).and_then(|access| {
        let goal = SwapGoal {
            live: values.live_ip()?,
            stage: values.stage_ip().ok(),
            from: arguments.from,
            to: arguments.to,
            keep_stage: !arguments.park,
            cool_down: Duration::from_secs(arguments.cool_down),
        };
        Ok((access, goal))
    });
    let (access, goal) = match config {
        Ok(config) => config,
        Err(error) => return exit::report_config(&error),
    };
    let live = LiveIp::new(goal.live, values.get("FLOATIP_LIVE_URL").map(str::to_owned));
    let (api, live) =
        match Client::new(&access.api_url, access.token).and_then(|api| Ok((api, live?))) {
            Ok(clients) => clients,
            Err(error) => return exit::report(&error.to_string(), exit::FAILED),
        };
    let record = match execute::record(&api).await {
        Ok(record) => record,
        Err(error) => return exit::report(&error.to_string(), exit::of_api(&error)),
    };
    let steps = match swap::plan(&record, &goal) {
        Ok(steps) => steps,
        Err(error) => return no_plan(&error, arguments.acting.json),
    };
    if arguments.acting.dry_run {
        return dry_run(&steps, arguments.acting.json);
    }
    carry_out(&api, &live, &steps, arguments).await
}

fn no_plan(error: &PlanError, json: bool) -> ExitCode {
    let code = exit::of_plan(error);
    if json {
        print_json(
            &json!({"done": code == 0, "changed": false, "error": error.to_string(), "exit_code": code}),
        );
    } else if code == 0 {
        print(&error.to_string());
    }
    if code == 0 {
        return ExitCode::SUCCESS;
    }
    exit::report(&error.to_string(), code)
}

fn dry_run(steps: &[SwapStep], json: bool) -> ExitCode {
    let texts: Vec<_> = steps.iter().map(ToString::to_string).collect();
    if json {
        print_json(&json!({"dry_run": true, "steps": texts, "exit_code": 0}));
    } else {
        print(&format!("would\n  {}", texts.join("\n  ")));
    }
    ExitCode::SUCCESS
}

async fn carry_out(
    api: &Client,
    live: &LiveIp,
    steps: &[SwapStep],
    arguments: &SwapArgs,
) -> ExitCode {
    let mut events = Vec::new();
    let mut on = |event: &SwapEvent| {
        let (text, value) = described_step(event);
        eprintln!("floatip: {text}");
        events.push(value);
    };
    let within = Duration::from_secs(arguments.verify);
    let version = arguments.expect_version.as_deref();
    let verify = async || live.comes_to_serve(version, within).await;
    let result = swap::swap(api, steps, arguments.acting.limits(), verify, &mut on).await;
    let code = result.as_ref().err().map_or(0, exit::of_swap);
    if arguments.acting.json {
        print_json(&json!({
            "done": code == 0, "changed": !events.is_empty(), "events": events,
            "error": result.as_ref().err().map(ToString::to_string), "exit_code": code,
        }));
    }
    match result {
        Ok(()) => {
            if !arguments.acting.json {
                print("swapped: the live IP serves where the stage IP was");
            }
            ExitCode::SUCCESS
        }
        Err(error) => exit::report(&error.to_string(), code),
    }
}

fn described_step(event: &SwapEvent) -> (String, Value) {
    match event {
        SwapEvent::Begins(step) => (step.to_string(), json!({"begins": step.to_string()})),
        SwapEvent::Move(note) => (note.to_string(), described(note)),
        SwapEvent::Done(moved) => {
            let ms = moved.took.as_millis();
            (
                format!("done in {ms} ms"),
                json!({"done_in_ms": ms, "failed_tries": moved.failed_tries}),
            )
        }
        SwapEvent::Back(why) => (
            format!("{why}: moving the live IP back"),
            json!({"back": why}),
        ),
    }
}
