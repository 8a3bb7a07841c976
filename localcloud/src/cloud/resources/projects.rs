//! Projects: every resource belongs to one, the default project if no other.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One project.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Project {
    /// UUID.
    pub id: Uuid,
    /// Unique in the account.
    pub name: String,
    /// Free text.
    pub description: String,
    /// What it is for.
    pub purpose: String,
    /// `Development`, `Staging`, `Production` or nothing.
    pub environment: String,
    /// Whether new resources land here.
    pub is_default: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// Where a resource was put on request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Assignment {
    /// The project.
    pub project: Uuid,
    /// Since when.
    pub assigned_at: Timestamp,
}

/// A resource in a project.
#[derive(Debug, Clone)]
pub struct ProjectResource {
    /// Its name across the account.
    pub urn: String,
    /// Path below `/v2/` where it is found.
    pub path: String,
    /// Since when it is in its project.
    pub assigned_at: Timestamp,
    /// Its project.
    pub project: Uuid,
}

impl Project {
    /// The project that every account starts with.
    #[must_use]
    pub fn first(name: &str) -> Self {
        let now = Timestamp::now();
        Self {
            id: Uuid::new_v4(),
            name: name.to_owned(),
            description: String::new(),
            purpose: String::new(),
            environment: String::new(),
            is_default: true,
            created_at: now,
            updated_at: now,
        }
    }
}
