//! Which keys a list shows. Pure.

use s3s::{S3Result, s3_error};

/// Most entries of one answer.
pub const LIMIT: usize = 1_000;

/// What a client asks for.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    /// Only keys that begin so.
    pub prefix: &'a str,
    /// Keys with this after the prefix are shown as one, up to it.
    pub delimiter: Option<&'a str>,
    /// Only what comes after this: a key, or a common prefix that was the last entry shown.
    pub after: &'a str,
    /// Most entries.
    pub max: usize,
}

/// What is shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A key.
    Key(&'a str),
    /// What several keys begin with.
    Common(&'a str),
}

impl<'a> Entry<'a> {
    /// Its text.
    #[must_use]
    pub fn text(&self) -> &'a str {
        match self {
            Self::Key(text) | Self::Common(text) => text,
        }
    }
}

/// A page of a list.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// Its entries in order.
    pub entries: Vec<Entry<'a>>,
    /// Whether there are more.
    pub truncated: bool,
}

/// The number of entries that a client may ask for.
///
/// # Errors
/// When it is negative.
pub fn limit(asked: Option<i32>) -> S3Result<usize> {
    let Some(asked) = asked else {
        return Ok(LIMIT);
    };
    usize::try_from(asked)
        .map(|asked| asked.min(LIMIT))
        .map_err(|_| s3_error!(InvalidArgument, "A list can't have {asked} entries."))
}

/// A page of `keys`, which come in order and may repeat.
pub fn list<'a>(keys: impl Iterator<Item = &'a str>, query: &Query<'_>) -> Page<'a> {
    let mut page = Page::default();
    for key in keys {
        let Some(rest) = key.strip_prefix(query.prefix) else {
            continue;
        };
        let entry = query
            .delimiter
            .filter(|delimiter| !delimiter.is_empty())
            .and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()))
            .map_or(Entry::Key(key), |end| {
                Entry::Common(&key[..query.prefix.len() + end])
            });
        let shown = match entry {
            Entry::Key(key) => key <= query.after,
            Entry::Common(common) => key <= query.after || common == query.after,
        };
        if shown || page.entries.last() == Some(&entry) {
            continue;
        }
        if page.entries.len() == query.max {
            // An empty page is complete: nothing could be asked for after it.
            page.truncated = query.max > 0;
            break;
        }
        page.entries.push(entry);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
