//! What all pages show around their own content.

use askama::Template;

use crate::auth::flash;
use crate::context::Context;
use crate::error::Result;
use crate::reply::{self, Reply};
use crate::version::version;

/// The parts of the layout that differ by request.
pub struct Frame {
    /// The name of who is signed in.
    pub viewer: Option<String>,
    /// Shown once.
    pub flashes: Vec<String>,
    /// The program's version.
    pub version: &'static str,
}

impl Frame {
    /// For a page that answers this request, with what it has to tell; [`show`] goes with it.
    #[must_use]
    pub fn new(context: &Context, viewer: Option<String>) -> Self {
        Self {
            flashes: flash::pending(context),
            ..Self::plain(viewer)
        }
    }

    /// For a page that tells nothing else.
    #[must_use]
    pub fn plain(viewer: Option<String>) -> Self {
        Self {
            viewer,
            flashes: Vec::new(),
            version: version(),
        }
    }
}

/// Answers with a page, whose flashes are not shown again.
///
/// # Errors
/// When the template fails.
pub fn show(context: &Context, template: &impl Template) -> Result<Reply> {
    let mut reply = reply::html(template)?;
    flash::clear(context, &mut reply);
    Ok(reply)
}
