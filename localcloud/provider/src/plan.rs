//! The planned state of a resource, as far as it is known before apply.
//!
//! Terraform requires that a plan has each configured value as configured, or the prior value if it has the same
//! meaning, and that apply yields every known value of the plan.

use crate::compare::{field, same, same_blocks};
use crate::resource_type::ResourceType;
use crate::table::{Attribute, Block, Given};
use crate::value::{Object, Value};

/// A planned state and the attributes whose change needs a new object.
#[derive(Debug, PartialEq)]
pub struct Plan {
    /// The state after apply.
    pub state: Object,
    /// Names of attributes that can't be changed in place.
    pub replaces: Vec<&'static str>,
}

/// Plans a resource that does not exist.
#[must_use]
pub fn create(resource_type: &ResourceType, config: &Object) -> Object {
    let mut state = Object::new();
    state.insert("id".to_owned(), Value::Unknown);
    for attribute in resource_type.attributes {
        let value = given(attribute, field(config, attribute.name)).unwrap_or(Value::Unknown);
        state.insert(attribute.name.to_owned(), value);
    }
    for block in resource_type.blocks {
        let planned = plan_blocks(block, field(config, block.name), &Value::Null);
        state.insert(block.name.to_owned(), planned);
    }
    state
}

/// Plans a resource that exists as `prior`.
#[must_use]
pub fn update(resource_type: &ResourceType, prior: &Object, config: &Object) -> Plan {
    let mut state = prior.clone();
    let mut replaces = Vec::new();
    let mut changed = false;
    for attribute in resource_type.attributes {
        let before = field(prior, attribute.name);
        let Some(after) = given(attribute, field(config, attribute.name)) else {
            continue;
        };
        if same(attribute, before, &after) {
            continue;
        }
        changed = true;
        if attribute.replaces {
            replaces.push(attribute.name);
        }
        state.insert(attribute.name.to_owned(), after);
    }
    for block in resource_type.blocks {
        let before = field(prior, block.name);
        let after = plan_blocks(block, field(config, block.name), before);
        if !same_blocks(block, before, &after) {
            changed = true;
            state.insert(block.name.to_owned(), after);
        }
    }
    if changed {
        let unsettled = resource_type.attributes.iter().filter(|attribute| {
            attribute.may_change && given(attribute, field(config, attribute.name)).is_none()
        });
        for attribute in unsettled {
            state.insert(attribute.name.to_owned(), Value::Unknown);
        }
    }
    Plan { state, replaces }
}

/// The value in the configuration, or the attribute's default; `None` if the API determines the value.
fn given(attribute: &Attribute, configured: &Value) -> Option<Value> {
    if !configured.is_null() {
        return Some(configured.clone());
    }
    match attribute.given {
        Given::Required | Given::Optional => Some(Value::Null),
        Given::FlagOr(default) => Some(Value::Bool(default)),
        Given::TextOr(default) => Some(default.into()),
        Given::OptionalOrApi | Given::Api => None,
    }
}

/// The configured blocks. Attributes that the API determines come from the equal prior block.
fn plan_blocks(block: &Block, config: &Value, prior: &Value) -> Value {
    let Value::List(configured) = config else {
        return config.clone();
    };
    let planned = configured.iter().map(|item| {
        let Value::Object(config) = item else {
            return item.clone();
        };
        let matching = prior.items().iter().find_map(|prior| match prior {
            Value::Object(prior) if agrees(block, config, prior) => Some(prior),
            _ => None,
        });
        let mut planned: Object = block
            .attributes
            .iter()
            .map(|attribute| {
                let value = given(attribute, field(config, attribute.name))
                    .or_else(|| matching.map(|matching| field(matching, attribute.name).clone()))
                    .unwrap_or(Value::Unknown);
                (attribute.name.to_owned(), value)
            })
            .collect();
        for inner in block.blocks {
            let before = matching.map_or(&Value::Null, |matching| field(matching, inner.name));
            let after = plan_blocks(inner, field(config, inner.name), before);
            planned.insert(inner.name.to_owned(), after);
        }
        Value::Object(planned)
    });
    Value::List(planned.collect())
}

fn agrees(block: &Block, config: &Object, prior: &Object) -> bool {
    block.attributes.iter().all(|attribute| {
        given(attribute, field(config, attribute.name))
            .is_none_or(|configured| same(attribute, &configured, field(prior, attribute.name)))
    }) && block.blocks.iter().all(|inner| {
        let (configured, before) = (field(config, inner.name), field(prior, inner.name));
        same_blocks(inner, &plan_blocks(inner, configured, before), before)
    })
}
