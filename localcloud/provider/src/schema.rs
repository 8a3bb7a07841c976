//! Turns the table into the schema that Terraform asks for.

use std::collections::HashMap;

use tf_provider::schema;
use tf_provider::schema::{AttributeConstraint, AttributeType, Description};

use crate::resource_type::ResourceType;
use crate::table::{Attribute, Block, Given, Kind, Shape};

/// The schema of a resource type.
pub fn of(resource_type: &ResourceType) -> schema::Schema {
    let mut attributes = attributes_of(resource_type.attributes);
    attributes.insert(
        "id".to_owned(),
        attribute(Kind::Text, AttributeConstraint::Computed),
    );
    schema::Schema {
        version: resource_type.version,
        block: schema::Block {
            version: resource_type.version,
            attributes,
            blocks: resource_type
                .blocks
                .iter()
                .map(|block| (block.name.to_owned(), nested(block)))
                .collect(),
            description: Description::plain(format!("A {} at DigitalOcean.", resource_type.label)),
            deprecated: false,
        },
    }
}

/// An attribute without further properties.
pub fn attribute(kind: Kind, constraint: AttributeConstraint) -> schema::Attribute {
    schema::Attribute {
        attr_type: type_of(kind),
        description: Description::plain(""),
        constraint,
        sensitive: false,
        deprecated: false,
    }
}

fn attributes_of(attributes: &[Attribute]) -> HashMap<String, schema::Attribute> {
    attributes
        .iter()
        .map(|each| {
            let mut attribute = attribute(each.kind, constraint_of(each.given));
            attribute.sensitive = each.sensitive;
            (each.name.to_owned(), attribute)
        })
        .collect()
}

fn nested(block: &Block) -> schema::NestedBlock {
    let blocks = block.blocks.iter();
    let content = schema::Block {
        version: 0,
        attributes: attributes_of(block.attributes),
        blocks: blocks
            .map(|inner| (inner.name.to_owned(), nested(inner)))
            .collect(),
        description: Description::plain(""),
        ..schema::Block::default()
    };
    match block.shape {
        Shape::Set => schema::NestedBlock::Set(content),
        Shape::List | Shape::One => schema::NestedBlock::List(content),
    }
}

fn constraint_of(given: Given) -> AttributeConstraint {
    match given {
        Given::Required => AttributeConstraint::Required,
        Given::Optional => AttributeConstraint::Optional,
        Given::OptionalOrApi | Given::FlagOr(_) | Given::TextOr(_) => {
            AttributeConstraint::OptionalComputed
        }
        Given::Api => AttributeConstraint::Computed,
    }
}

fn type_of(kind: Kind) -> AttributeType {
    match kind {
        Kind::Text => AttributeType::String,
        Kind::Flag => AttributeType::Bool,
        Kind::Number => AttributeType::Number,
        Kind::Texts => AttributeType::Set(Box::new(AttributeType::String)),
        Kind::Numbers => AttributeType::Set(Box::new(AttributeType::Number)),
        Kind::TextList => AttributeType::List(Box::new(AttributeType::String)),
        Kind::Objects(fields) => AttributeType::List(Box::new(AttributeType::Object(
            fields
                .iter()
                .map(|(name, kind)| ((*name).to_owned(), type_of(*kind)))
                .collect(),
        ))),
    }
}
