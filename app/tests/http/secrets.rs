//! Nothing that a client sends reaches the log, on whichever route and whatever becomes of the request.

use std::collections::BTreeSet;

use reqwest::{Client, Method, RequestBuilder};

use crate::process::Process;
use crate::site::{Database, PATIENCE, client};

/// Stands in everything that is sent below.
const MARK: &str = "zz9secret";

/// Bodies as clients of the API and browsers send them, and two that are neither.
const BODIES: [(&str, &str); 4] = [
    (
        "application/json",
        r#"{"username":"zz9secretname","email":"zz9secret@example.com","pwd":"zz9secretpwd",
            "content":"zz9secrettext","follow":"zz9secretfollow"}"#,
    ),
    (
        "application/x-www-form-urlencoded",
        "username=zz9secretname&email=zz9secret%40example.com&password=zz9secretpwd\
         &password2=zz9secretpwd&text=zz9secrettext",
    ),
    ("application/json", r#"{"content": "zz9secret"#),
    ("text/zz9secret", "zz9secret\u{0}"),
];

fn with_secrets(request: RequestBuilder, user: &str) -> RequestBuilder {
    request
        .timeout(PATIENCE)
        .query(&[("latest", "1"), ("no", "zz9secret"), ("next", "zz9secret")])
        .basic_auth(user, Some("super_safe!"))
        .header("cookie", "session=zz9secretcookie; flash=zz9secretflash")
        .header("referer", "http://zz9secret.example/zz9secret")
        .header("user-agent", "zz9secret/1.0")
        .header("x-forwarded-for", "zz9secret")
}

/// Sends every method to every route, with every body.
async fn visit(client: &Client, base: &str) {
    for route in minitwit::routes::table() {
        let path = route.pattern.replace("{user}", "zz9secretuser");
        for method in [Method::GET, Method::POST, Method::HEAD, Method::PUT] {
            for (kind, body) in BODIES {
                for user in ["simulator", "zz9secretsimulator"] {
                    let request = client.request(method.clone(), format!("{base}{path}"));
                    let request = with_secrets(request, user).header("content-type", kind);
                    let answer = request.body(body).send().await;
                    // A stream of events never ends by itself, so its body is not read.
                    answer.expect("an answer");
                }
            }
        }
    }
}

#[tokio::test]
async fn nothing_that_a_client_sends_is_logged() {
    let database = Database::migrated().await;
    let process = Process::start(&database.url(), &["--account-attempts=1000"]).await;
    let (client, base) = (client(), format!("http://{}", process.address));
    visit(&client, &base).await;
    // Errors of the database quote what they were asked.
    for table in ["follows", "messages", "users"] {
        database
            .execute(&format!("ALTER TABLE {table} RENAME TO {table}_gone"))
            .await;
    }
    visit(&client, &base).await;
    drop(client);
    process.terminate();
    let log = process.rest().await;

    let logged: BTreeSet<&str> = log
        .iter()
        .filter_map(|line| line["url.path"].as_str())
        .collect();
    for route in minitwit::routes::table() {
        assert!(
            logged.contains(route.pattern),
            "{} was not visited",
            route.pattern
        );
    }
    assert!(
        log.iter()
            .any(|line| line["http.response.status_code"] == 500),
        "no request met the broken database"
    );
    for line in &log {
        assert!(!line.to_string().contains(MARK), "{line}");
    }
}
