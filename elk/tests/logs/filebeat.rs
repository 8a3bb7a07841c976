//! Filebeat with the droplets' configuration, reading a journal file.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::engine::{installed, root};

/// A Filebeat that keeps its position in the journal over restarts.
pub struct Filebeat {
    home: TempDir,
    journal: String,
    url: String,
    process: Child,
}

impl Filebeat {
    /// Starts sending `journal` to the Elasticsearch at `url`.
    pub fn start(journal: &Path, url: &str) -> Self {
        let home = TempDir::new().expect("a directory");
        let journal = format!("[\"{}\"]", journal.display());
        let process = run(&home, &journal, url);
        Self {
            home,
            journal,
            url: url.to_owned(),
            process,
        }
    }

    /// Kills the process, and starts it again with its stored position.
    pub fn crash_and_start(&mut self) {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it ends");
        self.process = run(&self.home, &self.journal, &self.url);
    }
}

impl Drop for Filebeat {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn run(home: &TempDir, journal: &str, url: &str) -> Child {
    Command::new(installed("filebeat"))
        .arg("-c")
        .arg(root().join("elk/filebeat/filebeat.yml"))
        .arg("--path.home")
        .arg(home.path())
        .args(["-e", "-E", "logging.level=error"])
        .env("FILEBEAT_JOURNAL", journal)
        .env("ELASTICSEARCH_URL", url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("filebeat runs")
}
