//! Between Terraform's values and the API's JSON.

use serde_json::{Map, Value as Json};

use crate::compare::{field, same_block, same_blocks, same_or_both_zero};
use crate::table::{Attribute, Block, Kind, Noun, Shape, Source, Spelling};
use crate::value::{Object, Value};

/// The body that creates an object with this state.
pub fn create_body(noun: &Noun, state: &Object) -> Json {
    body(noun, state, |attribute, value| {
        attribute.sent.is_some() && !value.is_null() && *value != Value::Unknown
    })
}

/// The body that changes an object to this state.
pub fn change_body(noun: &Noun, state: &Object) -> Json {
    body(noun, state, |attribute, value| {
        attribute.sent.is_some() && !attribute.replaces && *value != Value::Unknown
    })
}

fn body(noun: &Noun, state: &Object, sends: impl Fn(&Attribute, &Value) -> bool) -> Json {
    let mut body = Map::new();
    for attribute in noun.attributes {
        let value = field(state, attribute.name);
        if sends(attribute, value) {
            put(&mut body, attribute, value);
        }
    }
    for block in noun.blocks {
        let blocks = body_blocks(block, field(state, block.name));
        body.insert(block.field.to_owned(), blocks);
    }
    Json::Object(body)
}

fn body_blocks(block: &Block, value: &Value) -> Json {
    let items = value.items().iter().map(|item| {
        let mut fields = Map::new();
        if let Value::Object(item) = item {
            for attribute in block.attributes {
                let value = field(item, attribute.name);
                if attribute.sent.is_some() && !value.is_zero() && *value != Value::Unknown {
                    put(&mut fields, attribute, value);
                }
            }
            for inner in block.blocks {
                let blocks = body_blocks(inner, field(item, inner.name));
                fields.insert(inner.field.to_owned(), blocks);
            }
        }
        Json::Object(fields)
    });
    let mut items: Vec<Json> = items.collect();
    match block.shape {
        Shape::One => items.pop().unwrap_or(Json::Null),
        Shape::Set | Shape::List => Json::Array(items),
    }
}

fn put(body: &mut Map<String, Json>, attribute: &Attribute, value: &Value) {
    let json = match value {
        // An emptied field is sent as its type's zero: the API takes null for "leave it".
        Value::Null => match attribute.kind {
            Kind::Text => Json::from(""),
            Kind::Texts | Kind::Numbers | Kind::TextList | Kind::Objects(_) => Json::Array(vec![]),
            Kind::Flag | Kind::Number => Json::Null,
        },
        Value::List(items) => items.iter().map(|item| spell(attribute, item)).collect(),
        value => spell(attribute, value),
    };
    let mut path = attribute.sent.unwrap_or(attribute.name).split('/');
    let last = path.next_back().unwrap_or(attribute.name);
    let mut at = body;
    for part in path {
        let inner = at
            .entry(part)
            .or_insert_with(|| Json::Object(Map::new()))
            .as_object_mut();
        let Some(inner) = inner else { return };
        at = inner;
    }
    at.insert(last.to_owned(), json);
}

fn spell(attribute: &Attribute, value: &Value) -> Json {
    match (attribute.spelling, value) {
        (Spelling::Digits, Value::Text(text)) => text
            .parse::<u64>()
            .map_or_else(|_| Json::from(text.as_str()), Json::from),
        _ => Json::from(value),
    }
}

/// The state that an answer describes. Values that mean what `prior` has keep `prior`'s spelling.
pub fn read(noun: &Noun, prior: &Object, answer: &Json) -> Object {
    let mut state = prior.clone();
    let id = field(prior, "id").text().unwrap_or_default();
    for attribute in noun.attributes {
        let before = field(prior, attribute.name);
        let value = read_attribute(attribute, before, answer, id);
        state.insert(attribute.name.to_owned(), value);
    }
    for block in noun.blocks {
        let blocks = read_blocks(block, field(prior, block.name), answer);
        state.insert(block.name.to_owned(), blocks);
    }
    state
}

/// The state after apply: what the plan knows, and the answer for the rest.
pub fn settle(noun: &Noun, planned: &Object, answer: &Json) -> Object {
    let mut state = planned.clone();
    let read = read(noun, planned, answer);
    for attribute in noun.attributes {
        if *field(planned, attribute.name) == Value::Unknown {
            let value = field(&read, attribute.name).clone();
            state.insert(attribute.name.to_owned(), value);
        }
    }
    for block in noun.blocks {
        let settled = settle_blocks(block, field(planned, block.name), field(&read, block.name));
        state.insert(block.name.to_owned(), settled);
    }
    state
}

fn settle_blocks(block: &Block, planned: &Value, found: &Value) -> Value {
    let planned = planned.items().iter();
    let settled = planned.map(|item| settle_block(block, item, found.items()));
    Value::List(settled.collect())
}

