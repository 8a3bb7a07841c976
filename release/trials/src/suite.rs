//! The trials of each suite.

use release::step::Step;

use crate::cli::{Cli, Suite};
use crate::trial::{Fault, Takeover, Trial};

/// The trials that the command line selects, in order.
pub fn trials(cli: &Cli) -> Vec<Trial> {
    let mut trials = of(cli.suite, cli.runs);
    trials.retain(|trial| trial.to_string().contains(&cli.only));
    trials
}

/// The names of all trials, each once, in the order of the table.
pub fn names() -> Vec<String> {
    let mut names = Vec::new();
    for trial in of(Suite::Full, 1) {
        let name = trial.to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn of(suite: Suite, runs: u32) -> Vec<Trial> {
    let repeat = |trials: &[Trial], runs: u32| -> Vec<Trial> {
        (0..runs).flat_map(|_| trials.iter().copied()).collect()
    };
    // A rollback after a confirmation needs a confirmed release before it.
    let good = || [repeat(&[Trial::Good], runs), vec![Trial::Undo]].concat();
    let nothing = || repeat(&[Trial::Nothing], runs.div_ceil(5));
    let bad = || repeat(&Trial::bad(), runs.div_ceil(8));
    match suite {
        // The killed runner's release is resumed until it is confirmed, so it is a good release as well, and `Undo` can roll it back.
        Suite::Quick => vec![
            Trial::Rollback,
            Trial::Kill(Step::Move, Takeover::Resume),
            Trial::Undo,
            Trial::Frozen,
            Trial::Bad(Fault::PageError),
        ],
        Suite::Nothing => nothing(),
        Suite::Good => good(),
        Suite::Bad => bad(),
        Suite::Kill => Trial::kills(),
        Suite::Api => Trial::api_faults(),
        Suite::Dead => Trial::deaths(),
        Suite::Full => [
            nothing(),
            good(),
            vec![Trial::Frozen, Trial::Rollback],
            bad(),
            Trial::kills(),
            Trial::api_faults(),
            Trial::deaths(),
        ]
        .concat(),
        Suite::Table => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_suite_is_part_of_the_full_one() {
        let names = names();
        for trial in of(Suite::Quick, 1) {
            assert!(names.contains(&trial.to_string()), "{trial}");
        }
    }
}
