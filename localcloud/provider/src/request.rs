//! Request bodies: Terraform's values as the API's JSON.

use serde_json::{Map, Value as Json};

use crate::compare::field;
use crate::resource_type::ResourceType;
use crate::table::{Attribute, Block, Kind, Shape, Spelling};
use crate::value::{Object, Value};

/// The body that creates an object with this state.
#[must_use]
pub fn create_body(resource_type: &ResourceType, state: &Object) -> Json {
    body(resource_type, state, |attribute, value| {
        attribute.sent.is_some() && !value.is_null() && *value != Value::Unknown
    })
}

/// The body that changes an object to this state.
#[must_use]
pub fn change_body(resource_type: &ResourceType, state: &Object) -> Json {
    body(resource_type, state, |attribute, value| {
        attribute.sent.is_some() && !attribute.replaces && *value != Value::Unknown
    })
}

fn body(
    resource_type: &ResourceType,
    state: &Object,
    sends: impl Fn(&Attribute, &Value) -> bool,
) -> Json {
    let mut body = Map::new();
    for attribute in resource_type.attributes {
        let value = field(state, attribute.name);
        if sends(attribute, value) {
            put(&mut body, attribute, value);
        }
    }
    for block in resource_type.blocks {
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
        // An emptied field is sent as its type's zero: to the API null means "no change".
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
