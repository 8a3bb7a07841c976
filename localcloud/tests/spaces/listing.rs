//! Pages of keys.

use localcloud::spaces::listing::{Entry, LIMIT, Page, Query, limit, list};

const KEYS: [&str; 6] = ["a", "b/1", "b/2", "b/c/3", "d", "e/4"];

fn texts(page: &Page<'_>) -> Vec<String> {
    page.entries
        .iter()
        .map(|entry| entry.text().to_owned())
        .collect()
}

#[test]
fn pages_of_one_show_everything_once() {
    for (delimiter, all) in [
        (None, KEYS.to_vec()),
        (Some("/"), vec!["a", "b/", "d", "e/"]),
    ] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let query = Query {
                delimiter,
                after: &after,
                max: 1,
                ..Query::default()
            };
            let page = list(KEYS.into_iter(), &query);
            seen.extend(texts(&page));
            if !page.truncated {
                break;
            }
            after = seen.last().cloned().unwrap_or_default();
        }
        assert_eq!(seen, all, "{delimiter:?}");
    }
}

#[test]
fn a_prefix_and_a_delimiter_show_one_level() {
    let query = Query {
        prefix: "b/",
        delimiter: Some("/"),
        max: 10,
        ..Query::default()
    };
    let page = list(KEYS.into_iter(), &query);
    assert_eq!(
        page.entries,
        [Entry::Key("b/1"), Entry::Key("b/2"), Entry::Common("b/c/")]
    );
}

#[test]
fn no_page_is_longer_than_a_thousand() {
    assert_eq!(limit(Some(5_000)).ok(), Some(LIMIT));
    assert_eq!(limit(None).ok(), Some(LIMIT));
    assert!(limit(Some(-1)).is_err());
}
