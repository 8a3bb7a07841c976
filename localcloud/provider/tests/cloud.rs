//! A localcloud in this process, and Terraform beside it.

use std::fmt;
use std::io::Error;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use localcloud::daemon::{self, DaemonConfig, Listeners};
use localcloud::jobs::MoveLatency;
use localcloud::machine::Machine;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// The provider's binary.
pub const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-digitalocean");

/// Longest run of one Terraform command.
const TERRAFORM_LIMIT: Duration = Duration::from_mins(5);

/// Longest wait for a call that the API answers with 429: its minute, and the next.
const PATIENCE: Duration = Duration::from_mins(2);

/// A cloud and a place for Terraform to work in, both gone when this is dropped.
pub struct Cloud {
    /// Address of the API.
    pub url: String,
    /// Token with all scopes.
    pub token: String,
    /// URL of Spaces.
    pub spaces: String,
    /// Id and secret of a key to Spaces.
    pub spaces_key: (String, String),
    directory: TempDir,
    daemon: JoinHandle<()>,
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.daemon.abort();
    }
}

impl Cloud {
    /// Starts an empty cloud.
    pub async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = DaemonConfig {
            log: localcloud::log::discard(),
            name: "terraform".to_owned(),
            slot: 0,
            directory: directory.path().to_owned(),
            move_latency: MoveLatency {
                fixed: Duration::from_millis(100),
                random: Duration::ZERO,
            },
            metadata_lag: Duration::ZERO,
            spaces_day: Duration::from_hours(24),
        };
        let listeners = Listeners {
            api: vec![listener],
            metadata: vec![],
            spaces: vec![TcpListener::bind("127.0.0.1:0").await.unwrap()],
        };
        let daemon = tokio::spawn(async move {
            if let Err(error) = daemon::run(config, Machine::record_only(), listeners).await {
                eprintln!("localcloud stopped: {error:#}");
            }
        });
        let provider = Path::new(PROVIDER).parent().unwrap();
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{\n    \
             \"digitalocean/digitalocean\" = {}\n  }}\n  direct {{}}\n}}\n",
            json!(provider),
        );
        std::fs::write(directory.path().join("terraform.rc"), overrides).unwrap();
        // Written last by the daemon, so the token is there as well.
        let url = appears(&directory.path().join("api")).await;
        let token = appears(&directory.path().join("token")).await;
        let spaces = appears(&directory.path().join("spaces-endpoint")).await;
        let key = appears(&directory.path().join("spaces-key")).await;
        let (id, secret) = key.split_once(' ').unwrap();
        Self {
            url,
            token,
            spaces,
            spaces_key: (id.to_owned(), secret.to_owned()),
            directory,
            daemon,
        }
    }

    /// Runs Terraform in the repository's environment.
    pub async fn terraform(&self, args: &[&str]) -> Ran {
        let environment = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../terraform");
        self.terraform_in(&environment, args).await
    }

    /// Runs Terraform in a folder, with a local state.
    pub async fn terraform_in(&self, environment: &Path, args: &[&str]) -> Ran {
        let here = self.directory.path();
        let (command, args) = args.split_first().unwrap();
        let run = Command::new("terraform")
            .arg(format!("-chdir={}", environment.display()))
            .args([command, "-input=false", "-no-color"])
            .arg(format!(
                "-state={}",
                here.join("terraform.tfstate").display()
            ))
            .args(args)
            .env("TF_CLI_CONFIG_FILE", here.join("terraform.rc"))
            .env("TF_DATA_DIR", here.join("terraform"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("DIGITALOCEAN_API_URL", &self.url)
            .env("DIGITALOCEAN_TOKEN", &self.token)
            .env("SPACES_ENDPOINT_URL", &self.spaces)
            .env("SPACES_ACCESS_KEY_ID", &self.spaces_key.0)
            .env("SPACES_SECRET_ACCESS_KEY", &self.spaces_key.1)
            .env("TF_VAR_vpc_ip_range", "198.18.8.0/24")
            .env("TF_VAR_operator_cidrs", r#"["198.18.0.0/24"]"#)
            .env("TF_VAR_ssh_public_key", PUBLIC_KEY)
            .kill_on_drop(true)
            .output();
        let output = timeout(TERRAFORM_LIMIT, run).await.unwrap();
        Ran(output.unwrap_or_else(|error| terraform_missing(&error)))
    }

    /// Plans and returns the exit code.
    pub async fn plan(&self, args: &[&str]) -> i32 {
        let args = [&["plan", "-detailed-exitcode"], args].concat();
        let ran = self.terraform(&args).await;
        eprintln!("{ran}");
        ran.0.status.code().unwrap()
    }

    /// Runs the environment's own tests, which need no cloud but the provider's schema.
    pub async fn terraform_test(&self) -> Ran {
        let here = self.directory.path();
        let environment = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../terraform");
        let run = Command::new("terraform")
            .arg(format!("-chdir={}", environment.display()))
            .args(["test", "-no-color"])
            .env("TF_CLI_CONFIG_FILE", here.join("terraform.rc"))
            .env("TF_DATA_DIR", here.join("terraform"))
            .env("CHECKPOINT_DISABLE", "1")
            .kill_on_drop(true)
            .output();
        let output = timeout(TERRAFORM_LIMIT, run).await.unwrap();
        Ran(output.unwrap_or_else(|error| terraform_missing(&error)))
    }

    /// Plans in a folder and returns the exit code.
    pub async fn plan_in(&self, folder: &Path, args: &[&str]) -> i32 {
        let args = [&["plan", "-detailed-exitcode"], args].concat();
        let ran = self.terraform_in(folder, &args).await;
        eprintln!("{ran}");
        ran.0.status.code().unwrap()
    }

    /// Writes a configuration whose state is in a bucket, as `backend.tf.example` has it.
    pub fn write_backend(&self, folder: &Path, bucket: &str) {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let example = repository.join("terraform/backend.tf.example");
        std::fs::copy(example, folder.join("backend.tf")).unwrap();
        let main = "variable \"seconds\" {\n  default = 0\n}\n\
            resource \"terraform_data\" \"made\" {\n  input = \"in ${var.seconds} s\"\n  \
            provisioner \"local-exec\" {\n    command = \"sleep ${var.seconds}\"\n  }\n}\n\
            output \"made\" {\n  value = terraform_data.made.output\n}\n";
        std::fs::write(folder.join("main.tf"), main).unwrap();
        let settings = format!(
            "bucket = \"{bucket}\"\nkey = \"test/terraform.tfstate\"\n\
             endpoints = {{ s3 = \"{}\" }}\nuse_path_style = true\n",
            self.spaces
        );
        std::fs::write(folder.join("settings.tfbackend"), settings).unwrap();
    }

    /// Runs Terraform in a folder that [`Cloud::write_backend`] has filled.
    pub async fn terraform_remote(&self, folder: &Path, args: &[&str]) -> Ran {
        let (command, args) = args.split_first().unwrap();
        let mut run = Command::new("terraform");
        run.arg(format!("-chdir={}", folder.display()))
            .args([command, "-no-color"])
            .args(args)
            .env("CHECKPOINT_DISABLE", "1")
            .env("AWS_ACCESS_KEY_ID", &self.spaces_key.0)
            .env("AWS_SECRET_ACCESS_KEY", &self.spaces_key.1)
            .kill_on_drop(true);
        if *command == "init" {
            run.arg("-backend-config=settings.tfbackend");
        }
        let output = timeout(TERRAFORM_LIMIT, run.output()).await.unwrap();
        Ran(output.unwrap_or_else(|error| terraform_missing(&error)))
    }

    /// All outputs of the environment.
    pub fn outputs(&self) -> Json {
        let state = self.directory.path().join("terraform.tfstate");
        let state: Json = serde_json::from_slice(&std::fs::read(state).unwrap()).unwrap();
        state["outputs"].clone()
    }

    /// Moves a reserved IP, as anyone with a token may.
    pub async fn assign(&self, ip: &str, droplet: &str) {
        let droplet: u64 = droplet.parse().unwrap();
        let path = format!("/v2/reserved_ips/{ip}/actions");
        let assign = json!({"type": "assign", "droplet_id": droplet});
        let answer = self.call(Method::POST, &path, Some(&assign)).await;
        assert_eq!(answer.status(), 201);
        let moved = async {
            loop {
                let now = self.get(&format!("/v2/reserved_ips/{ip}")).await;
                let at = &now["reserved_ip"]["droplet"]["id"];
                if *at == droplet && now["reserved_ip"]["locked"] != true {
                    return;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(10), moved).await.unwrap();
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Json {
        let answer = self.call(Method::GET, path, None).await;
        answer.json().await.unwrap()
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) {
        let answer = self.call(Method::DELETE, path, None).await;
        assert_eq!(answer.status(), 204);
    }

    /// A request, made again when the API asks for patience: Terraform's own calls may have used up
    /// the 250 of a minute.
    async fn call(&self, method: Method, path: &str, body: Option<&Json>) -> Response {
        let request = reqwest::Client::new()
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answered = async {
            loop {
                let answer = request.try_clone().unwrap().send().await.unwrap();
                if answer.status() != StatusCode::TOO_MANY_REQUESTS {
                    return answer;
                }
                let seconds = answer.headers()["retry-after"].to_str().unwrap();
                sleep(Duration::from_secs(seconds.parse().unwrap())).await;
            }
        };
        timeout(PATIENCE, answered).await.unwrap()
    }
}

const PUBLIC_KEY: &str = "ssh-ed25519 \
    AAAAC3NzaC1lZDI1NTE5AAAAIHd4Lzepja2kHXJwgs9t+6t3UI2morLdfeA4bvVScbc6 operator@example.org";

/// A Terraform command that has run.
pub struct Ran(Output);

impl Ran {
    /// Panics if it failed.
    pub fn succeeds(&self) {
        assert!(self.0.status.success(), "{self}");
    }

    /// `true` if it failed and its words, line breaks aside, contain these.
    pub fn fails_with(&self, words: &str) -> bool {
        !self.0.status.success() && self.says(words)
    }

    /// `true` if its words, line breaks aside, contain these.
    pub fn says(&self, words: &str) -> bool {
        let text = self.to_string();
        let text: Vec<_> = text.split_whitespace().collect();
        text.join(" ").contains(words.trim_end())
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0.stdout))?;
        f.write_str(&String::from_utf8_lossy(&self.0.stderr))
    }
}

/// The content of a file that another task is about to write.
async fn appears(file: &Path) -> String {
    let read = async {
        loop {
            match std::fs::read_to_string(file) {
                Ok(text) if !text.is_empty() => return text.trim().to_owned(),
                _ => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    timeout(Duration::from_secs(10), read).await.unwrap()
}

/// Says what to do about a Terraform that does not start.
fn terraform_missing(error: &Error) -> ! {
    panic!("terraform does not start ({error}): install it, at least 1.6.3, and have it in PATH")
}
