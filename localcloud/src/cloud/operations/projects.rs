//! Operations on projects.

use crate::cloud::record::Record;
use crate::cloud::refusal::Refusal;
use crate::cloud::resources::projects::{Assignment, Project, ProjectResource};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

/// Purposes that are taken as they are; others are marked as such.
const PURPOSES: &[&str] = &[
    "Just trying out DigitalOcean",
    "Class project / Educational purposes",
    "Website or blog",
    "Web Application",
    "Service or API",
    "Mobile Application",
    "Machine learning / AI / Data processing",
    "IoT",
    "Operational / Developer tooling",
];

/// A project as a client describes it; what is absent stays or is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProjectChange {
    /// Name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// `Development`, `Staging` or `Production`.
    pub environment: Option<String>,
    /// Whether new resources land here.
    pub is_default: Option<bool>,
}

impl Record {
    /// Makes a project.
    ///
    /// # Errors
    /// When its name is empty or taken, or its purpose or environment missing or invalid.
    pub fn create_project(&mut self, change: ProjectChange) -> Result<Uuid, Refusal> {
        if change.name.is_none() || change.purpose.as_deref().is_none_or(str::is_empty) {
            return Err(Refusal::unprocessable("name and purpose must be given"));
        }
        let project = Project {
            is_default: false,
            ..Project::first("")
        };
        let id = project.id;
        self.projects.insert(id, project);
        self.update_project(
            id,
            ProjectChange {
                is_default: None,
                ..change
            },
        )?;
        Ok(id)
    }

    /// Changes a project.
    ///
    /// # Errors
    /// When it does not exist, its new name is empty or taken, or its environment is invalid.
    pub fn update_project(&mut self, id: Uuid, change: ProjectChange) -> Result<(), Refusal> {
        self.project(id)?;
        if let Some(name) = &change.name {
            if name.trim().is_empty() || name.len() > 175 {
                return Err(Refusal::unprocessable("name must have 1 to 175 characters"));
            }
            if self
                .projects
                .values()
                .any(|other| other.name == *name && other.id != id)
            {
                return Err(Refusal::Conflict(format!(
                    "a project named {name:?} exists already"
                )));
            }
        }
        let environment = change.environment.as_deref().map(environment).transpose()?;
        if change.is_default == Some(true) {
            self.pin_resources();
            for project in self.projects.values_mut() {
                project.is_default = project.id == id;
            }
        }
        let project = self.projects.get_mut(&id).ok_or(Refusal::NotFound)?;
        project.name = change.name.unwrap_or_else(|| project.name.clone());
        project.description = change
            .description
            .unwrap_or_else(|| project.description.clone());
        project.purpose = change
            .purpose
            .map_or_else(|| project.purpose.clone(), purpose);
        project.environment = environment.unwrap_or_else(|| project.environment.clone());
        project.updated_at = Timestamp::now();
        Ok(())
    }

    /// Stores the project of each resource, so that a new default project gets new resources only.
    fn pin_resources(&mut self) {
        for resource in self.resources() {
            let (project, assigned_at) = (resource.project, resource.assigned_at);
            let assignment = Assignment {
                project,
                assigned_at,
            };
            self.assignments.entry(resource.urn).or_insert(assignment);
        }
    }

