//! Compares what a target shows with what it acknowledged.

use std::collections::{BTreeSet, HashMap};

/// How shown messages differ from the expected ones.
#[derive(Debug, PartialEq, Eq)]
pub enum Texts<'a> {
    /// Each one, in order.
    AllThere,
    /// These are not among those shown.
    Missing(Vec<&'a str>),
    /// All are there, but not in the order in which they were sent.
    OutOfOrder,
}

/// Compares expected texts, oldest first, with shown ones, newest first. Other messages may be between them.
#[must_use]
pub fn compare_texts<'a>(expected: &'a [String], shown: &[&str]) -> Texts<'a> {
    let missing = missing_texts(expected, shown);
    if !missing.is_empty() {
        return Texts::Missing(missing);
    }
    let mut rest = shown.iter();
    if expected
        .iter()
        .rev()
        .all(|text| rest.any(|other| other == text))
    {
        Texts::AllThere
    } else {
        Texts::OutOfOrder
    }
}

/// The expected texts that are not shown; a text that is expected twice must be shown twice.
#[must_use]
pub fn missing_texts<'a>(expected: &'a [String], shown: &[&str]) -> Vec<&'a str> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for text in shown {
        *counts.entry(text).or_default() += 1;
    }
    expected
        .iter()
        .map(String::as_str)
        .filter(|text| match counts.get_mut(text) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .collect()
}

/// The follows that are not in the acknowledged state.
pub(super) fn compare_follows<'a>(
    known: &[(&'a str, bool)],
    shown: &BTreeSet<String>,
) -> Vec<(&'a str, bool)> {
    known
        .iter()
        .filter(|(target, follows)| shown.contains(*target) != *follows)
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn all_texts_newest_first_with_others_between_are_all_there() {
        let expected = owned(&["1", "2", "2", "3"]);
        assert_eq!(
            compare_texts(&expected, &["3", "x", "2", "2", "1", "0"]),
            Texts::AllThere
        );
        assert_eq!(compare_texts(&[], &["x"]), Texts::AllThere);
    }

    #[test]
    fn a_text_that_is_expected_twice_must_be_shown_twice() {
        let expected = owned(&["a", "a"]);
        assert_eq!(
            compare_texts(&expected, &["a", "b"]),
            Texts::Missing(vec!["a"])
        );
    }

    #[test]
    fn a_changed_character_is_a_missing_text() {
        let expected = owned(&["\u{feff}hi"]);
        assert_eq!(
            compare_texts(&expected, &["hi"]),
            Texts::Missing(vec!["\u{feff}hi"])
        );
    }

    #[test]
    fn texts_of_an_earlier_run_do_not_hide_a_lost_one() {
        // The run before wrote the same; of this one the newest is lost, so the window reaches one text back.
        let expected = owned(&["1", "2", "3"]);
        assert_eq!(
            compare_texts(&expected, &["2", "1", "3"]),
            Texts::OutOfOrder
        );
    }

    #[test]
    fn follows_are_compared_both_ways() {
        let shown: BTreeSet<String> = ["a".to_owned(), "x".to_owned()].into();
        let known = [("a", true), ("b", true), ("x", false), ("y", false)];
        assert_eq!(compare_follows(&known, &shown), [("b", true), ("x", false)]);
    }

    proptest! {
        #[test]
        fn what_was_stored_in_order_is_all_there(texts in proptest::collection::vec("[ab]{0,2}", 0..30)) {
            let shown: Vec<&str> = texts.iter().rev().map(String::as_str).collect();
            prop_assert_eq!(compare_texts(&texts, &shown), Texts::AllThere);
        }

        #[test]
        fn one_lost_text_is_always_noticed(
            texts in proptest::collection::vec("[ab]{0,2}", 1..30), which: prop::sample::Index,
        ) {
            let mut shown: Vec<&str> = texts.iter().rev().map(String::as_str).collect();
            let lost = shown.remove(which.index(texts.len()));
            prop_assert_eq!(compare_texts(&texts, &shown), Texts::Missing(vec![lost]));
        }
    }
}
