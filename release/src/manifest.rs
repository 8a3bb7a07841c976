//! `release manifest`: the files beside an artifact's binary. They are a bill of materials (`CycloneDX`), the provenance (in-toto,
//! SLSA), and checksums of all files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::artifact::{self, BINARY, checksum};
use crate::cli::Manifest;
use crate::error::{Error, Result};

const SBOM: &str = "sbom.cdx.json";
const PROVENANCE: &str = "provenance.json";
/// The package that the binary is built from.
const ROOT: &str = "minitwit";

/// The parts of `cargo metadata`'s output that are used.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
    repository: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

/// `release manifest`. The same input results in the same files, byte for byte.
///
/// # Errors
/// If a file can't be read or written.
pub fn write(command: &Manifest) -> Result<()> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Error::Failed(format!("{}: {error}", path.display()))
    };
    let text =
        std::fs::read(&command.metadata).map_err(|error| failed(&command.metadata, &error))?;
    let metadata: Metadata =
        serde_json::from_slice(&text).map_err(|error| failed(&command.metadata, &error))?;
    let binary = command.directory.join(BINARY);
    let sum = checksum(&std::fs::read(&binary).map_err(|error| failed(&binary, &error))?);
    let time = jiff::Timestamp::from_second(command.epoch)
        .map_err(|error| Error::Usage(error.to_string()))?;
    let write = |name: &str, value: &Value| {
        let path = command.directory.join(name);
        let text = serde_json::to_string_pretty(value).map_err(|error| failed(&path, &error))?;
        std::fs::write(&path, text + "\n").map_err(|error| failed(&path, &error))
    };
    write(
        SBOM,
        &bill(&metadata, &command.version, &sum, &time.to_string()),
    )?;
    write(PROVENANCE, &provenance(command, &sum))?;
    artifact::write_checksums(&command.directory, &[BINARY, SBOM, PROVENANCE])
}

/// All packages that are linked into the binary, and their dependencies.
fn bill(metadata: &Metadata, version: &str, sum: &str, time: &str) -> Value {
    let edges = edges(metadata);
    let root = metadata
        .packages
        .iter()
        .find(|package| package.name == ROOT && package.source.is_none());
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = root.iter().map(|package| package.id.as_str()).collect();
    while let Some(id) = next.pop() {
        if reached.insert(id) {
            next.extend(edges.get(id).into_iter().flatten());
        }
    }
    let by_id: BTreeMap<&str, &Package> = metadata
        .packages
        .iter()
        .map(|it| (it.id.as_str(), it))
        .collect();
    let is_root = |id: &str| root.is_some_and(|root| root.id == id);
    let packages = || reached.iter().filter_map(|id| by_id.get(id).copied());
    let components: Vec<Value> = packages()
        .filter(|it| !is_root(&it.id))
        .map(component)
        .collect();
    let dependencies: Vec<Value> = packages()
        .map(|package| {
            let on = edges.get(package.id.as_str()).into_iter().flatten();
            let on: Vec<String> = on
                .filter_map(|id| by_id.get(id).map(|it| purl(it)))
                .collect();
            json!({"ref": purl(package), "dependsOn": on})
        })
        .collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": time,
            "component": {
                "type": "application", "bom-ref": root.map(purl), "name": ROOT, "version": version,
                "hashes": [{"alg": "SHA-256", "content": sum}],
            },
        },
        "components": components,
        "dependencies": dependencies,
    })
}

/// The packages that each package links. Dependencies of tests and of build scripts are left out.
fn edges(metadata: &Metadata) -> BTreeMap<&str, BTreeSet<&str>> {
    let nodes = metadata.resolve.nodes.iter();
    let edges = nodes.map(|node| {
        let linked = node
            .deps
            .iter()
            .filter(|it| it.dep_kinds.iter().any(|kind| kind.kind.is_none()));
        (node.id.as_str(), linked.map(|it| it.pkg.as_str()).collect())
    });
    edges.collect()
}

fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

fn component(package: &Package) -> Value {
    let mut component = json!({
        "type": "library", "bom-ref": purl(package), "purl": purl(package), "name": package.name, "version": package.version,
    });
    if let Some(license) = &package.license {
        component["licenses"] = json!([{"expression": license.replace('/', " OR ")}]);
    }
    if let Some(repository) = &package.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
    }
    component
}

/// What was built, from which commit, by which compilers, and by which workflow if it was one.
fn provenance(command: &Manifest, sum: &str) -> Value {
    let workflow = &command.workflow;
    let builder = match (&workflow.server, &workflow.workflow) {
        (Some(server), Some(workflow)) => format!("{server}/{workflow}"),
        _ => "local".to_owned(),
    };
    let mut materials = vec![json!({"uri": "git", "digest": {"gitCommit": command.commit}})];
    materials.extend(command.compiler.iter().map(|name| json!({"name": name})));
    let run = workflow.run.as_ref().zip(workflow.attempt.as_ref());
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": BINARY, "digest": {"sha256": sum}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "make artifact",
                "externalParameters": {"version": command.version},
                "resolvedDependencies": materials,
            },
            "runDetails": {
                "builder": {"id": builder},
                "metadata": {"invocationId": run.map(|(run, attempt)| format!("{run}/{attempt}"))},
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bill_contains_exactly_the_linked_packages() {
        let metadata: Metadata = serde_json::from_value(json!({
            "packages": [
                {"id": "m", "name": "minitwit", "version": "0.1.0", "license": "MIT", "source": null, "repository": null},
                {"id": "a", "name": "a", "version": "1.0.0", "license": "MIT/Apache-2.0", "source": "r", "repository": null},
                {"id": "b", "name": "b", "version": "2.0.0", "license": null, "source": "r", "repository": null},
                {"id": "t", "name": "t", "version": "3.0.0", "license": null, "source": "r", "repository": null},
                {"id": "x", "name": "x", "version": "4.0.0", "license": null, "source": "r", "repository": null},
            ],
            "resolve": {"nodes": [
                {"id": "m", "deps": [
                    {"pkg": "a", "dep_kinds": [{"kind": null}]},
                    {"pkg": "t", "dep_kinds": [{"kind": "dev"}]},
                ]},
                {"id": "a", "deps": [{"pkg": "b", "dep_kinds": [{"kind": "build"}, {"kind": null}]}]},
                {"id": "b", "deps": []}, {"id": "t", "deps": []}, {"id": "x", "deps": []},
            ]},
        }))
        .unwrap();
        let bill = bill(&metadata, "v1.2.3", "00", "2026-01-01T00:00:00Z");
        let names: Vec<&str> = bill["components"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it["name"].as_str())
            .collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(
            bill["components"][0]["licenses"][0]["expression"],
            "MIT OR Apache-2.0"
        );
        assert_eq!(bill["metadata"]["component"]["version"], "v1.2.3");
    }
}
