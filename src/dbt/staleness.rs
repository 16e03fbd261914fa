//! Whether a manifest still tells the project's files: by the checksums that dbt wrote into it.

use super::manifest::{Field, Manifest, Node, ResourceType};
use crate::domain::quantity::{agree, count, some_of};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// How a file of the project is not what the manifest says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileChange {
    Changed,
    /// The manifest has it, the project does not.
    Gone,
    /// The project has it, the manifest does not.
    Added,
}

/// The files that the manifest no longer tells, by path below the project, sorted.
///
/// Models, singular tests, analyses, snapshots and seeds bear a checksum of their file (seeds above 1 MiB bear its path, which
/// says nothing); macros and properties files bear none, so a change of theirs goes unseen.
#[must_use]
pub fn departures(
    manifest: &Manifest,
    project_dir: &Path,
    model_paths: &[PathBuf],
) -> Vec<(String, FileChange)> {
    let mut found = BTreeSet::new();
    let mut known = HashSet::new();
    for node in manifest
        .nodes()
        .iter()
        .filter(|node| is_own(node, manifest))
    {
        let name = node.original_file_path();
        let file = project_dir.join(&*name);
        if let Some(departure) = departure(node, &file) {
            found.insert((name.into_owned(), departure));
        }
        known.insert(file);
    }
    // What .dbtignore hides is dbt's to say.
    let folders = model_paths
        .iter()
        .filter(|_| !project_dir.join(".dbtignore").exists());
    for file in folders.flat_map(|folder| sql_files(folder)) {
        if !known.contains(&file) && !is_disabled(manifest, &file) {
            let name = file.strip_prefix(project_dir).unwrap_or(&file);
            found.insert((name.display().to_string(), FileChange::Added));
        }
    }
    found.into_iter().collect()
}

/// The clause for these departures; `None` without any.
#[must_use]
pub fn clause(departures: &[(String, FileChange)]) -> Option<String> {
    if departures.is_empty() {
        return None;
    }
    Some(format!(
        "{} {} no longer what the manifest says ({})",
        count(departures.len(), "file"),
        agree(departures.len(), "is", "are"),
        some_of(departures.iter().map(|(file, _)| file))
    ))
}

/// A node of the project itself whose file bears a checksum.
fn is_own(node: &Node, manifest: &Manifest) -> bool {
    let kinds = [
        ResourceType::Model,
        ResourceType::Seed,
        ResourceType::Snapshot,
        ResourceType::Analysis,
        ResourceType::Test,
    ];
    kinds.contains(&node.resource_type)
        && !node.is_generic_test()
        && manifest.metadata().project_name.as_deref() == Some(&*node.package())
}

fn departure(node: &Node, file: &Path) -> Option<FileChange> {
    if node.text(Field::ChecksumName).as_deref() != Some("sha256") {
        return None;
    }
    let Ok(text) = fs::read_to_string(file) else {
        return (!file.exists()).then_some(FileChange::Gone);
    };
    let expected = node.checksum()?;
    (checksum(&text) != *expected).then_some(FileChange::Changed)
}

/// dbt's checksum of a file: SHA-256 of the text without the white space around it, as Python strips it.
fn checksum(text: &str) -> String {
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    Sha256::digest(text.trim_matches(is_space).as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A disabled model has a file and no place among the nodes.
fn is_disabled(manifest: &Manifest, file: &Path) -> bool {
    manifest
        .disabled()
        .any(|node| file.ends_with(&*node.original_file_path()))
}

fn sql_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            // Not followed: a link that leads back up would have no end.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(_) if is_model(&path) => found.push(path),
                _ => {}
            }
        }
    }
    found
}

/// As dbt looks for models: `[!.#~]*.sql`.
fn is_model(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".sql") && !name.starts_with(['.', '#', '~'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A project of one model, `a`, and its manifest.
    fn project(text: &str) -> (tempfile::TempDir, Manifest) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("models")).unwrap();
        fs::write(dir.path().join("models/a.sql"), text).unwrap();
        let node = json!({
            "unique_id": "model.shop.a", "resource_type": "model", "package_name": "shop", "name": "a",
            "path": "a.sql", "original_file_path": "models/a.sql", "fqn": ["shop", "a"], "raw_code": "select 1",
            // sha256 of "select 1"
            "checksum": {"name": "sha256", "checksum": "822ae07d4783158bc1912bb623e5107cc9002d519e1143a9c200ed6ee18b6d0f"},
        });
        let manifest = json!({
            "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "project_name": "shop"},
            "nodes": {"model.shop.a": node}, "sources": {}, "macros": {}, "exposures": {}, "metrics": {}, "disabled": {},
            "semantic_models": {}, "saved_queries": {}, "unit_tests": {}, "groups": {}, "docs": {}, "selectors": {},
        });
        let manifest = Manifest::parse(manifest.to_string().as_bytes(), Path::new("m.json"));
        (dir, manifest.unwrap())
    }

    fn departures_of(dir: &tempfile::TempDir, manifest: &Manifest) -> Vec<(String, FileChange)> {
        departures(manifest, dir.path(), &[dir.path().join("models")])
    }

    #[test]
    fn white_space_around_a_file_changes_nothing() {
        let (dir, manifest) = project("\n\t select 1\u{1f}\u{a0}\r\n");
        assert_eq!(departures_of(&dir, &manifest), []);
        assert_eq!(clause(&[]), None);
    }

    #[test]
    fn changed_gone_and_added_files_are_told() {
        let (dir, manifest) = project("select 2");
        let file = |name: &str| dir.path().join("models").join(name);
        let changed = departures_of(&dir, &manifest);
        assert_eq!(changed, [("models/a.sql".to_owned(), FileChange::Changed)]);
        assert_eq!(
            clause(&changed).unwrap(),
            "1 file is no longer what the manifest says (models/a.sql)"
        );
        fs::rename(file("a.sql"), file("b.sql")).unwrap();
        let moved = departures_of(&dir, &manifest);
        assert_eq!(
            moved,
            [
                ("models/a.sql".to_owned(), FileChange::Gone),
                ("models/b.sql".to_owned(), FileChange::Added)
            ]
        );
    }

    #[test]
    fn the_sample_projects_manifest_tells_its_files() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
        let manifest = Manifest::read(&dir.join("target/manifest.json")).unwrap();
        assert_eq!(departures(&manifest, &dir, &[dir.join("models")]), []);
        let before = Manifest::read(&dir.join("state/manifest.json")).unwrap();
        assert!(departures(&before, &dir, &[dir.join("models")]).len() >= 3);
    }
}
