//! The README against the program.

use clap::Subcommand as _;
use localcloud::cli::fault::Command;

#[test]
fn the_readme_names_every_fault() {
    let readme = include_str!("../../README.md");
    let command = Command::augment_subcommands(clap::Command::new("fault"));
    let kinds = command.get_subcommands().map(clap::Command::get_name);
    for kind in kinds.filter(|kind| !["list", "clear"].contains(kind)) {
        let named = [format!("`{kind}`"), format!("`{kind} ")];
        assert!(named.iter().any(|words| readme.contains(words)), "{kind}");
    }
}
