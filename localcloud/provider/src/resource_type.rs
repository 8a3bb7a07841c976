//! A resource type as `resource_types/` describes it: its attributes, its backend and its calls.

use crate::table::{Attribute, Block};

/// How an object is created.
#[derive(Clone, Copy, Debug)]
pub enum Create {
    /// POST to this path.
    Post(&'static str),
    /// PUT to this path.
    Put(&'static str),
    /// By the steps alone.
    Steps,
}

/// How an object is deleted.
#[derive(Clone, Copy, Debug)]
pub enum Delete {
    /// DELETE of the object's path.
    Call,
    /// DELETE of the object's path, then wait until it answers 404.
    CallAndWait,
    /// PUT of an empty list in this field to the object's path.
    Empty(&'static str),
    /// By the steps alone.
    Steps,
}

/// A call that a change of attributes needs. Steps that undo something run at destroy too.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// PUT of everything that may change to the object's path.
    Put,
    /// PUT of these attributes (name, field) to a path under the object's.
    PutPart(&'static str, &'static [(&'static str, &'static str)]),
    /// Adds and removes tags, for resources of this type.
    Tags(&'static str),
    /// A droplet's `rename` action.
    Rename,
    /// A droplet's `power_off`, `resize` and `power_on` actions.
    Resize,
    /// A reserved IP's `assign` or `unassign` action.
    Assign,
    /// Objects are moved into the project of this path, and out of it into the default project.
    Members(&'static str),
}

/// Fields of a response, as JSON pointers, with the values that they have when the object is ready.
pub type Ready = &'static [(&'static str, Expected)];

/// A value that an answer must have.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// This text.
    Text(&'static str),
    /// This flag.
    Flag(bool),
}

/// The service that has the objects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Backend {
    /// The API.
    Api,
    /// Spaces, by S3.
    Spaces,
}

/// A resource type.
#[derive(Clone, Copy, Debug)]
pub struct ResourceType {
    /// Its name without `digitalocean_`.
    pub name: &'static str,
    /// Its name in messages.
    pub label: &'static str,
    /// Version of its state in the real provider.
    pub version: i64,
    /// The service that has its objects.
    pub backend: Backend,
    /// Its attributes, without `id`.
    pub attributes: &'static [Attribute],
    /// Its nested blocks.
    pub blocks: &'static [Block],
    /// How it is created.
    pub create: Create,
    /// Its path; `{…}` are attributes.
    pub path: &'static str,
    /// The field of an answer that holds it, or "" when it is the answer.
    pub envelope: &'static str,
    /// Its id; `{…}` are fields of the first answer, then attributes; `{unique}` is unique.
    pub id: &'static str,
    /// When it is ready to be used.
    pub ready: Ready,
    /// The attribute, if any, that lists the URNs at `{path}/resources`.
    pub members: Option<&'static str>,
    /// The calls that changes need.
    pub steps: &'static [Step],
    /// How it is deleted.
    pub delete: Delete,
    /// Statuses of a refused deletion that mean "not yet".
    pub delete_again_on: &'static [u16],
}

impl ResourceType {
    /// What most resource types have in common.
    pub const BASE: Self = Self {
        name: "",
        label: "",
        version: 0,
        backend: Backend::Api,
        attributes: &[],
        blocks: &[],
        create: Create::Steps,
        path: "",
        envelope: "",
        id: "{id}",
        ready: &[],
        members: None,
        steps: &[],
        delete: Delete::Call,
        delete_again_on: &[],
    };
}
