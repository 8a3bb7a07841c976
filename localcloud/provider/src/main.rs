//! The provider's program, which Terraform starts.

use std::env;
use std::process::ExitCode;

use terraform_provider_digitalocean::provider::DigitalOcean;

#[tokio::main]
async fn main() -> ExitCode {
    // Terraform sets this for every plugin that it starts.
    if env::var_os("TF_PLUGIN_MAGIC_COOKIE").is_none() {
        eprintln!(
            "This is a provider for Terraform, which starts it by itself: name its folder in the \
             dev_overrides of a Terraform CLI configuration."
        );
        return ExitCode::FAILURE;
    }
    match tf_provider::serve("digitalocean", DigitalOcean::default()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the provider stopped: {error:#}");
            ExitCode::FAILURE
        }
    }
}
