//! Whether two values have the same meaning.

use crate::table::{Attribute, Block, Kind, Shape, Spelling};
use crate::value::{Object, Value};

/// `true` if `a` and `b` are the same value of this attribute. Nothing equals what is unknown.
pub fn same(attribute: &Attribute, a: &Value, b: &Value) -> bool {
    if a.has_unknown() || b.has_unknown() {
        return false;
    }
    match (attribute.kind, a, b) {
        (Kind::Number, _, _) => a.number() == b.number() && a.is_null() == b.is_null(),
        (kind, Value::List(a), Value::List(b)) if kind.is_set() => {
            a.len() == b.len() && a.iter().all(|item| b.contains(item))
        }
        (_, Value::Text(a), Value::Text(b)) => match attribute.spelling {
            Spelling::AnyCase => a.eq_ignore_ascii_case(b),
            Spelling::Trimmed => a.trim() == b.trim(),
            Spelling::Dotted => a.trim_end_matches('.') == b.trim_end_matches('.'),
            _ => a == b,
        },
        _ => a == b,
    }
}

/// [`same`], and for attributes that the configuration may leave out, null is the same as zero.
pub fn same_or_both_zero(attribute: &Attribute, a: &Value, b: &Value) -> bool {
    same(attribute, a, b)
        || ((a.is_null() || b.is_null())
            && a.is_zero()
            && b.is_zero()
            && !matches!(attribute.kind, Kind::Objects(_)))
}

/// `true` if two blocks are the same in every known field; null is the same as zero.
pub fn same_block(block: &Block, a: &Object, b: &Object) -> bool {
    block.attributes.iter().all(|attribute| {
        let (a, b) = (field(a, attribute.name), field(b, attribute.name));
        a.has_unknown() || b.has_unknown() || same_or_both_zero(attribute, a, b)
    }) && block.blocks.iter().all(|inner| {
        let (a, b) = (field(a, inner.name), field(b, inner.name));
        a.has_unknown() || b.has_unknown() || same_blocks(inner, a, b)
    })
}

/// `true` if two sets or lists of blocks are equal in all fields; nothing equals what is unknown.
pub fn same_blocks(block: &Block, a: &Value, b: &Value) -> bool {
    if a.has_unknown() || b.has_unknown() {
        return false;
    }
    let (a, b) = (a.items(), b.items());
    let equal = |item: &Value, other: &Value| match (item, other) {
        (Value::Object(item), Value::Object(other)) => same_block(block, item, other),
        _ => false,
    };
    let in_b = |item: &Value| b.iter().any(|other| equal(item, other));
    a.len() == b.len()
        && match block.shape {
            Shape::Set => a.iter().all(in_b),
            Shape::List | Shape::One => a.iter().zip(b).all(|(item, other)| equal(item, other)),
        }
}

/// The field's value; null when it is missing.
pub fn field<'a>(object: &'a Object, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}
