//! Which keys a list contains. No input or output.

use s3s::{S3Result, s3_error};

/// Most entries of one response.
pub const LIMIT: usize = 1_000;

/// What a client requests.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    /// Only keys with this prefix.
    pub prefix: &'a str,
    /// Keys that contain this after the prefix are grouped up to it.
    pub delimiter: Option<&'a str>,
    /// Only entries after this: a key, or a common prefix that was the last entry of the previous page.
    pub after: &'a str,
    /// Most entries.
    pub max: usize,
}

/// An entry of a list.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A key.
    Key(&'a str),
    /// A common prefix of several keys.
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

/// The most entries of a page: what the client requests, up to [`LIMIT`].
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

/// A page of `keys`, which are in order and may repeat.
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
            // An empty page is complete: it has no last entry to continue from.
            page.truncated = query.max > 0;
            break;
        }
        page.entries.push(entry);
    }
    page
}
