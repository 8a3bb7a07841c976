//! Runs the machine's own tools (`ip`, `nft`, …), each with a deadline and an error that contains the call.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Longer than any tool takes on a healthy machine, except those that get a limit of their own.
const LIMIT: Duration = Duration::from_secs(30);

/// Runs `program` with `args` and returns what it printed.
///
/// # Errors
/// When it can't be started, fails or takes over 30 s; the message contains the call and its standard error.
pub async fn run<A: AsRef<OsStr>>(program: &str, args: &[A]) -> Result<String> {
    run_with_input(program, args, "").await
}

/// Like [`run`], with `input` on standard input.
///
/// # Errors
/// As [`run`].
pub async fn run_with_input<A: AsRef<OsStr>>(
    program: &str,
    args: &[A],
    input: &str,
) -> Result<String> {
    run_within(LIMIT, program, args, input).await
}

/// Like [`run_with_input`], with a limit of its own.
///
/// # Errors
/// When it can't be started, fails or takes longer than `limit`.
pub async fn run_within<A: AsRef<OsStr>>(
    limit: Duration,
    program: &str,
    args: &[A],
    input: &str,
) -> Result<String> {
    let call = describe(program, args);
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("can't run {call}; is {program} installed?"))?;
    let stdin = child.stdin.take();
    let text = input.to_owned();
    let feed = tokio::spawn(async move {
        if let Some(mut stdin) = stdin {
            // A tool that stops reading early reports the reason by its exit code.
            let _ = stdin.write_all(text.as_bytes()).await;
        }
    });
    let output = tokio::time::timeout(limit, child.wait_with_output())
        .await
        .with_context(|| format!("{call} took over {} s", limit.as_secs()))?
        .with_context(|| format!("waiting for {call}"))?;
    feed.abort();
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("{call} failed ({}): {}", output.status, error.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn describe<A: AsRef<OsStr>>(program: &str, args: &[A]) -> String {
    let words: Vec<_> = args.iter().map(|a| a.as_ref().to_string_lossy()).collect();
    format!("`{program} {}`", words.join(" "))
}
