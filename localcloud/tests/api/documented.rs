//! Holds answers against the documented shapes in `clients/documented.json`, which says how it reads.

use serde_json::{Map, Value};
use std::net::Ipv4Addr;
use std::sync::LazyLock;

static TABLE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../clients/documented.json")).expect("it is JSON")
});

/// All documented answers by method and path pattern.
pub fn answers() -> &'static Map<String, Value> {
    TABLE["answers"].as_object().unwrap()
}

/// The pattern of a path, fixed segments before named ones.
pub fn pattern(method: &str, path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap().trim_end_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    let fits = |pattern: &&str| {
        let own: Vec<&str> = pattern.split('/').collect();
        let mut pairs = own.iter().zip(&segments);
        own.len() == segments.len() && pairs.all(|(own, got)| own.starts_with('{') || own == got)
    };
    let all = answers().keys().filter_map(|key| key.split_once(' '));
    let all = all.filter(|(of, _)| *of == method).map(|(_, path)| path);
    all.filter(fits)
        .min_by_key(|path| path.matches('{').count())
}

/// Fails unless an answer is one that is documented for its call.
pub fn check(method: &str, path: &str, status: u16, body: &Value) {
    if path.starts_with("/_localcloud/") {
        return;
    }
    let differences = if status >= 400 {
        differences(&Value::from("error"), body, "")
    } else {
        let pattern = pattern(method, path);
        let pattern = pattern.unwrap_or_else(|| panic!("{method} {path} is not documented"));
        let answer = &answers()[&format!("{method} {pattern}")];
        let shape = answer.get(status.to_string());
        let shape = shape.unwrap_or_else(|| panic!("{method} {pattern} {status}: not documented"));
        differences(shape, body, "")
    };
    assert!(
        differences.is_empty(),
        "{method} {path} {status} is not as documented: {differences:#?}"
    );
}

/// What is not as documented, a line each.
fn differences(shape: &Value, body: &Value, place: &str) -> Vec<String> {
    match shape {
        Value::Null if body.is_null() => Vec::new(),
        Value::String(word) => of_word(word, body, place),
        Value::Array(item) => match (body.as_array(), item.first()) {
            (Some(all), Some(item)) => (0..)
                .zip(all)
                .flat_map(|(n, one): (usize, &Value)| {
                    differences(item, one, &format!("{place}[{n}]"))
                })
                .collect(),
            (Some(all), None) if all.is_empty() => Vec::new(),
            _ => vec![format!("{place}: {body} is not that list")],
        },
        Value::Object(fields) => match body.as_object() {
            Some(body) => of_object(fields, body, place),
            None => vec![format!("{place}: {body} is not an object")],
        },
        _ => vec![format!("{place}: {body} where nothing should be")],
    }
}

fn of_object(fields: &Map<String, Value>, body: &Map<String, Value>, place: &str) -> Vec<String> {
    if let Some(any) = fields.get("*") {
        let all = body.iter();
        return all
            .flat_map(|(key, value)| differences(any, value, &format!("{place}.{key}")))
            .collect();
    }
    let bare = |field: &str| field.trim_end_matches('!').to_owned();
    let lacking = fields
        .keys()
        .filter(|field| field.ends_with('!') && !body.contains_key(&bare(field)))
        .map(|field| format!("{place}.{field} is missing"));
    let present = body.iter().flat_map(|(key, value)| {
        let place = format!("{place}.{key}");
        let shape = fields.get(key).or_else(|| fields.get(&format!("{key}!")));
        shape.map_or_else(
            || vec![format!("{place} is not documented")],
            |shape| differences(shape, value, &place),
        )
    });
    lacking.chain(present).collect()
}

fn of_word(word: &str, body: &Value, place: &str) -> Vec<String> {
    if let Some(bare) = word.strip_suffix('?') {
        return match body {
            Value::Null => Vec::new(),
            _ => of_word(bare, body, place),
        };
    }
    let text = body.as_str();
    let fits = match word {
        "any" => true,
        "integer" => body.is_i64() || body.is_u64(),
        "number" => body.is_number(),
        "boolean" => body.is_boolean(),
        "string" => text.is_some(),
        "time" => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        "uuid" => text.is_some_and(|text| text.parse::<uuid::Uuid>().is_ok()),
        "ipv4" => text.is_some_and(|text| text.parse::<Ipv4Addr>().is_ok()),
        _ if word.starts_with('=') => {
            let mut words = word[1..].split('|');
            words.any(|word| text == Some(word))
        }
        _ => {
            let resource_type = &TABLE["resource_types"][word];
            assert!(
                !resource_type.is_null(),
                "{word} is no documented resource_type"
            );
            return differences(resource_type, body, place);
        }
    };
    if fits {
        Vec::new()
    } else {
        vec![format!("{place}: {body} is not {word}")]
    }
}

#[test]
fn what_is_not_documented_is_found() {
    let key = serde_json::json!({"ssh_key": {"id": 1, "fingerprint": "f", "public_key": "k", "name": "n"}});
    check("GET", "/v2/account/keys/1", 200, &key);
    let refused = |change: fn(&mut Value)| {
        let mut odd = key.clone();
        change(&mut odd);
        let shape = &answers()["GET /v2/account/keys/{id}"]["200"];
        !differences(shape, &odd, "").is_empty()
    };
    assert!(refused(|key| key["ssh_key"]["id"] = "1".into()));
    assert!(refused(|key| key["ssh_key"]["name"] = Value::Null));
    assert!(refused(|key| key["ssh_key"]["extra"] = 1.into()));
    assert!(refused(|key| key["more"] = 1.into()));
    assert!(refused(|key| *key = Value::Null));
    let undocumented = || check("GET", "/v2/kubernetes", 200, &Value::Null);
    assert!(std::panic::catch_unwind(undocumented).is_err());
}
