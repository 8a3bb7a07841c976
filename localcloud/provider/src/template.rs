//! Texts with `{…}` in them: paths and ids.

/// `template` with each `{key}` replaced; a key without a value becomes empty.
pub fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((key, tail)) = after.split_once('}') else {
            return text;
        };
        text.push_str(&value(key).unwrap_or_default());
        rest = tail;
    }
    text.push_str(rest);
    text
}
