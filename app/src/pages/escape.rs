//! The escaper that templates use.

use std::fmt::{self, Write};

use askama::filters::Escaper;

/// Escapes as MiniTwit always has: `&amp; &lt; &gt; &#34; &#39;`.
#[derive(Clone, Copy)]
pub struct Html;

impl Escaper for Html {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let mut written = 0;
        for (at, byte) in string.bytes().enumerate() {
            let entity = match byte {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&#34;",
                b'\'' => "&#39;",
                _ => continue,
            };
            // These bytes are never part of a longer character.
            dest.write_str(&string[written..at])?;
            dest.write_str(entity)?;
            written = at + 1;
        }
        dest.write_str(&string[written..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_characters_are_escaped_and_nothing_else() {
        let mut text = String::new();
        Html.write_escaped_str(&mut text, "a<b>&\"é'\u{feff}😀")
            .expect("a String takes any text");
        assert_eq!(text, "a&lt;b&gt;&amp;&#34;é&#39;\u{feff}😀");
    }
}
