//! The steps before the live IP moves: nothing of them reaches users.

use std::net::Ipv4Addr;
use std::time::Duration;

use floatip::mover::release_orders as orders;
use tokio::time::{Instant, sleep, timeout};

use crate::error::{Error, Result};
use crate::host::CANDIDATE_PORT;
use crate::journal::release::Release;
use crate::judge::worse;
use crate::load::{Probes, load_of, warm};
use crate::runner::{Baseline, Runner};
use crate::status::unfit;
use crate::step::Step;
use crate::story::{Story, accounts, tag};
use crate::user::User;

/// Between two requests that watch the candidate.
const EVERY: Duration = Duration::from_millis(25);
/// A droplet answers at an address that has come to it within this.
const ARRIVAL: Duration = Duration::from_secs(15);
/// A story that takes longer is not one that users would wait for.
const STORY: Duration = Duration::from_secs(10);
/// The candidate may grow by so much while it is watched, and be so large, in KiB.
const GROWTH_KIB: u64 = 48 * 1024;
const LARGEST_KIB: u64 = 300 * 1024;

impl Runner {
    /// From the installation to the move; all of it may be done again.
    ///
    /// # Errors
    /// [`Error::Rejected`] if the new version does not pass; others as the steps say.
    pub async fn prepare(&self, release: &Release) -> Result<()> {
        // Measuring takes its time, and installing disturbs nobody.
        let (installed, ()) = tokio::join!(self.install(release), self.measure_baseline(release));
        installed?;
        let standby = self.host(release.standby)?;

        self.enter(
            release,
            Step::Migrate,
            "expand the schema with the new version's migrations",
        )
        .await?;
        let applied = standby
            .migrate(&release.version, &self.environment.database, false)
            .await?;
        self.progress.say(&applied);

        self.enter(
            release,
            Step::Candidate,
            "start the new version on the standby, beside the one that stands by",
        )
        .await?;
        standby.start_candidate(&release.version).await?;

        self.stage(release).await?;
        self.verify(release).await?;

        self.enter(
            release,
            Step::Switch,
            "let the standby stand by with the new version",
        )
        .await?;
        self.require_live_serves(release).await?;
        standby.stop_candidate().await?;
        standby.switch(&release.version).await?;
        standby.wait_until_fit().await?;
        let url = format!("http://{}", self.environment.stage_ip);
        self.tell_story(&url, &release.version)
            .await
            .map_err(Error::Rejected)?
            .forget(self)
            .await;
        warm(&self.user(&url)?).await;

        self.enter(release, Step::Unstage, "take the stage IP off the standby")
            .await?;
        self.unstage().await?;
        self.progress.say(&format!(
            "cooling down for {} s",
            self.settings.cool_down.as_secs()
        ));
        sleep(self.settings.cool_down).await;
        Ok(())
    }

    /// What users meet now.
    async fn measure_baseline(&self, release: &Release) {
        let begun = Instant::now();
        let before = self.counters(release.live).await;
        sleep(self.settings.watch).await;
        let counted = match (before, self.counters(release.live).await) {
            (Some(before), Some(after)) => after.since(&before),
            _ => crate::load::Load::default(),
        };
        let baseline = Baseline {
            probed: self.probed_since(begun),
            counted,
        };
        self.progress.say(&format!(
            "before: {} requests probed, {} failed, p99 {:.0} ms; {} counted by the live droplet, {} failed, p99 {:.0} ms",
            baseline.probed.requests, baseline.probed.failed, baseline.probed.p99_ms,
            baseline.counted.requests, baseline.counted.failed, baseline.counted.p99_ms,
        ));
        // Set already if a release is begun twice by one runner, which none does.
        let _ = self.baseline.set(baseline);
    }

    async fn install(&self, release: &Release) -> Result<()> {
        self.enter(
            release,
            Step::Install,
            "put the binary beside what runs, on both droplets",
        )
        .await?;
        let [a, b] = self.hosts();
        let put = async |host: &crate::host::Host| match &self.artifact {
            Some(artifact) if artifact.checksum == release.checksum => {
                host.install(&release.version, &artifact.bytes, &release.checksum)
                    .await
            }
            _ => match host.checksum(&release.version).await? {
                Some(sum) if sum == release.checksum => Ok(()),
                _ => Err(Error::Artifact(format!(
                    "{} is not on {}, and this runner does not have it: give its artifact",
                    release.version,
                    host.droplet().name
                ))),
            },
        };
        tokio::try_join!(put(&a), put(&b))?;
        self.progress.say(&format!("sha256 {}", release.checksum));
        Ok(())
    }

    async fn stage(&self, release: &Release) -> Result<()> {
        self.enter(release, Step::Stage, "bring the stage IP to the standby")
            .await?;
        let ip = self.environment.stage_ip;
        // An agent that claims lets the stage IP go first: it must not come back then.
        self.require_live_on(release.live).await?;
        self.cloud
            .execute(orders::stage(ip, release.live, release.standby))
            .await?;
        self.arrives(ip, CANDIDATE_PORT, &release.version, ARRIVAL)
            .await
            .map_err(Error::Rejected)
    }

    /// Refuses if the live IP is anywhere else by the record.
    ///
    /// # Errors
    /// [`Error::Overtaken`].
    pub async fn require_live_on(&self, droplet: u64) -> Result<()> {
        match self.cloud.holder(self.environment.live_ip).await? {
            Some(holder) if holder == droplet => Ok(()),
            Some(holder) => Err(Error::Overtaken(format!(
                "the live IP is on droplet {holder} now"
            ))),
            None => Err(Error::Overtaken("the live IP is nowhere".to_owned())),
        }
    }

