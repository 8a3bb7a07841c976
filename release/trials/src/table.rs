//! The table of results.

use std::path::Path;

use crate::clients::ClientStats;
use crate::result::TrialResult;
use crate::testbed::Failure;

const BEGIN: &str = "<!-- trials begin -->";
const END: &str = "<!-- trials end -->";

/// A Markdown table with one row for each trial, in the order of `order`.
pub fn render(results: &[TrialResult], order: &[String]) -> String {
    let mut text = String::from(
        "| trial | runs | passed | requests | failed: sum, maximum per run | failed twice | writes lost | from a wrong version | longest outage, s | seconds: median, maximum | measured |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    for name in order {
        let rows: Vec<&TrialResult> = results.iter().filter(|it| it.trial == *name).collect();
        let Some(first) = rows.first() else {
            continue;
        };
        let sum = |count: fn(&ClientStats) -> usize| {
            rows.iter().map(|it| count(&it.clients)).sum::<usize>()
        };
        let passed = rows.iter().filter(|it| it.passed()).count();
        let most = rows
            .iter()
            .map(|it| it.clients.failed)
            .max()
            .unwrap_or_default();
        let outage = rows
            .iter()
            .map(|it| it.clients.longest_outage)
            .max()
            .unwrap_or_default();
        let mut seconds: Vec<f64> = rows.iter().map(|it| it.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let row = format!(
            "| {name} | {} | {passed} | {} | {}, {most} | {} | {} | {} | {:.1} | {:.1}, {:.1} | {} |\n",
            rows.len(),
            sum(|clients| clients.requests),
            sum(|clients| clients.failed),
            sum(|clients| clients.failed_twice),
            sum(|clients| clients.lost),
            sum(|clients| clients.wrong_version),
            outage.as_secs_f64(),
            seconds[seconds.len() / 2],
            seconds[seconds.len() - 1],
            first.measure,
        );
        text += &row;
    }
    text
}

/// Replaces the table between its marks in a file.
///
/// # Errors
/// If the file has no marks.
pub fn write(path: &Path, table: &str) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path)?;
    let (before, rest) = text
        .split_once(BEGIN)
        .ok_or("the file does not contain the mark for the table's beginning")?;
    let (_, after) = rest
        .split_once(END)
        .ok_or("the file does not contain the mark for the table's end")?;
    std::fs::write(path, format!("{before}{BEGIN}\n{table}{END}{after}"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_a_trial_share_a_row() {
        let result = |seconds, problems: &[&str]| TrialResult {
            trial: "good release".to_owned(),
            problems: problems.iter().map(ToString::to_string).collect(),
            ..TrialResult::of("from command to confirmed", seconds, vec![0])
        };
        let results = [result(30.0, &[]), result(40.0, &["too long"])];
        let table = render(
            &results,
            &["good release".to_owned(), "no release".to_owned()],
        );
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(rows.len(), 1);
        assert!(rows[0].starts_with("| good release | 2 | 1 |"), "{table}");
        assert!(rows[0].contains("| 40.0, 40.0 |"), "{table}");
    }

    #[test]
    fn the_table_goes_between_its_marks() {
        let path = std::env::temp_dir().join(format!("trials-{}.md", std::process::id()));
        std::fs::write(&path, format!("a\n{BEGIN}\nold\n{END}\nb\n")).unwrap();
        write(&path, "new\n").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(text, format!("a\n{BEGIN}\nnew\n{END}\nb\n"));
    }
}
