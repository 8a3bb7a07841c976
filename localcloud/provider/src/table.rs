//! Attributes and blocks of a resource type, as `resource_types/` describes them.

/// The type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// A set of texts.
    Texts,
    /// A set of numbers.
    Numbers,
    /// A list of texts.
    TextList,
    /// A list of objects with these fields.
    Objects(&'static [(&'static str, Kind)]),
}

impl Kind {
    /// `true` if the order is ignored.
    #[must_use]
    pub fn is_set(self) -> bool {
        matches!(self, Self::Texts | Self::Numbers)
    }
}

/// Who determines the value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Given {
    /// The configuration must.
    Required,
    /// The configuration may.
    Optional,
    /// The configuration may, else the API does.
    OptionalOrApi,
    /// The configuration may, else it is this flag.
    FlagOr(bool),
    /// The configuration may, else it is this text.
    TextOr(&'static str),
    /// The API does.
    Api,
}

/// The place of an attribute's value in the API's response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// At this JSON pointer.
    At(&'static str),
    /// At this JSON pointer, and only where the state has a value already.
    AtIfSet(&'static str),
    /// The first address of this type in `networks.v4`.
    AddressV4(&'static str),
    /// Whether `features` contains this.
    Feature(&'static str),
    /// Text with `{…}` replaced by the answer's fields, and `{id}` by the resource's id.
    Format(&'static str),
    /// At this JSON pointer is a list. The state keeps the items that are in it.
    Among(&'static str),
    /// Nowhere: the state keeps its value.
    Nowhere,
    /// The answer's `name` below the domain of this attribute; `@` is the domain itself.
    NameIn(&'static str),
}

/// How a value is written differently in Terraform and in the API.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spelling {
    /// It is not.
    Same,
    /// A text of digits is sent to the API as a number.
    Digits,
    /// Upper and lower case are the same.
    AnyCase,
    /// White space around it is ignored.
    Trimmed,
    /// The API puts this in front of some values.
    Prefixed(&'static str),
    /// A final dot is ignored.
    Dotted,
    /// A firewall's ports: the API has `0` for `all`, and for ICMP, which has no ports.
    Ports,
}

/// An attribute of a resource type.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property that the table states by name"
)]
pub struct Attribute {
    /// Its name in Terraform.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Who determines its value.
    pub given: Given,
    /// Its place in a request, as a path; `None`: it is not sent.
    pub sent: Option<&'static str>,
    /// Its place in a response; `None`: the same as in a request, or else its name.
    pub source: Option<Source>,
    /// How the API writes it.
    pub spelling: Spelling,
    /// A change means a new object.
    pub replaces: bool,
    /// The API may change it when another attribute changes.
    pub may_change: bool,
    /// A response without it leaves the state's value.
    pub keep_if_absent: bool,
    /// Terraform never prints it.
    pub sensitive: bool,
}

const fn attribute(name: &'static str, kind: Kind, given: Given) -> Attribute {
    Attribute {
        name,
        kind,
        given,
        sent: None,
        source: None,
        spelling: Spelling::Same,
        replaces: false,
        may_change: false,
        keep_if_absent: false,
        sensitive: false,
    }
}

/// An attribute that the configuration must give.
#[must_use]
pub const fn required(name: &'static str, kind: Kind) -> Attribute {
    attribute(name, kind, Given::Required)
}

/// An attribute that the configuration may give.
#[must_use]
pub const fn optional(name: &'static str, kind: Kind) -> Attribute {
    attribute(name, kind, Given::Optional)
}

/// An attribute that the configuration may give, and otherwise the API does.
#[must_use]
pub const fn either(name: &'static str, kind: Kind) -> Attribute {
    attribute(name, kind, Given::OptionalOrApi)
}

/// A flag with a default.
#[must_use]
pub const fn flag_or(name: &'static str, default: bool) -> Attribute {
    attribute(name, Kind::Flag, Given::FlagOr(default))
}

/// A text with a default.
#[must_use]
pub const fn text_or(name: &'static str, default: &'static str) -> Attribute {
    attribute(name, Kind::Text, Given::TextOr(default))
}

/// An attribute that the API gives.
#[must_use]
pub const fn computed(name: &'static str, kind: Kind) -> Attribute {
    attribute(name, kind, Given::Api)
}

impl Attribute {
    /// Is sent under its own name.
    #[must_use]
    pub const fn sent(self) -> Self {
        let name = self.name;
        self.sent_at(name)
    }

    /// Is sent in this field; a path of several fields is separated by `/`.
    #[must_use]
    pub const fn sent_at(mut self, field: &'static str) -> Self {
        self.sent = Some(field);
        self
    }

    /// Is read from this source.
    #[must_use]
    pub const fn from(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    /// Is spelled differently by the API.
    #[must_use]
    pub const fn spelled(mut self, spelling: Spelling) -> Self {
        self.spelling = spelling;
        self
    }

    /// A change means a new object.
    #[must_use]
    pub const fn replaces(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// The API may change it when another attribute changes.
    #[must_use]
    pub const fn may_change(mut self) -> Self {
        self.may_change = true;
        self
    }

    /// An answer without it leaves the state's value.
    #[must_use]
    pub const fn keep_if_absent(mut self) -> Self {
        self.keep_if_absent = true;
        self
    }

    /// Terraform never prints it.
    #[must_use]
    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }
}

/// Nested blocks, such as a firewall's rules.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Their name in Terraform.
    pub name: &'static str,
    /// The field that carries them, in requests and answers.
    pub field: &'static str,
    /// How many there are, and in which order.
    pub shape: Shape,
    /// What each block contains.
    pub attributes: &'static [Attribute],
    /// Blocks in each block.
    pub blocks: &'static [Block],
}

impl Block {
    /// What most blocks have in common.
    pub const BASE: Self = Self {
        name: "",
        field: "",
        shape: Shape::Set,
        attributes: &[],
        blocks: &[],
    };
}

/// How many blocks are allowed, and whether their order matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// Any number, in no order.
    Set,
    /// Any number, in the order of the configuration.
    List,
    /// One at most: a list for Terraform, an object for the API.
    One,
}
