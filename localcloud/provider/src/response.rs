//! Responses: the API's JSON as Terraform's values.

use serde_json::Value as Json;

use crate::compare::{field, same_block, same_blocks, same_or_both_zero};
use crate::resource_type::ResourceType;
use crate::table::{Attribute, Block, Kind, Shape, Source, Spelling};
use crate::template::fill;
use crate::value::{Object, Value};

/// The state that a response describes. Values that mean what `prior` has keep `prior`'s spelling.
#[must_use]
pub fn read(resource_type: &ResourceType, prior: &Object, response: &Json) -> Object {
    let mut state = prior.clone();
    let id = field(prior, "id").text().unwrap_or_default();
    for attribute in resource_type.attributes {
        let before = field(prior, attribute.name);
        let value = read_attribute(attribute, before, response, id);
        state.insert(attribute.name.to_owned(), value);
    }
    for block in resource_type.blocks {
        let blocks = read_blocks(block, field(prior, block.name), response);
        state.insert(block.name.to_owned(), blocks);
    }
    state
}

/// The state after apply: the planned values, and the response's where the plan has none.
#[must_use]
pub fn after_apply(resource_type: &ResourceType, planned: &Object, response: &Json) -> Object {
    let mut state = planned.clone();
    let read = read(resource_type, planned, response);
    for attribute in resource_type.attributes {
        if *field(planned, attribute.name) == Value::Unknown {
            let value = field(&read, attribute.name).clone();
            state.insert(attribute.name.to_owned(), value);
        }
    }
    for block in resource_type.blocks {
        let resolved = resolve_blocks(block, field(planned, block.name), field(&read, block.name));
        state.insert(block.name.to_owned(), resolved);
    }
    state
}

fn resolve_blocks(block: &Block, planned: &Value, found: &Value) -> Value {
    let planned = planned.items().iter();
    let resolved = planned.map(|item| resolve_block(block, item, found.items()));
    Value::List(resolved.collect())
}

fn resolve_block(block: &Block, planned: &Value, found: &[Value]) -> Value {
    let Value::Object(planned) = planned else {
        return planned.clone();
    };
    let matching = found.iter().find_map(|item| match item {
        Value::Object(item) if same_block(block, planned, item) => Some(item),
        _ => None,
    });
    let fields = planned.iter().map(|(name, value)| {
        let inner = block.blocks.iter().find(|inner| inner.name == *name);
        if let (Some(inner), Some(matching)) = (inner, matching) {
            let resolved = resolve_blocks(inner, value, field(matching, name));
            return (name.clone(), resolved);
        }
        let value = match (value, matching) {
            (Value::Unknown, Some(matching)) => field(matching, name).clone(),
            (value, _) => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(fields.collect())
}

fn read_attribute(attribute: &Attribute, prior: &Value, response: &Json, id: &str) -> Value {
    let found = match attribute.source {
        None => {
            let field = attribute.sent.unwrap_or(attribute.name);
            at(attribute, response, &format!("/{field}"))
        }
        Some(Source::Nowhere) => return prior.clone(),
        Some(Source::AtIfSet(_)) if prior.is_null() => return Value::Null,
        Some(Source::AtIfSet(pointer)) => match at(attribute, response, pointer) {
            Value::Null => return prior.clone(),
            value => value,
        },
        Some(Source::At(pointer)) => at(attribute, response, pointer),
        Some(Source::Among(pointer)) => {
            let listed = at(attribute, response, pointer);
            let own = prior.items().iter();
            Value::List(
                own.filter(|item| listed.items().contains(item))
                    .cloned()
                    .collect(),
            )
        }
        Some(Source::NameIn(domain)) => {
            match (response["name"].as_str(), response[domain].as_str()) {
                (Some("@"), Some(domain)) => Value::from(domain),
                (Some(name), Some(domain)) => Value::Text(format!("{name}.{domain}")),
                _ => Value::Null,
            }
        }
        Some(Source::AddressV4(kind)) => Value::from(address_v4(response, kind)),
        Some(Source::Feature(name)) => {
            let mut features = response["features"].as_array().into_iter().flatten();
            Value::Bool(features.any(|feature| feature == name))
        }
        Some(Source::Format(format)) => Value::Text(fill(format, |key| match &response[key] {
            Json::String(text) => Some(text.clone()),
            Json::Null if key == "id" => Some(id.to_owned()),
            other => Some(other.to_string()),
        })),
    };
    // Null and zero are the same only where the state has a value of the same meaning.
    let known = *prior != Value::Unknown;
    if known && same_or_both_zero(attribute, prior, &found)
        || attribute.keep_if_absent && found.is_zero() && known
    {
        prior.clone()
    } else {
        found
    }
}

fn at(attribute: &Attribute, response: &Json, pointer: &str) -> Value {
    let json = response.pointer(pointer).unwrap_or(&Json::Null);
    match (attribute.spelling, json) {
        (Spelling::Prefixed(prefix), Json::String(text)) => {
            Value::from(text.strip_prefix(prefix).unwrap_or(text))
        }
        (Spelling::Ports, Json::String(ports)) if ports == "0" => match &response["protocol"] {
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

fn read_blocks(block: &Block, prior: &Value, response: &Json) -> Value {
    let items = match &response[block.field] {
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
fn address_v4<'a>(response: &'a Json, kind: &str) -> &'a str {
    let addresses = response["networks"]["v4"].as_array();
    addresses
        .into_iter()
        .flatten()
        .find(|address| address["type"] == kind)
        .and_then(|address| address["ip_address"].as_str())
        .unwrap_or_default()
}