    /// A project by id.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn project(&self, id: Uuid) -> Result<&Project, Refusal> {
        self.projects.get(&id).ok_or(Refusal::NotFound)
    }

    /// The default project.
    #[must_use]
    pub fn default_project(&self) -> Uuid {
        let default = self.projects.values().find(|project| project.is_default);
        default.map_or(Uuid::nil(), |project| project.id)
    }

    /// Removes a project.
    ///
    /// # Errors
    /// When it does not exist, it is the default one, or it has resources.
    pub fn delete_project(&mut self, id: Uuid) -> Result<(), Refusal> {
        if self.project(id)?.is_default {
            return Err(Refusal::Precondition(
                "cannot delete the default project".to_owned(),
            ));
        }
        if self
            .resources()
            .iter()
            .any(|resource| resource.project == id)
        {
            return Err(Refusal::Precondition(
                "cannot delete a project with resources".to_owned(),
            ));
        }
        self.projects.remove(&id);
        Ok(())
    }

    /// All resources that belong to projects.
    #[must_use]
    pub fn resources(&self) -> Vec<ProjectResource> {
        let droplets = self.droplets.values().filter(|droplet| !droplet.destroying);
        let droplets = droplets.map(|droplet| {
            (
                "droplet",
                "droplets",
                droplet.id.to_string(),
                droplet.created_at,
            )
        });
        let reserved = self.reserved_ips.values();
        let reserved = reserved.map(|ip| {
            (
                "reservedip",
                "reserved_ips",
                ip.ip.to_string(),
                ip.created_at,
            )
        });
        let databases = self
            .databases
            .values()
            .filter(|database| !database.destroying);
        let databases = databases.map(|database| {
            (
                "dbaas",
                "databases",
                database.id.to_string(),
                database.created_at,
            )
        });
        let domains = self.domains.values();
        let domains = domains.map(|domain| {
            let name = domain.name.clone();
            ("domain", "domains", name, domain.created_at)
        });
        let buckets = self.spaces_buckets.iter();
        let buckets = buckets.map(|(name, made)| ("space", "spaces", name.clone(), *made));
        let all = droplets.chain(reserved).chain(databases).chain(domains);
        let all = all.chain(buckets);
        all.map(|(kind, path, id, created_at)| {
            let urn = format!("do:{kind}:{id}");
            let assignment = self.assignments.get(&urn);
            ProjectResource {
                path: format!("{path}/{id}"),
                assigned_at: assignment.map_or(created_at, |assignment| assignment.assigned_at),
                project: self.project_of(&urn),
                urn,
            }
        })
        .collect()
    }

    /// The project that a resource belongs to.
    #[must_use]
    pub fn project_of(&self, urn: &str) -> Uuid {
        let assigned = self
            .assignments
            .get(urn)
            .map(|assignment| assignment.project);
        assigned
            .filter(|id| self.projects.contains_key(id))
            .unwrap_or_else(|| self.default_project())
    }

    /// Moves a resource to a project; returns the resource, and whether it was there already.
    /// `None` if there is no such resource.
    ///
    /// # Errors
    /// When there is no such project.
    pub fn assign_resource(
        &mut self,
        project: Uuid,
        urn: &str,
    ) -> Result<Option<(ProjectResource, bool)>, Refusal> {
        self.project(project)?;
        let urn = urn.replace("do:floatingip:", "do:reservedip:");
        let found = self.resources().into_iter().find(|own| own.urn == urn);
        let Some(mut resource) = found else {
            return Ok(None);
        };
        if resource.project == project {
            return Ok(Some((resource, true)));
        }
        resource.project = project;
        resource.assigned_at = Timestamp::now();
        let assigned_at = resource.assigned_at;
        let assignment = Assignment {
            project,
            assigned_at,
        };
        self.assignments.insert(urn, assignment);
        Ok(Some((resource, false)))
    }

    /// Puts a new resource into the project that its creator named, if any.
    pub(super) fn place(&mut self, urn: &str, project: Option<&str>) -> Result<(), Refusal> {
        let Some(project) = project.filter(|project| !project.is_empty()) else {
            return Ok(());
        };
        let unknown = || Refusal::unprocessable(format!("project {project} does not exist"));
        let id = project.parse().map_err(|_| unknown())?;
        self.assign_resource(id, urn)
            .map(|_| ())
            .map_err(|_| unknown())
    }
}

fn environment(text: &str) -> Result<String, Refusal> {
    let known = ["", "Development", "Staging", "Production"];
    let known = known.iter().find(|known| known.eq_ignore_ascii_case(text));
    known.map(|known| (*known).to_owned()).ok_or_else(|| {
        Refusal::unprocessable(format!(
            "environment {text:?} is not Development, Staging or Production"
        ))
    })
}

fn purpose(text: String) -> String {
    if text.is_empty() || text.starts_with("Other: ") || PURPOSES.contains(&text.as_str()) {
        text
    } else {
        format!("Other: {text}")
    }
}
