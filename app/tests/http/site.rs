//! A server on port 0 with a fresh database, and a client for it.

use std::env;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use minitwit::config::{Cli, Command, MigrateConfig, ServeConfig};
use minitwit::metrics::Metrics;
use minitwit::route::Route;
use minitwit::server::Running;
use minitwit::socket_handover::Inherited;
use minitwit::{migrate, routes, server};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use slog::{Discard, Logger, o};
use tokio::runtime;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_postgres::NoTls;

/// More than any machine's own slowness: what takes longer hangs.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// What a server has in a test that isn't about running out of it.
const PATIENT: [(&str, &str); 4] = [
    ("--ready-budget=", "20s"),
    ("--statement-limit=", "20s"),
    ("--database-wait-limit=", "20s"),
    ("--database-connect-limit=", "20s"),
];

/// The settings of a server: these, and patience where they set no limit.
pub fn with_patience(settings: &[&str]) -> Vec<String> {
    let says = |name| settings.iter().any(|setting| setting.starts_with(name));
    let patient = PATIENT.iter().filter(|(name, _)| !says(name));
    let patient = patient.map(|(name, value)| format!("{name}{value}"));
    let settings = settings.iter().map(|setting| (*setting).to_owned());
    settings.chain(patient).collect()
}

/// Runs statements on the database server itself.
async fn as_superuser(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("connect to the test server");
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.expect(sql);
    connection.abort();
}

/// A database that is dropped at the end of its test.
pub struct Database {
    server_url: String,
    name: String,
    is_owner: bool,
}

impl Database {
    /// Without any table.
    pub async fn empty() -> Self {
        let server_url = env::var("MINITWIT_TEST_DATABASE_URL").unwrap_or_default();
        assert!(
            !server_url.is_empty(),
            "MINITWIT_TEST_DATABASE_URL names no PostgreSQL server; \
             run the tests with `make test-unit` or `scripts/with-postgres cargo test -p minitwit`",
        );
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        as_superuser(&server_url, &format!("CREATE DATABASE {name}")).await;
        Self {
            server_url,
            name,
            is_owner: true,
        }
    }

    /// With the current schema.
    pub async fn migrated() -> Self {
        let database = Self::empty().await;
        let applied = migrate::run(&migrate_config(&database.url())).await;
        applied.expect("migrate");
        database
    }

    /// The same one, which is dropped at the end of the first.
    pub fn again(&self) -> Self {
        Self {
            server_url: self.server_url.clone(),
            name: self.name.clone(),
            is_owner: false,
        }
    }

    pub fn url(&self) -> String {
        let (server, _) = self.server_url.rsplit_once('/').expect("a URL with a path");
        format!("{server}/{}", self.name)
    }

    /// The same database by way of another port of this machine.
    pub fn url_through(&self, proxy: SocketAddr) -> String {
        let direct = self.address();
        self.url().replace(&direct, &proxy.to_string())
    }

    /// The server's `host:port`.
    pub fn address(&self) -> String {
        let (_, rest) = self.server_url.split_once('@').expect("a URL with a user");
        rest.split('/').next().expect("a host").to_owned()
    }

    pub async fn execute(&self, sql: &str) {
        as_superuser(&self.url(), sql).await;
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.is_owner {
            return;
        }
        let url = self.server_url.clone();
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let dropping = std::thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            runtime
                .expect("a runtime")
                .block_on(as_superuser(&url, &sql));
        });
        // The message of a failing test is more useful than an error here.
        let _ = dropping.join();
    }
}

/// A transaction that keeps all others from the messages until it is released.
pub struct Lock {
    client: tokio_postgres::Client,
    connection: JoinHandle<Result<(), tokio_postgres::Error>>,
}

impl Lock {
    pub async fn messages_of(database: &Database) -> Self {
        let connected = tokio_postgres::connect(&database.url(), NoTls).await;
        let (client, connection) = connected.expect("connect");
        let connection = tokio::spawn(connection);
        let lock = "BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE";
        client.batch_execute(lock).await.expect("lock");
        Self { client, connection }
    }

    /// Returns when a statement waits for the lock.
    pub async fn is_waited_for(&self) {
        eventually("a statement waits for the lock", || self.has_waiters()).await;
    }

    /// Returns when none does any longer.
    pub async fn is_no_longer_waited_for(&self) {
        let none = async || !self.has_waiters().await;
        eventually("no statement waits for the lock", none).await;
    }