    /// Refuses if what is live can't serve: then the standby is needed as it is.
    async fn require_live_serves(&self, release: &Release) -> Result<()> {
        self.require_live_on(release.live).await?;
        let live = self.host(release.live)?;
        let name = &live.droplet().name;
        let problem = match live.status().await {
            Ok(status) => unfit(&status),
            Err(error) => Some(error.to_string()),
        };
        problem.map_or(Ok(()), |problem| {
            Err(Error::Unfit(format!("{name}: {problem}")))
        })
    }

    /// Takes the stage IP off whichever droplet has it.
    ///
    /// # Errors
    /// If the API doesn't do it.
    pub async fn unstage(&self) -> Result<()> {
        let [a, b] = &self.environment.droplets;
        self.cloud
            .execute(orders::unstage(self.environment.stage_ip, [a.id, b.id]))
            .await
    }

    /// Waits until `version` answers at an address.
    ///
    /// # Errors
    /// The text says what answers instead.
    pub async fn arrives(
        &self,
        ip: Ipv4Addr,
        port: u16,
        version: &str,
        limit: Duration,
    ) -> Result<(), String> {
        let mut user = self
            .user(&format!("http://{ip}:{port}"))
            .map_err(|error| error.to_string())?;
        let deadline = Instant::now() + limit;
        loop {
            let problem = match user.page("/latest").await {
                Ok(answer) if answer.version == version && answer.status == 200 => return Ok(()),
                Ok(answer) => format!("{:?} answers {}", answer.version, answer.status),
                Err(problem) => problem,
            };
            if Instant::now() > deadline {
                return Err(format!(
                    "{version} does not answer at {ip}:{port} within {} s: {problem}",
                    limit.as_secs()
                ));
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn verify(&self, release: &Release) -> Result<()> {
        self.enter(
            release,
            Step::Verify,
            "use the candidate through the stage IP: API, pages, errors, latency, memory",
        )
        .await?;
        let standby = self.host(release.standby)?;
        let url = format!("http://{}:{CANDIDATE_PORT}", self.environment.stage_ip);
        let before = standby.candidate_vitals().await?;
        let told = self
            .tell_story(&url, &release.version)
            .await
            .map_err(Error::Rejected)?;
        // Signed in before the move, to be known after it.
        if let Err(already) = self.visitor.set(told) {
            drop(already);
        }

        let begun = Instant::now();
        let probes = Probes::start(&self.user(&url)?, EVERY);
        sleep(self.settings.watch).await;
        let samples = probes.since(begun);
        drop(probes);
        if let Some(sample) = samples
            .iter()
            .find(|it| it.result.is_ok() && it.version != release.version)
        {
            return Err(Error::Rejected(format!(
                "{} is answered by {:?}",
                sample.path, sample.version
            )));
        }
        let load = load_of(&samples);
        let baseline = self.baseline.get().cloned().unwrap_or_default();
        if let Some(problem) = worse("through the stage IP", &baseline.probed, &load) {
            let example = samples
                .iter()
                .find_map(|it| it.result.as_ref().err())
                .cloned()
                .unwrap_or_default();
            return Err(Error::Rejected(format!("{problem} {example}")));
        }
        let after = standby.candidate_vitals().await?;
        if after.pid == 0 || after.pid != before.pid {
            return Err(Error::Rejected(
                "the candidate ended while it was used".to_owned(),
            ));
        }
        let grown = after.memory_kib.saturating_sub(before.memory_kib);
        if grown > GROWTH_KIB || after.memory_kib > LARGEST_KIB {
            return Err(Error::Rejected(format!(
                "the candidate holds {} MiB of memory, {} MiB more than when it began to be used",
                after.memory_kib / 1024,
                grown / 1024
            )));
        }
        self.progress.say(&format!(
            "{} requests, {} failed, p99 {:.0} ms, {} MiB of memory",
            load.requests,
            load.failed,
            load.p99_ms,
            after.memory_kib / 1024
        ));
        Ok(())
    }

    /// Tells the stories at an address; once more if an answer came too late, which a busy moment can do.
    ///
    /// # Errors
    /// The text says what is wrong.
    pub async fn tell_story(&self, url: &str, version: &str) -> Result<Visit, String> {
        match self.tell_once(url, version).await {
            Err(problem) if problem.ends_with("no answer in time") => {
                self.progress.say(&format!("{problem}; once more"));
                self.tell_once(url, version).await
            }
            told => told,
        }
    }

    async fn tell_once(&self, url: &str, version: &str) -> Result<Visit, String> {
        let tag = tag();
        let user = self.user(url).map_err(|error| error.to_string())?;
        let told = timeout(STORY, Story::new(user, version, &tag).tell()).await;
        let problem = match told {
            Ok(Ok(told)) => {
                self.progress.say(&format!(
                    "stories of a simulator and a visitor at {url}: {} answers, the slowest after {} ms",
                    told.requests,
                    told.slowest.as_millis()
                ));
                let visitor = told.visitor;
                return Ok(Visit {
                    visitor,
                    accounts: accounts(&tag),
                });
            }
            Ok(Err(problem)) => problem,
            Err(_) => format!("the stories took more than {} s", STORY.as_secs()),
        };
        self.journal.forget(&accounts(&tag)).await;
        Err(format!("at {url}: {problem}"))
    }
}

/// What a story leaves: a visitor who is signed in, and two accounts.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The visitor.
    pub visitor: User,
    accounts: [String; 2],
}

impl Visit {
    /// Removes the accounts and what they wrote.
    pub async fn forget(&self, runner: &Runner) {
        runner.journal.forget(&self.accounts).await;
    }
}
