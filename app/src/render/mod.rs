//! HTML from templates, which are compiled once at start.

mod escape;
pub mod messages;
pub mod path;

use handlebars::{Handlebars, RenderError, TemplateError};
use serde::Serialize;
use thiserror::Error;

use crate::version::version;

/// Name and text of each template.
const TEMPLATES: [(&str, &str); 6] = [
    ("failure", include_str!("../../templates/failure.html")),
    ("layout", include_str!("../../templates/layout.html")),
    ("login", include_str!("../../templates/login.html")),
    ("message", include_str!("../../templates/message.html")),
    ("register", include_str!("../../templates/register.html")),
    ("timeline", include_str!("../../templates/timeline.html")),
];

#[derive(Debug, Error)]
#[error("a template could not be compiled")]
pub struct CompileError(#[from] Box<TemplateError>);

/// Renders the templates in strict mode: a variable without a value is an error.
pub struct Renderer(Handlebars<'static>);

/// A page with its own content and what the layout shows around it.
#[derive(Serialize)]
pub struct Page<'a, C> {
    #[serde(skip)]
    pub template: &'static str,
    pub title: &'a str,
    /// The name of the signed-in user.
    pub viewer: Option<&'a str>,
    /// Messages that are shown once.
    pub flashes: Vec<String>,
    pub content: C,
}

#[derive(Serialize)]
struct Versioned<'p, 'a, C> {
    version: &'static str,
    #[serde(flatten)]
    page: &'p Page<'a, C>,
}

impl Renderer {
    pub fn new() -> Result<Self, CompileError> {
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        templates.register_escape_fn(escape::escape);
        for (name, text) in TEMPLATES {
            templates
                .register_template_string(name, text)
                .map_err(Box::new)?;
        }
        Ok(Self(templates))
    }

    pub fn page<C: Serialize>(&self, page: &Page<'_, C>) -> Result<String, RenderError> {
        let version = version();
        self.0.render(page.template, &Versioned { version, page })
    }

    fn message(&self, values: &impl Serialize) -> Result<String, RenderError> {
        self.0.render("message", values)
    }
}
