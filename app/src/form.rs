//! HTML forms: whether a body is one, and its fields.

use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;

use crate::error::{Error, Result};

const URL_ENCODED: &str = "application/x-www-form-urlencoded";

/// Whether a body is that of an HTML form. Command line tools send JSON with a form's type by default; no field of a
/// form here begins like JSON.
#[must_use]
pub fn is_form(headers: &HeaderMap, body: &[u8]) -> bool {
    let media_type = media_type(headers);
    let has_form_type = media_type.eq_ignore_ascii_case(URL_ENCODED)
        || media_type.eq_ignore_ascii_case("multipart/form-data");
    has_form_type && !body.trim_ascii_start().starts_with(b"{")
}

fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let value = value.unwrap_or_default().split(';').next();
    value.unwrap_or_default().trim()
}

/// The fields of a form, without NUL characters, which PostgreSQL can't store.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body.
    ///
    /// # Errors
    /// 415 for an encoding other than the browsers' default, 400 for NUL characters.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self> {
        if !media_type(headers).eq_ignore_ascii_case(URL_ENCODED) {
            return Err(Error::UnsupportedMediaType(
                "Send the form as application/x-www-form-urlencoded",
            ));
        }
        let fields: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
        if fields.iter().any(|(_, value)| value.contains('\0')) {
            return Err(Error::bad_request("The form holds a NUL character"));
        }
        Ok(Self(fields))
    }

    /// The first value of a field; an absent field is empty.
    #[must_use]
    pub fn take(&mut self, name: &str) -> String {
        let found = self.0.iter_mut().find(|(field, _)| field == name);
        found
            .map(|(_, value)| std::mem::take(value))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of_type(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, value.parse().expect("a value"));
        headers
    }

    #[test]
    fn forms_and_json_are_distinguished_by_type_and_body() {
        let form = of_type("Application/X-WWW-Form-URLEncoded; charset=utf-8");
        assert!(is_form(&form, b"username=ann"));
        assert!(is_form(&form, b""));
        assert!(!is_form(&form, b" {\"username\": \"ann\"}"));
        assert!(!is_form(&of_type("application/json"), b"username=ann"));
        assert!(!is_form(&HeaderMap::new(), b"username=ann"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_form_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(mut form) = Form::read(&of_type(URL_ENCODED), &body) {
                prop_assert!(!form.take("text").contains('\0'));
            }
        }

        #[test]
        fn encoded_text_is_decoded_to_the_same(text in "[^\0]*") {
            let mut body = form_urlencoded::Serializer::new(String::new());
            body.append_pair("text", &text);
            let form = Form::read(&of_type(URL_ENCODED), body.finish().as_bytes());
            prop_assert_eq!(form.expect("a form").take("text"), text);
        }
    }

    #[test]
    fn fields_are_decoded_and_may_be_missing() {
        let headers = of_type(URL_ENCODED);
        let mut form = Form::read(&headers, b"text=a+%26%20b%C3%A9&text=c").expect("a form");
        assert_eq!(form.take("text"), "a & bé");
        assert_eq!(form.take("other"), "");
        assert!(Form::read(&headers, b"text=a%00").is_err());
        assert!(Form::read(&of_type("multipart/form-data"), b"").is_err());
    }
}
