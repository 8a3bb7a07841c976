//! A dump can be restored, and one that is not as dumped is refused.

use super::suite::Suite;
use std::time::Duration;

const BACKUP: Duration = Duration::from_mins(2);
const READ: Duration = Duration::from_secs(30);
/// A copy of the newest dump whose number of rows is wrong.
const WRONG_COPY: &str = r#". /etc/minitwit-backup/backup.env && bucket=spaces:$BACKUP_BUCKET && \
    r() { rclone --config /etc/minitwit-backup/rclone.conf "$@"; } && \
    r copyto "$bucket/$(r lsf --include "*.dump" "$bucket" | sort | tail -n 1)" "$bucket/other.dump" && \
    echo "messages|1" | r rcat "$bucket/other.rows""#;
const LEFT_OVER: &str = r#"read -r uri && psql "$uri" -Atc "SELECT count(*) FROM pg_database WHERE datname LIKE 'minitwit_restored%'""#;

/// The newest dump, made now, has its rows; a dump whose rows are not as dumped is refused; neither leaves a database.
pub(super) async fn restore(suite: &Suite) -> Result<(), String> {
    on_monitor(suite, "systemctl start minitwit-backup", "", BACKUP).await?;
    let restored = suite.tool.run(&["restore"]).await?;
    if !restored.lines().any(all_messages_restored) {
        return Err(format!("{restored}\nthe messages were not all restored"));
    }
    on_monitor(suite, WRONG_COPY, "", READ).await?;
    match suite.tool.run(&["restore", "--dump", "other.dump"]).await {
        Ok(text) => return Err(format!("{text}\na dump with a wrong number of rows passed")),
        Err(text) if text.contains("NOT AS DUMPED") => {}
        Err(text) => return Err(text),
    }
    let uri = format!("{}\n", suite.drill.outputs.database.admin_uri);
    let left = on_monitor(suite, LEFT_OVER, &uri, READ).await?;
    match left.trim() {
        "0" => Ok(()),
        left => Err(format!("{left} restored databases were not dropped")),
    }
}

async fn on_monitor(
    suite: &Suite,
    command: &str,
    input: &str,
    limit: Duration,
) -> Result<String, String> {
    let droplets = &suite.drill.droplets;
    let result = droplets.run_with_input(&suite.monitor, command, input, limit);
    result.await.map_err(|error| error.to_string())
}

/// A line `messages DUMPED RESTORED` with the same number twice, and not 0.
fn all_messages_restored(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.next();
    let (dumped, restored) = (words.next(), words.next());
    first == Some("messages") && restored == dumped && restored.is_some_and(|count| count != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_restored_if_their_number_is_the_dumped_one() {
        assert!(all_messages_restored("messages   812   812"));
        for wrong in [
            "messages 812 813 NOT AS DUMPED",
            "messages 0 0",
            "users 5 5",
            "messages",
            "",
        ] {
            assert!(!all_messages_restored(wrong), "{wrong}");
        }
    }
}