fn settle_block(block: &Block, planned: &Value, found: &[Value]) -> Value {
    let Value::Object(planned) = planned else {
        return planned.clone();
    };
    let twin = found.iter().find_map(|item| match item {
        Value::Object(item) if same_block(block, planned, item) => Some(item),
        _ => None,
    });
    let fields = planned.iter().map(|(name, value)| {
        let inner = block.blocks.iter().find(|inner| inner.name == *name);
        if let (Some(inner), Some(twin)) = (inner, twin) {
            let settled = settle_blocks(inner, value, field(twin, name));
            return (name.clone(), settled);
        }
        let value = match (value, twin) {
            (Value::Unknown, Some(twin)) => field(twin, name).clone(),
            (value, _) => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(fields.collect())
}

fn read_attribute(attribute: &Attribute, prior: &Value, answer: &Json, id: &str) -> Value {
    let found = match attribute.source {
        None => {
            let field = attribute.sent.unwrap_or(attribute.name);
            at(attribute, answer, &format!("/{field}"))
        }
        Some(Source::Nowhere) => return prior.clone(),
        Some(Source::AtIfSet(_)) if prior.is_null() => return Value::Null,
        Some(Source::AtIfSet(pointer)) => match at(attribute, answer, pointer) {
            Value::Null => return prior.clone(),
            value => value,
        },
        Some(Source::At(pointer)) => at(attribute, answer, pointer),
        Some(Source::Among(pointer)) => {
            let listed = at(attribute, answer, pointer);
            let own = prior.items().iter();
            Value::List(
                own.filter(|item| listed.items().contains(item))
                    .cloned()
                    .collect(),
            )
        }
        Some(Source::NameIn(domain)) => match (answer["name"].as_str(), answer[domain].as_str()) {
            (Some("@"), Some(domain)) => Value::from(domain),
            (Some(name), Some(domain)) => Value::Text(format!("{name}.{domain}")),
            _ => Value::Null,
        },
        Some(Source::AddressV4(kind)) => Value::from(address_v4(answer, kind)),
        Some(Source::Feature(name)) => {
            let mut features = answer["features"].as_array().into_iter().flatten();
            Value::Bool(features.any(|feature| feature == name))
        }
        Some(Source::Format(format)) => Value::Text(fill(format, |key| match &answer[key] {
            Json::String(text) => Some(text.clone()),
            Json::Null if key == "id" => Some(id.to_owned()),
            other => Some(other.to_string()),
        })),
    };
    // Null stays null only where the state had nothing either; else the answer is news.
    let settled = *prior != Value::Unknown;
    if settled && same_or_both_zero(attribute, prior, &found)
        || attribute.kept && found.is_zero() && settled
    {
        prior.clone()
    } else {
        found
    }
}

fn at(attribute: &Attribute, answer: &Json, pointer: &str) -> Value {
    let json = answer.pointer(pointer).unwrap_or(&Json::Null);
    match (attribute.spelling, json) {
        (Spelling::Prefixed(prefix), Json::String(text)) => {
            Value::from(text.strip_prefix(prefix).unwrap_or(text))
        }
        (Spelling::Ports, Json::String(ports)) if ports == "0" => match &answer["protocol"] {
            Json::String(protocol) if protocol == "icmp" => Value::Null,
            _ => Value::from("all"),
        },
        _ => typed(attribute.kind, json),
    }
}

/// The value as this kind, so that a field is of the type that the schema promises.
fn typed(kind: Kind, json: &Json) -> Value {
    let list = |kind, items: &[Json]| Value::List(items.iter().map(|i| typed(kind, i)).collect());
    match (kind, json) {
        (Kind::Text, Json::Number(number)) => Value::Text(number.to_string()),
        (Kind::Text, Json::String(_))
        | (Kind::Number, Json::Number(_))
        | (Kind::Flag, Json::Bool(_)) => json.clone().into(),
        (Kind::Texts | Kind::TextList, Json::Array(items)) => list(Kind::Text, items),
        (Kind::Numbers, Json::Array(items)) => list(Kind::Number, items),
        (Kind::Objects(fields), Json::Array(items)) => {
            let objects = items.iter().map(|item| {
                let fields = fields
                    .iter()
                    .map(|(name, kind)| ((*name).to_owned(), typed(*kind, &item[*name])));
                Value::Object(fields.collect())
            });
            Value::List(objects.collect())
        }
        // A set that the API leaves out is empty; a text, number or flag is not known.
        (Kind::Texts | Kind::Numbers | Kind::TextList | Kind::Objects(_), _) => {
            Value::List(Vec::new())
        }
        _ => Value::Null,
    }
}

fn read_blocks(block: &Block, prior: &Value, answer: &Json) -> Value {
    let items = match &answer[block.field] {
        Json::Array(items) => items.as_slice(),
        object @ Json::Object(_) if block.shape == Shape::One => std::slice::from_ref(object),
        _ => return Value::List(Vec::new()),
    };
    let blocks = items.iter().map(|item| {
        let mut read: Object = block
            .attributes
            .iter()
            .map(|attribute| {
                let value = read_attribute(attribute, &Value::Null, item, "");
                (attribute.name.to_owned(), value)
            })
            .collect();
        for inner in block.blocks {
            let blocks = read_blocks(inner, &Value::Null, item);
            read.insert(inner.name.to_owned(), blocks);
        }
        prior
            .items()
            .iter()
            .find(|own| match own {
                Value::Object(own) => {
                    !Value::Object(own.clone()).has_unknown() && same_block(block, own, &read)
                }
                _ => false,
            })
            .cloned()
            .unwrap_or(Value::Object(read))
    });
    let found = Value::List(blocks.collect());
    if same_blocks(block, prior, &found) {
        // In another order it is the same set.
        prior.clone()
    } else {
        found
    }
}

/// The first address of this type. A reserved IP is listed as a further public address.
fn address_v4<'a>(answer: &'a Json, kind: &str) -> &'a str {
    let addresses = answer["networks"]["v4"].as_array();
    addresses
        .into_iter()
        .flatten()
        .find(|address| address["type"] == kind)
        .and_then(|address| address["ip_address"].as_str())
        .unwrap_or_default()
}

/// `template` with each `{key}` replaced; a key that `value` does not know is left out.
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
