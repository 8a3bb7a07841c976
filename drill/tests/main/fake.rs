//! `MiniTwit` in memory, with one defect of choice.

use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Nothing,
    LosesTheLastMessage,
    TrimsMessages,
    ShowsOldestFirst,
    ForgetsUnfollows,
    ForgetsAnAccount,
    ForgetsLatest,
    AnswersOnceTooLate,
    AnswersOnce500,
    Answers200,
}

#[derive(Default)]
struct Tables {
    posts: usize,
    latest: i64,
    users: BTreeSet<String>,
    messages: Vec<(String, String)>,
    follows: BTreeMap<String, BTreeSet<String>>,
}

struct Fake {
    trouble: Trouble,
    tables: Mutex<Tables>,
}

/// The post that a defect of one request affects.
const UNLUCKY: usize = 50;
/// What `no` is clamped to.
const MOST_SHOWN: usize = 1000;
const CREDENTIAL: &str = "Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh";

/// Starts one on a free port, until the runtime ends. Returns its URL.
pub async fn start(trouble: Trouble) -> String {
    serve(routes(trouble)).await
}

/// Serves on a free port of the loopback address.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// The simulator's API.
pub fn routes(trouble: Trouble) -> Router {
    let fake = Arc::new(Fake {
        trouble,
        tables: Mutex::new(Tables {
            latest: -1,
            ..Tables::default()
        }),
    });
    Router::new()
        .route("/latest", get(latest))
        .route("/register", post(register))
        .route("/msgs", get(all_messages))
        .route("/msgs/{user}", get(messages).post(tweet))
        .route("/fllws/{user}", get(follows).post(follow))
        .layer(middleware::from_fn_with_state(fake.clone(), before))
        .with_state(fake)
}

#[derive(Deserialize)]
struct Page {
    no: Option<usize>,
    latest: Option<i64>,
}

/// Checks what the simulator sends with each request, stores `latest`, and applies the defect of one request.
async fn before(
    State(fake): State<Arc<Fake>>,
    Query(page): Query<Page>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Response {
    // As the simulator does; a steady load has open connections too.
    assert!(
        headers
            .get("connection")
            .is_none_or(|value| value == "close")
    );
    let open = ["/latest", "/register"].contains(&request.uri().path());
    let wrong = headers
        .get("authorization")
        .is_none_or(|value| value != CREDENTIAL);
    if wrong && !open {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut unlucky = false;
    if request.method() == "POST" {
        let mut tables = fake.tables.lock().unwrap();
        tables.posts += 1;
        unlucky = tables.posts == UNLUCKY;
        if fake.trouble != Trouble::ForgetsLatest {
            tables.latest = page.latest.unwrap_or(tables.latest);
        }
    }
    let response = next.run(request).await;
    match fake.trouble {
        Trouble::AnswersOnceTooLate if unlucky => {
            tokio::time::sleep(Duration::from_secs(6)).await;
            response
        }
        Trouble::AnswersOnce500 if unlucky => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Trouble::Answers200 if response.status() == StatusCode::NO_CONTENT => {
            StatusCode::OK.into_response()
        }
        _ => response,
    }
}

async fn latest(State(fake): State<Arc<Fake>>) -> Json<Value> {
    Json(json!({"latest": fake.tables.lock().unwrap().latest}))
}

async fn register(State(fake): State<Arc<Fake>>, Json(body): Json<Value>) -> Response {
    let mut tables = fake.tables.lock().unwrap();
    let user = body["username"].as_str().unwrap().to_owned();
    if tables.users.insert(user) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let body = json!({"status": 400, "error_msg": "The username is already taken"});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn tweet(State(fake): State<Arc<Fake>>, Path(user): Path<String>, body: Bytes) -> StatusCode {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let mut tables = fake.tables.lock().unwrap();
    if !tables.users.contains(&user) {
        return StatusCode::NOT_FOUND;
    }
    let text = body["content"].as_str().unwrap();
    let text = if fake.trouble == Trouble::TrimsMessages {
        text.trim()
    } else {
        text
    };
    tables.messages.push((user, text.to_owned()));
    StatusCode::NO_CONTENT
}

async fn messages(
    State(fake): State<Arc<Fake>>,
    Path(user): Path<String>,
    Query(page): Query<Page>,
) -> Response {
    let tables = fake.tables.lock().unwrap();
    let forgotten =
        fake.trouble == Trouble::ForgetsAnAccount && tables.users.first() == Some(&user);
    if forgotten || !tables.users.contains(&user) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut stored: Vec<&(String, String)> = tables.messages.iter().collect();
    if fake.trouble == Trouble::LosesTheLastMessage {
        stored.pop();
    }
    let mut found: Vec<Value> = stored
        .iter()
        .rev()
        .filter(|(author, _)| *author == user)
        .take(page.no.unwrap_or(100).min(MOST_SHOWN))
        .map(|(author, text)| json!({"user": author, "content": text, "pub_date": 1}))
        .collect();
    if fake.trouble == Trouble::ShowsOldestFirst {
        found.reverse();
    }
    Json(found).into_response()
}

async fn all_messages(State(fake): State<Arc<Fake>>, Query(page): Query<Page>) -> Json<Value> {
    let tables = fake.tables.lock().unwrap();
    let count = page.no.unwrap_or(100).min(MOST_SHOWN);
    let newest = tables.messages.iter().rev().take(count);
    newest
        .map(|(author, text)| json!({"user": author, "content": text, "pub_date": 1}))
        .collect::<Value>()
        .into()
}

async fn follow(
    State(fake): State<Arc<Fake>>,
    Path(user): Path<String>,
    Json(body): Json<Value>,
) -> StatusCode {
    let mut tables = fake.tables.lock().unwrap();
    let follows = tables.follows.entry(user).or_default();
    if let Some(target) = body["follow"].as_str() {
        follows.insert(target.to_owned());
    } else if fake.trouble != Trouble::ForgetsUnfollows {
        follows.remove(body["unfollow"].as_str().unwrap());
    }
    StatusCode::NO_CONTENT
}

async fn follows(State(fake): State<Arc<Fake>>, Path(user): Path<String>) -> Json<Value> {
    let tables = fake.tables.lock().unwrap();
    Json(json!({"follows": tables.follows.get(&user).cloned().unwrap_or_default()}))
}
