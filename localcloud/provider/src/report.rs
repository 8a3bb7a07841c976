//! Errors as Terraform shows them: a sentence, and the attribute it is about.

use tf_provider::{AttributePath, Diagnostic, Diagnostics};

/// Reports an error about the resource as a whole.
pub fn error(diags: &mut Diagnostics, text: impl Into<String>) {
    at(diags, text, AttributePath::root());
}

/// Reports an error about one attribute.
pub fn error_at(diags: &mut Diagnostics, text: impl Into<String>, attribute: &'static str) {
    at(diags, text, AttributePath::new(attribute));
}

fn at(diags: &mut Diagnostics, text: impl Into<String>, attribute: AttributePath) {
    // Not by the crate's constructors: they add a backtrace where RUST_BACKTRACE is set.
    diags.add_error(Diagnostic {
        summary: text.into().into(),
        detail: "".into(),
        attribute,
    });
}
