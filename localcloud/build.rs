//! Builds the library by which a fault steps the clock of a droplet: the kernel has one for all.

use std::env;
use std::path::Path;
use std::process::Command;

/// Where a droplet has the file that says by how many seconds.
const STEP_FILE: &str = "/usr/lib/localcloud/clock";

fn main() {
    let source = "src/machine/clock.c";
    println!("cargo:rerun-if-changed={source}");
    println!("cargo:rustc-env=LOCALCLOUD_CLOCK={STEP_FILE}");
    let directory = env::var("OUT_DIR").expect("cargo sets it");
    let library = Path::new(&directory).join("clock.so");
    // Rust links with it, so that it is there.
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror"])
        .arg(format!("-DSTEP_FILE=\"{STEP_FILE}\""))
        .arg("-o")
        .args([library.as_path(), Path::new(source)])
        .status();
    let status = built.expect("a C compiler is there where Rust links");
    assert!(status.success(), "{source} does not compile");
}
