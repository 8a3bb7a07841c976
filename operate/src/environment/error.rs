//! Why an environment can't be used. Each text contains the remedy.

use std::path::PathBuf;

/// Why an environment can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There are no outputs of this name.
    #[error(
        "There is no environment {name} in {cloud}: run `make up` first, or set CLOUD and NAME."
    )]
    Missing {
        /// `localcloud` or `digitalocean`.
        cloud: &'static str,
        /// `NAME`.
        name: String,
    },
    /// The outputs can't be read, or something is missing from them.
    #[error(
        "{path}: {problem}; run `make up`, which writes this file from `terraform output -json`."
    )]
    Outputs {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A tool was started outside the repository.
    #[error(
        "Neither the current directory nor the one of this program is inside the repository: change to it, \
         or set MINITWIT_OUTPUTS to the file with the outputs."
    )]
    NoRepository,
    /// `NAME` is not usable as a file name.
    #[error("NAME is {0:?}; it must consist of letters, digits, dots and hyphens.")]
    BadName(String),
    /// DigitalOcean's API needs a token.
    #[error(
        "DIGITALOCEAN_TOKEN is not set: set it to a token of your account; docs/OPERATIONS.md lists its scopes."
    )]
    NoToken,
    /// `localcloud env` failed.
    #[error("localcloud does not return the address of its API ({0}): run `make up`.")]
    Localcloud(String),
}
