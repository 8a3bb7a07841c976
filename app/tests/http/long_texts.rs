//! Short and long texts are found in two ways; no reader may notice.

use std::fmt::Write as _;

use serde_json::Value;
use tokio_postgres::NoTls;

use crate::dice::Dice;
use crate::site::{Site, eventually};

/// In bytes. What is read from an index alone ends at 1,000; an index has no room for the longest.
const LENGTHS: [usize; 6] = [10, 999, 1000, 1001, 3000, 100_000];

/// Letters that don't get shorter by compression.
fn text(dice: &Dice, bytes: usize) -> String {
    let mut text = String::new();
    while text.len() < bytes {
        let _ = write!(text, "{:016x}", dice.number());
    }
    text.truncate(bytes);
    text
}

fn contents(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().expect("an array").iter();
    messages
        .map(|message| message["content"].as_str().expect("text"))
        .collect()
}

#[tokio::test]
async fn texts_of_all_lengths_are_read_in_one_order() {
    let site = Site::start().await;
    site.register("ann").await;
    site.register("bob").await;
    let (dice, mut shown) = (Dice::new(), Vec::new());
    let mut rows = Vec::new();
    for n in 0..120 {
        // The length counts bytes: these are 501 letters of two.
        let text = match n % 20 {
            7 => "é".repeat(501),
            _ => text(&dice, dice.one_of(&LENGTHS)),
        };
        let (is_flagged, is_anns) = (dice.below(5) == 0, dice.below(4) != 0);
        let author = if is_anns { "ann" } else { "bob" };
        rows.push(format!("({n}, '{author}', '{text}', {is_flagged})"));
        if is_anns && !is_flagged {
            shown.push(text);
        }
    }
    let insert = format!(
        "SET synchronous_commit = on;
        INSERT INTO messages (author_id, content, flagged)
        SELECT users.id, content, flagged
        FROM (VALUES {}) AS input (n, author, content, flagged) JOIN users ON users.name = author ORDER BY n",
        rows.join(", ")
    );
    site.database.execute(&insert).await;
    shown.reverse();
    // Before and after the table's pages are known to be seen by all, which changes where texts are read.
    for upkeep in ["ANALYZE messages", "VACUUM ANALYZE messages"] {
        site.database.execute(upkeep).await;
        for no in [0, 1, 2, 3, 10, 40, 1000] {
            let messages = site.read(&format!("/msgs/ann?no={no}")).await;
            let expected: Vec<_> = shown.iter().take(no).collect();
            assert!(contents(&messages) == expected, "{no} after {upkeep}");
        }
    }

    site.say("ann", "short again").await;
    site.say("ann", &"😀".repeat(4000)).await;
    let two = site.read("/msgs/ann?no=2").await;
    assert_eq!(contents(&two), ["😀".repeat(4000).as_str(), "short again"]);
    let flag = "UPDATE messages SET flagged = true WHERE octet_length(content) > 1000";
    site.database.execute(flag).await;
    let short = site.read("/msgs/ann?no=1000").await;
    let expected = shown.iter().map(String::as_str);
    let expected: Vec<_> = ["short again"].into_iter().chain(expected).collect();
    let expected: Vec<_> = expected.into_iter().filter(|it| it.len() <= 1000).collect();
    assert!(contents(&short) == expected);
}

#[tokio::test]
async fn short_texts_of_one_user_are_read_from_the_index_alone() {
    let site = Site::start().await;
    site.register("ann").await;
    // A vacuum passes over what is committed and not yet on disk.
    let fill = "
        SET synchronous_commit = on;
        INSERT INTO users (name, email, password_hash) SELECT 'u' || n, '', '' FROM generate_series(1, 50) n;
        INSERT INTO messages (author_id, content)
        SELECT users.id, 'message ' || n FROM generate_series(1, 200) n, users";
    site.database.execute(fill).await;
    let connected = tokio_postgres::connect(&site.database.url(), NoTls).await;
    let (watcher, connection) = connected.expect("connect");
    let connection = tokio::spawn(connection);
    // It also passes over what a session that just begins may have to see.
    let sql = "SELECT relallvisible = relpages FROM pg_class WHERE oid = 'messages'::regclass";
    eventually("a vacuum has seen all pages", async || {
        let vacuum = "VACUUM ANALYZE messages";
        watcher.batch_execute(vacuum).await.expect("a vacuum");
        watcher.query_one(sql, &[]).await.expect("the table").get(0)
    })
    .await;
    let sql = "SELECT idx_tup_read, idx_tup_fetch FROM pg_stat_user_indexes
        WHERE indexrelname = 'messages_short_by_author'";
    let counts = async || {
        let row = watcher.query_one(sql, &[]).await.expect("the index");
        (row.get::<_, i64>(0), row.get::<_, i64>(1))
    };
    // The server counts with a delay.
    eventually("a hundred entries are read", async || {
        let messages = site.read("/msgs/ann").await;
        assert_eq!(contents(&messages).len(), 100);
        counts().await.0 >= 100
    })
    .await;
    assert_eq!(counts().await.1, 0, "messages were read out of the table");
    connection.abort();
}
