//! Escapes text for HTML with the entities that MiniTwit's pages have always had; the template engine's own differ in spelling.

/// Replaces the five characters by `&amp; &lt; &gt; &#34; &#39;`.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&#34;",
            b'\'' => "&#39;",
            _ => continue,
        };
        // These bytes are never part of a longer character.
        escaped.push_str(&text[copied..at]);
        escaped.push_str(entity);
        copied = at + 1;
    }
    escaped.push_str(&text[copied..]);
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn the_five_characters_are_escaped_and_nothing_else() {
        assert_eq!(
            escape("a<b>&\"é'\u{feff}😀"),
            "a&lt;b&gt;&amp;&#34;é&#39;\u{feff}😀"
        );
    }
}
