//! `path:`: which of the project's files and folders match.
//!
//! dbt globs the project's folder on disk and selects what lies in or below the hits. Here the files are those that the
//! manifest names, so that a comparison needs no project. As in dbt, paths of packages' nodes are relative to their
//! package but are looked up below the project: `path:models` selects them too.

use super::SelectionError;
use super::wildcard::Wildcard;
use crate::dbt::manifest::{Manifest, Node};
use std::borrow::Cow;
use std::collections::HashSet;

/// A pattern over paths; `**` stands for any number of folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Name(Wildcard),
    Folders,
}

impl PathPattern {
    /// # Errors
    /// When the pattern is empty or absolute.
    pub(super) fn new(pattern: &str) -> Result<Self, SelectionError> {
        let parts: Vec<Part> = components(pattern)
            .map(|part| match part {
                "**" => Part::Folders,
                name => Part::Name(Wildcard::new(name)),
            })
            .collect();
        if parts.is_empty() || pattern.starts_with('/') {
            return Err(SelectionError::Value {
                method: "path",
                value: pattern.to_owned(),
                expected: "a file or folder relative to the project, such as models/marts",
            });
        }
        Ok(Self(parts))
    }

    /// The files and folders of the project that match; the empty path is the project itself.
    pub(super) fn hits(&self, manifest: &Manifest) -> HashSet<String> {
        let files: HashSet<String> = project_files(manifest).collect();
        let folders: HashSet<String> = files.iter().flat_map(|file| folders_of(file)).collect();
        let is_hit = |path: &str, is_folder: bool| {
            let path: Vec<&str> = components(path).collect();
            matches(&self.0, &path, is_folder)
        };
        let files = files.into_iter().filter(|file| is_hit(file, false));
        let folders = folders.into_iter().filter(|folder| is_hit(folder, true));
        files.chain(folders).collect()
    }
}

/// Whether the node lies in one of the hits, or its properties file is one.
pub(super) fn lies_in(node: &Node, hits: &HashSet<String>) -> bool {
    let file = normal(&node.original_file_path());
    hits.contains(&file)
        || folders_of(&file).any(|folder| hits.contains(&folder))
        || properties_file(node).is_some_and(|file| hits.contains(&file))
}

fn project_files(manifest: &Manifest) -> impl Iterator<Item = String> {
    let project = manifest.metadata().project_name.as_deref();
    manifest
        .nodes()
        .iter()
        .filter(move |node| project.is_none_or(|project| node.package() == project))
        .flat_map(|node| {
            [
                Some(normal(&node.original_file_path())),
                properties_file(node),
            ]
        })
        .flatten()
}

fn properties_file(node: &Node) -> Option<String> {
    let path: Cow<'_, str> = node.patch_path()?;
    path.split_once("://").map(|(_, file)| normal(file))
}

fn matches(pattern: &[Part], path: &[&str], is_folder: bool) -> bool {
    match pattern {
        [] => path.is_empty(),
        // At the end of a pattern `**` matches folders only.
        [Part::Folders] => is_folder,
        [Part::Folders, rest @ ..] => {
            (0..=path.len()).any(|skipped| matches(rest, &path[skipped..], is_folder))
        }
        [Part::Name(name), rest @ ..] => match path {
            [first, below @ ..] => name.matches(first) && matches(rest, below, is_folder),
            [] => false,
        },
    }
}

fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter(|part| !part.is_empty() && *part != ".")
}

fn normal(path: &str) -> String {
    components(path).collect::<Vec<_>>().join("/")
}

/// All folders above a path, the project itself (the empty path) included.
fn folders_of(path: &str) -> impl Iterator<Item = String> {
    let parts: Vec<String> = components(path).map(str::to_owned).collect();
    (0..parts.len()).map(move |length| parts[..length].join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches_text(pattern: &str, path: &str, is_folder: bool) -> bool {
        let path: Vec<&str> = components(path).collect();
        matches(&PathPattern::new(pattern).unwrap().0, &path, is_folder)
    }

    #[test]
    fn globs_as_pathlib_does() {
        assert!(matches_text("models/marts", "models/marts", true));
        assert!(matches_text("./models/", "models", true));
        assert!(matches_text("models/*.sql", "models/a.sql", false));
        assert!(!matches_text("models/*.sql", "models/marts/a.sql", false));
        assert!(matches_text("models/**/a.sql", "models/a.sql", false));
        assert!(matches_text("models/**/a.sql", "models/x/y/a.sql", false));
        assert!(matches_text("**", "", true));
        assert!(!matches_text("models/**", "models/a.sql", false));
        assert!(!matches_text("models", "models/marts", true));
        assert!(PathPattern::new("/models").is_err());
        assert!(PathPattern::new(".").is_err());
    }

    #[test]
    fn folders_reach_up_to_the_project() {
        let folders: Vec<_> = folders_of("models/marts/a.sql").collect();
        assert_eq!(folders, ["", "models", "models/marts"]);
    }
}
