//! Finds the names of the series that a query reads.

use std::collections::BTreeSet;

/// Keywords that may stand where a name could.
const WORDS: [&str; 12] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "and",
    "or",
    "unless",
    "bool",
    "offset",
    "atan2",
];
/// Keywords that are followed by a list of labels.
const BEFORE_LABELS: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];

/// The names of the series in a query, without functions, labels and keywords.
#[must_use]
pub fn names(query: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = query;
    let mut labels_follow = false;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '{' => skip(rest, '}'),
            '[' => skip(rest, ']'),
            '"' | '\'' => skip(rest, first),
            '(' if labels_follow => skip(rest, ')'),
            _ if is_inside(first) => {
                let word = rest.split(|c| !is_inside(c)).next().unwrap_or_default();
                let after = rest[word.len()..].trim_start();
                let aggregates = ["by", "without"].map(|it| {
                    after.starts_with(&format!("{it} (")) || after.starts_with(&format!("{it}("))
                });
                let is_name = !first.is_ascii_digit()
                    && !after.starts_with('(')
                    && !aggregates.contains(&true)
                    && !WORDS.contains(&word);
                if is_name {
                    found.insert(word.to_owned());
                }
                labels_follow = BEFORE_LABELS.contains(&word);
                rest = &rest[word.len()..];
                continue;
            }
            _ => first.len_utf8(),
        };
        labels_follow &= first.is_whitespace();
        rest = &rest[length..];
    }
    found
}

/// The length up to and including `end`. An `end` inside quotes does not count.
fn skip(text: &str, end: char) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices().skip(1) {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == end => return at + c.len_utf8(),
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
    }
    text.len()
}

fn is_inside(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_names(query: &str, expected: &[&str]) {
        let expected = expected.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(names(query), expected, "{query}");
    }

    #[test]
    fn names_are_separated_from_functions_labels_and_keywords() {
        assert_names("up", &["up"]);
        assert_names(
            r#"sum by (a, b) (rate(x_total{c="d}", e=~"f"}[5m]))"#,
            &["x_total"],
        );
        assert_names(
            "a:b:rate5m / on (i) group_left (v) c > bool 0.5e3",
            &["a:b:rate5m", "c"],
        );
        assert_names(r#"label_replace(m, "dst", "$1", "src", "(.).*")"#, &["m"]);
        assert_names(
            "sum(a or b * 0) unless on(c) d == 1 or vector(0)",
            &["a", "b", "d"],
        );
        assert_names("time() - max(x) by (job) > 600", &["x"]);
        assert_names("sum_over_time((1 - p{t=\"l\"})[10m:5s]) * 5", &["p"]);
    }
}
