//! Password hashes: argon2id, off the async threads, a bounded number at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{self, Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use prometheus::IntGauge;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::error::{Error, Result};

/// OWASP's argon2id minimum with the least memory: 7 MiB, 5 passes, one lane.
///
/// All of OWASP's choices cost an attacker about the same. This one keeps a register request well
/// within the simulator's 0.3 s on a busy two-core machine, and the resident memory small.
const MEMORY_KIB: u32 = 7168;
const PASSES: u32 = 5;
const LANES: u32 = 1;

/// A request that waits longer for its turn receives 503.
const WAIT_LIMIT: Duration = Duration::from_secs(2);

/// Hashes passwords, a bounded number at once.
pub struct Hasher {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    waiting: IntGauge,
    /// Working memory for the next hashes. An allocator that receives 7 MiB back from changing threads keeps many times that.
    memory: Arc<Mutex<Vec<Memory>>>,
}

type Memory = Vec<Block>;

/// The result of checking a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, and its hash was made at a cost other than that of new ones.
    Outdated,
}

impl Hasher {
    /// A hasher that works on at most two passwords per core: with one, hashes fall behind on a machine whose cores
    /// many others need. `waiting` shows how many wait for a turn.
    pub fn new(waiting: IntGauge) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .expect("the parameters are within argon2's bounds");
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            turns: Arc::new(Semaphore::new(2 * cores)),
            waiting,
            memory: Arc::default(),
        }
    }

    /// A salted hash in PHC format; 503 if too many others wait.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.work(move |argon2, memory| hash(argon2, &password, memory))
            .await
    }

    /// Whether the password belongs to this hash; 503 if too many others wait. Without a hash the result is `Wrong`, after the
    /// same time.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<Verdict> {
        self.work(move |argon2, memory| match hash {
            Some(hash) => verify(argon2, &password, &hash, memory),
            None => self::hash(argon2, &password, memory).map(|_| Verdict::Wrong),
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'_>, &mut Memory) -> password_hash::Result<T> + Send + 'static,
    ) -> Result<T> {
        let waits = Waits::new(&self.waiting);
        let turn = timeout(WAIT_LIMIT, self.turns.clone().acquire_owned())
            .await
            .map_err(Error::unavailable)?
            .map_err(Error::internal)?;
        drop(waits);
        let (argon2, free) = (self.argon2.clone(), self.memory.clone());
        let work = spawn_blocking(move || {
            // Held until the work is done, also when the client has gone.
            let _turn = turn;
            let mut memory = lock(&free).pop().unwrap_or_default();
            let outcome = work(&argon2, &mut memory);
            lock(&free).push(memory);
            outcome
        });
        work.await
            .map_err(Error::internal)?
            .map_err(Error::internal)
    }
}

/// A request that waits for its turn: until it has the turn, gives up or its client leaves.
struct Waits<'g>(&'g IntGauge);

impl<'g> Waits<'g> {
    fn new(waiting: &'g IntGauge) -> Self {
        waiting.inc();
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Nothing panics while it holds this lock.
fn lock(free: &Mutex<Vec<Memory>>) -> MutexGuard<'_, Vec<Memory>> {
    free.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hash(argon2: &Argon2<'_>, password: &str, memory: &mut Memory) -> password_hash::Result<String> {
    memory.resize(argon2.params().block_count(), Block::default());
    let salt = SaltString::generate(&mut OsRng);
    let mut bytes = [0; Salt::MAX_LENGTH];
    let bytes = salt.decode_b64(&mut bytes)?;
    let output = Output::init_with(Params::DEFAULT_OUTPUT_LEN, |output| {
        Ok(argon2.hash_password_into_with_memory(password.as_bytes(), bytes, output, memory)?)
    })?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params())?,
        salt: Some(salt.as_salt()),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

fn verify(
    argon2: &Argon2<'_>,
    password: &str,
    hash: &str,
    memory: &mut Memory,
) -> password_hash::Result<Verdict> {
    let hash = PasswordHash::new(hash)?;
    let expected = hash.hash.ok_or(password_hash::Error::PhcStringField)?;
    let salt = hash.salt.ok_or(password_hash::Error::PhcStringField)?;
    let algorithm = Algorithm::try_from(hash.algorithm)?;
    let version = match hash.version {
        Some(version) => Version::try_from(version)?,
        None => Version::V0x10,
    };
    let params = Params::try_from(&hash)?;
    memory.resize(params.block_count(), Block::default());
    let mut bytes = [0; Salt::MAX_LENGTH];
    let bytes = salt.decode_b64(&mut bytes)?;
    let theirs = Argon2::new(algorithm, version, params);
    let output = Output::init_with(expected.len(), |output| {
        Ok(theirs.hash_password_into_with_memory(password.as_bytes(), bytes, output, memory)?)
    })?;
    // Outputs compare in constant time.
    if output != expected {
        return Ok(Verdict::Wrong);
    }
    let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
    let is_current = algorithm == Algorithm::Argon2id
        && version == Version::V0x13
        && cost(theirs.params()) == cost(argon2.params());
    Ok(if is_current {
        Verdict::Right
    } else {
        Verdict::Outdated
    })
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier;

    use super::*;

    #[tokio::test]
    async fn a_hash_is_salted_argon2id_and_verifies() {
        let hasher = Hasher::new(IntGauge::new("waiting", "Waiting").expect("a name"));
        let first = hasher.hash("pässword".to_owned()).await.expect("a hash");
        let second = hasher.hash("pässword".to_owned()).await.expect("a hash");
        assert!(first.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"));
        assert_ne!(first, second);
        let parsed = PasswordHash::new(&first).expect("PHC format");
        assert!(
            hasher
                .argon2
                .verify_password("pässword".as_bytes(), &parsed)
                .is_ok()
        );
        assert!(hasher.argon2.verify_password(b"password", &parsed).is_err());
    }

    #[tokio::test]
    async fn passwords_are_distinguished_and_older_hashes_recognised() {
        let hasher = Hasher::new(IntGauge::new("waiting", "Waiting").expect("a name"));
        let verify = async |password: &str, hash: &str| {
            let outcome = hasher.verify(password.to_owned(), Some(hash.to_owned()));
            outcome.await.expect("a verdict")
        };
        let current = hasher.hash("secret".to_owned()).await.expect("a hash");
        assert_eq!(verify("secret", &current).await, Verdict::Right);
        assert_eq!(verify("Secret", &current).await, Verdict::Wrong);
        let params = Params::new(64, 1, 1, None).expect("parameters");
        let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut memory = Memory::new();
        let older = super::hash(&cheap, "secret", &mut memory).expect("a hash");
        assert_eq!(verify("secret", &older).await, Verdict::Outdated);
        assert_eq!(verify("Secret", &older).await, Verdict::Wrong);
        let unknown = hasher.verify("secret".to_owned(), None).await;
        assert_eq!(unknown.expect("a verdict"), Verdict::Wrong);
        let foreign = hasher.verify("secret".to_owned(), Some("md5".to_owned()));
        assert!(foreign.await.is_err());
    }
}
