//! The number of the last request that the simulator sent.

use crate::database::{Result, Session};

/// SQL that stores the `bigint` parameter of this number, unless it is null; the last call wins.
///
/// Each database connection writes a slot of its own, so no writer waits for another's commit. A sequence orders the writes of
/// all connections and processes.
macro_rules! record_latest {
    ($parameter:literal) => {
        concat!(
            "INSERT INTO latest (slot, position, value)
            SELECT pg_backend_pid() % 64, nextval('latest_position'), ",
            $parameter,
            "::bigint WHERE ",
            $parameter,
            "::bigint IS NOT NULL
            ON CONFLICT (slot) DO UPDATE SET position = excluded.position, value = excluded.value
            WHERE latest.position < excluded.position"
        )
    };
}
pub(super) use record_latest;

/// Stores `value`.
pub async fn record(session: &mut Session, value: i64) -> Result<()> {
    session.execute(record_latest!("$1"), &[&value]).await?;
    Ok(())
}

/// The value stored last, `None` before any.
pub async fn read(session: &mut Session) -> Result<Option<i64>> {
    let sql = "SELECT value FROM latest ORDER BY position DESC LIMIT 1";
    let row = session.query_opt(sql, &[]).await?;
    Ok(row.map(|row| row.get(0)))
}
