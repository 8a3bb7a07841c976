//! Tests of a version at an address: before the move at the stage IP, after it at the live IP.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::acceptance::{AcceptanceTest, Problem, tag};
use crate::candidate::CANDIDATE_PORT;
use crate::error::{Error, Result};
use crate::journal::Release;
use crate::judge::worse;
use crate::probes::{Probes, Sample, load_of};
use crate::runner::{Runner, TestVisit};
use crate::step::Step;

/// Between two requests to the candidate.
const PROBE: Duration = Duration::from_millis(25);
/// Time limit of an acceptance test: users would not wait longer.
const TEST_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(100);
/// Limits of the candidate's memory, in KiB: growth during the test, and in total.
const MAX_GROWTH_KIB: u64 = 48 * 1024;
const MAX_MEMORY_KIB: u64 = 300 * 1024;

impl Runner {
    /// Waits until `version` responds at an address.
    ///
    /// # Errors
    /// A sentence with what responds instead.
    pub async fn wait_for_version(
        &self,
        address: SocketAddr,
        version: &str,
        limit: Duration,
    ) -> Result<(), String> {
        let mut user = self.user(address);
        let deadline = Instant::now() + limit;
        loop {
            let problem = match user.page("/latest").await {
                Ok(answer) if answer.version == version && answer.status == 200 => return Ok(()),
                Ok(answer) => format!("{:?} returns {}", answer.version, answer.status),
                Err(failure) => failure.to_string(),
            };
            if Instant::now() > deadline {
                return Err(format!(
                    "{version} does not respond at {address} within {} s: {problem}",
                    limit.as_secs()
                ));
            }
            sleep(POLL).await;
        }
    }

    /// Tests the candidate through the stage IP: an acceptance test, then load, then the candidate's memory.
    ///
    /// # Errors
    /// [`Error::Rejected`] with what is wrong.
    pub async fn verify_candidate(&self, release: &Release) -> Result<()> {
        self.begin_step(
            release,
            Step::Verify,
            "test the candidate through the stage IP: API, pages, errors, latency, memory",
        )
        .await?;
        let standby = self.host(release.standby)?;
        let address = SocketAddr::from((self.stage_ip(), CANDIDATE_PORT));
        let before = standby.candidate_process().await?;
        let visit = self
            .test(address, &release.version)
            .await
            .map_err(Error::Rejected)?;
        // This visitor must still be signed in after the move.
        let _ = self.visit.set(visit);
        let load = self.load_candidate(address, release).await?;
        let after = standby.candidate_process().await?;
        if after.pid == 0 || after.pid != before.pid {
            return Err(Error::Rejected(
                "the candidate's process ended during the test".to_owned(),
            ));
        }
        let growth = after.memory_kib.saturating_sub(before.memory_kib);
        if growth > MAX_GROWTH_KIB || after.memory_kib > MAX_MEMORY_KIB {
            return Err(Error::Rejected(format!(
                "the candidate uses {} MiB of memory, {} MiB more than before the test",
                after.memory_kib / 1024,
                growth / 1024
            )));
        }
        let memory = after.memory_kib / 1024;
        self.progress
            .report(&format!("{load}, {memory} MiB of memory"));
        Ok(())
    }

    /// Sends requests to the candidate and compares them with the baseline. Returns the load as a sentence.
    async fn load_candidate(&self, address: SocketAddr, release: &Release) -> Result<String> {
        let started = Instant::now();
        let probes = Probes::start(&self.user(address), PROBE);
        sleep(self.settings.watch).await;
        let samples = probes.since(started);
        drop(probes);
        let other = |sample: &&Sample| sample.result.is_ok() && sample.version != release.version;
        if let Some(sample) = samples.iter().find(other) {
            return Err(Error::Rejected(format!(
                "{} is answered by {:?}",
                sample.path, sample.version
            )));
        }
        let load = load_of(&samples);
        let baseline = self.baseline.get().cloned().unwrap_or_default();
        if let Some(problem) = worse("through the stage IP", &baseline.probed, &load) {
            let example = samples.iter().find(|sample| sample.result.is_err());
            let example = example.map(|sample| format!(" ({sample})"));
            return Err(Error::Rejected(format!(
                "{problem}{}",
                example.unwrap_or_default()
            )));
        }
        Ok(load.to_string())
    }

    /// Runs the acceptance test at an address; once more if a request timed out, because this machine may have been busy.
    ///
    /// # Errors
    /// A sentence with what is wrong.
    pub async fn test(&self, address: SocketAddr, version: &str) -> Result<TestVisit, String> {
        let mut result = self.test_once(address, version).await;
        if let Err(problem) = &result
            && problem.is_timeout()
        {
            self.progress.report(&format!("{problem}; retrying once"));
            result = self.test_once(address, version).await;
        }
        result.map_err(|problem| format!("at {address}: {problem}"))
    }

    async fn test_once(&self, address: SocketAddr, version: &str) -> Result<TestVisit, Problem> {
        let tag = tag();
        let test = AcceptanceTest::new(self.user(address), version, &tag);
        let result = timeout(TEST_LIMIT, test.run()).await;
        match result.unwrap_or(Err(Problem::TooLong(TEST_LIMIT))) {
            Ok(passed) => {
                self.progress.report(&format!(
                    "the acceptance test passed at {address}: {} requests, the slowest took {} ms",
                    passed.requests,
                    passed.slowest.as_millis()
                ));
                Ok(TestVisit {
                    visitor: passed.visitor,
                    tag,
                })
            }
            Err(problem) => {
                self.remove_accounts(&tag).await;
                Err(problem)
            }
        }
    }
}