    async fn has_waiters(&self) -> bool {
        let sql = "SELECT count(*) FROM pg_locks
            WHERE NOT granted AND relation = 'messages'::regclass";
        let row = self.client.query_one(sql, &[]).await.expect("count");
        row.get::<_, i64>(0) > 0
    }

    pub async fn release(self) {
        self.client.batch_execute("COMMIT").await.expect("unlock");
        self.connection.abort();
    }
}

pub fn migrate_config(url: &str) -> MigrateConfig {
    let cli = Cli::parse_from(["minitwit", "migrate", "--database-url", url]);
    match cli.command {
        Command::Migrate(config) => config,
        Command::Serve(_) | Command::Migrations => unreachable!("asked for migrate"),
    }
}

pub fn serve_config(url: &str, settings: &[&str]) -> ServeConfig {
    let fixed = [
        "minitwit",
        "serve",
        "--database-url",
        url,
        "--listen=127.0.0.1:0",
        "--admin-listen=127.0.0.1:0",
    ];
    let fixed = fixed.map(str::to_owned).into_iter();
    let cli = Cli::parse_from(fixed.chain(with_patience(settings)));
    match cli.command {
        Command::Serve(config) => config,
        Command::Migrate(_) | Command::Migrations => unreachable!("asked for serve"),
    }
}

/// A server that serves, and its database.
pub struct Site {
    pub running: Running,
    pub client: Client,
    pub database: Database,
}

impl Site {
    pub async fn start() -> Self {
        Self::with_settings(&[]).await
    }

    pub async fn with_settings(settings: &[&str]) -> Self {
        let database = Database::migrated().await;
        let url = database.url();
        Self::on(database, &url, settings, routes::table())
    }

    pub fn on(database: Database, url: &str, settings: &[&str], routes: Vec<Route>) -> Self {
        let logger = Logger::root(Discard, o!());
        let running = server::start(
            &serve_config(url, settings),
            Inherited::default(),
            routes,
            &logger,
            Metrics::default(),
        );
        Self {
            running: running.expect("start"),
            client: client(),
            database,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address)
    }

    pub fn admin_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.admin_address)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// As the simulator sends it.
    pub fn simulator(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.request(method, path);
        request.basic_auth("simulator", Some("super_safe!"))
    }

    /// GET without a credential.
    pub async fn get(&self, path: &str) -> Response {
        send(self.request(Method::GET, path)).await
    }

    /// GET of the simulator, 200 expected.
    pub async fn read(&self, path: &str) -> Value {
        let response = send(self.simulator(Method::GET, path)).await;
        assert_eq!(response.status(), StatusCode::OK, "GET {path}");
        response.json().await.expect("JSON")
    }

    /// POST of the simulator.
    pub async fn post(&self, path: &str, body: &Value) -> Response {
        send(self.simulator(Method::POST, path).json(body)).await
    }

    pub async fn register(&self, name: &str) {
        let user = json!({"username": name, "email": "someone@example.com", "pwd": "secret"});
        let response = self.post("/register", &user).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "register {name}");
    }

    /// A message of a user that exists; the name as it stands in a path.
    pub async fn say(&self, name: &str, content: &str) {
        let path = format!("/msgs/{name}");
        let response = self.post(&path, &json!({"content": content})).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "POST {path}");
    }

    pub async fn latest(&self) -> Value {
        let response = self.get("/latest").await;
        assert_eq!(response.status(), StatusCode::OK);
        let body: Value = response.json().await.expect("JSON");
        body["latest"].clone()
    }

    /// The status of `/readyz`, and its reason if it has one.
    pub async fn readiness(&self) -> (u16, String) {
        let response = send(self.client.get(self.admin_url("/readyz"))).await;
        let status = response.status().as_u16();
        let body: Value = response.json().await.expect("JSON");
        (
            status,
            body["reason"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

pub fn client() -> Client {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .expect("a client")
}

pub async fn send(request: RequestBuilder) -> Response {
    request.send().await.expect("an answer")
}

/// Asserts the API's error answer.
pub async fn assert_api_error(response: Response, status: StatusCode, text: &str) {
    assert_eq!(response.status(), status);
    let body: Value = response.json().await.expect("JSON");
    assert_eq!(body, json!({"status": status.as_u16(), "error_msg": text}));
}

/// Waits until `condition` holds, with patience.
pub async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let end = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < end, "never happened: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}
