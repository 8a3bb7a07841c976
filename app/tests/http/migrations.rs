//! `minitwit migrate`.

use minitwit::migrate;

use crate::site::{Database, migrate_config};

#[tokio::test]
async fn a_second_run_applies_nothing() {
    let database = Database::empty().await;
    let config = migrate_config(&database.url());
    let first = migrate::run(&config).await.expect("migrate");
    assert!(!first.is_empty());
    assert!(
        migrate::run(&config)
            .await
            .expect("migrate again")
            .is_empty()
    );
}

#[tokio::test]
async fn two_runs_at_once_apply_each_file_once() {
    let database = Database::empty().await;
    let config = migrate_config(&database.url());
    let (one, two) = tokio::join!(migrate::run(&config), migrate::run(&config));
    let (one, two) = (one.expect("one"), two.expect("two"));
    assert!(one.is_empty() != two.is_empty(), "{one:?} {two:?}");
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let database = Database::migrated().await;
    let newer = "INSERT INTO schema_migration (version, name) VALUES (9999, 'of the next release')";
    database.execute(newer).await;
    let applied = migrate::run(&migrate_config(&database.url())).await;
    assert!(applied.expect("migrate").is_empty());
}

#[tokio::test]
async fn another_run_that_does_not_end_is_waited_for_only_so_long() {
    let database = Database::empty().await;
    let (client, connection) = tokio_postgres::connect(&database.url(), tokio_postgres::NoTls)
        .await
        .expect("connect");
    let connection = tokio::spawn(connection);
    let lock = "SELECT pg_advisory_lock(x'6d696e6974776974'::bigint)";
    client.batch_execute(lock).await.expect("lock");
    let mut config = migrate_config(&database.url());
    config.wait_limit = std::time::Duration::from_millis(200);
    let error = migrate::run(&config).await.expect_err("is locked out");
    assert!(
        error.to_string().starts_with("another migration"),
        "{error}"
    );
    connection.abort();
}
