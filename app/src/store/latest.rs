//! The number of the last request that the simulator sent.

use crate::database::{Result, Session};

/// Stores `value`; the last call wins.
///
/// Each database connection writes a slot of its own, so that no writer waits for another's
/// commit. A sequence orders the writes across connections and processes.
///
/// # Errors
/// When the database fails.
pub async fn record(session: &mut Session, value: i64) -> Result<()> {
    let sql = "
        INSERT INTO latest (slot, position, value)
        VALUES (pg_backend_pid() % 64, nextval('latest_position'), $1)
        ON CONFLICT (slot) DO UPDATE SET position = excluded.position, value = excluded.value
        WHERE latest.position < excluded.position";
    session.execute(sql, &[&value]).await?;
    Ok(())
}

/// The value stored last, `None` before any.
///
/// # Errors
/// When the database fails.
pub async fn read(session: &mut Session) -> Result<Option<i64>> {
    let sql = "SELECT value FROM latest ORDER BY position DESC LIMIT 1";
    let row = session.query_opt(sql, &[]).await?;
    Ok(row.map(|row| row.get(0)))
}
