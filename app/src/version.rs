//! The version of this binary.

use std::sync::LazyLock;

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let built = option_env!("MINITWIT_VERSION").filter(|version| !version.is_empty());
    with_v(built.unwrap_or(env!("CARGO_PKG_VERSION")))
});

/// The build's version, always with a leading `v`: `MINITWIT_VERSION` at build time, else the
/// package's.
#[must_use]
pub fn version() -> &'static str {
    &VERSION
}

fn with_v(version: &str) -> String {
    if version.starts_with('v') {
        version.to_owned()
    } else {
        format!("v{version}")
    }
}

#[cfg(test)]
mod tests {
    use super::with_v;

    #[test]
    fn a_version_starts_with_exactly_one_v() {
        assert_eq!(with_v("1.2.3"), "v1.2.3");
        assert_eq!(with_v("v1.2.3"), "v1.2.3");
    }
}
