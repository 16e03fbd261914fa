//! `dbt_project.yml`: the parts that a deployment needs.

use super::{
    jinja::Jinja,
    problem::{Origin, Origins, Problem, SourceLocation},
    variables::Variables,
    yaml::{self, Yaml, YamlNode},
};
use crate::domain::name::Identifier;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

pub(super) const FILE_NAME: &str = "dbt_project.yml";

/// `vars.deployment.<target>`: the production names, without suffix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentNames {
    pub clusters: Vec<Identifier>,
    pub schemas: Vec<Identifier>,
}

/// A dbt project, as far as `dbt_project.yml` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbtProject {
    pub dir: PathBuf,
    pub name: String,
    /// The profile it names; a flag or a variable may name another.
    pub profile: Option<String>,
    /// Where dbt writes `manifest.json`: absolute.
    pub target_path: PathBuf,
    /// Absolute.
    pub model_paths: Vec<PathBuf>,
    /// Per dbt target.
    pub deployments: BTreeMap<String, DeploymentNames>,
    /// `flags.state_modified_compare_more_unrendered_values`, where it is set: how dbt compares configurations.
    pub compare_more_unrendered_values: Option<bool>,
    /// Of `name` and `profile`.
    pub(super) origins: Origins,
}

/// The nearest folder at or above `start` that holds a dbt project, which is how dbt finds it.
pub(super) fn nearest(start: &Path) -> Option<&Path> {
    start
        .ancestors()
        .find(|folder| folder.join(FILE_NAME).is_file())
}

struct ProjectReader<'a> {
    file: &'a Path,
    jinja: Jinja,
    problems: &'a mut Vec<Problem>,
}

impl DbtProject {
    /// Reads the project in `dir`; what is wrong goes to `problems`.
    pub(super) fn read(
        dir: &Path,
        variables: &Variables,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let file = dir.join(FILE_NAME);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) => {
                problems.push(unreadable(dir, &file, &error));
                return None;
            }
        };
        let root = yaml::parse(&file, &text)
            .map_err(|problem| problems.push(problem))
            .ok()?;
        let mut reading = ProjectReader {
            file: &file,
            jinja: Jinja::new(variables),
            problems,
        };
        let Some(name) = reading.text(&root, &["name"]) else {
            reading.problem(1, "the project has no `name`", "add `name:` to the file");
            return None;
        };
        let target_path = variables
            .filled("DBT_TARGET_PATH")
            .map(str::to_owned)
            .or_else(|| reading.text(&root, &["target-path"]))
            .unwrap_or_else(|| "target".to_owned());
        let model_paths = reading.list(root.at(&["model-paths"]));
        let origins = ["name", "profile"].into_iter().filter_map(|field| {
            let place = SourceLocation::line(&file, root.at(&[field])?.line);
            Some((field, Origin::File(place)))
        });
        Some(Self {
            origins: origins.collect(),
            dir: dir.to_path_buf(),
            name,
            profile: reading.text(&root, &["profile"]),
            target_path: dir.join(target_path),
            model_paths: if model_paths.is_empty() {
                vec![dir.join("models")]
            } else {
                model_paths.iter().map(|path| dir.join(path)).collect()
            },
            deployments: reading.deployments(&root),
            compare_more_unrendered_values: flag(
                &root,
                "state_modified_compare_more_unrendered_values",
            ),
        })
    }

    /// The file, for messages.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.dir.join(FILE_NAME)
    }
}

fn unreadable(dir: &Path, file: &Path, error: &std::io::Error) -> Problem {
    if error.kind() == std::io::ErrorKind::NotFound {
        Problem::new(
            format!("{} is no dbt project: it has no {FILE_NAME}", dir.display()),
            "go to the project's folder, or name it with --project-dir",
        )
    } else {
        Problem::new(
            format!("the file can't be read: {error}"),
            "check its permissions",
        )
        .at(SourceLocation::file(file))
    }
}

fn flag(root: &YamlNode, name: &str) -> Option<bool> {
    let node = root.at(&["flags", name])?;
    (!matches!(node.value, Yaml::Null)).then_some(matches!(node.value, Yaml::Bool(true)))
}

impl ProjectReader<'_> {
    fn problem(&mut self, line: usize, message: impl Into<String>, remedy: &str) {
        self.problems
            .push(Problem::new(message, remedy).at(SourceLocation::line(self.file, line)));
    }

    fn text(&mut self, root: &YamlNode, path: &[&str]) -> Option<String> {
        let node = root.at(path)?;
        let text = node.text()?;
        match self.jinja.render(&text) {
            Ok(rendered) => Some(rendered),
            Err(why) => {
                let message = format!("`{}`: {why}", path.join("."));
                self.problem(node.line, message, "set the variable or give a default");
                None
            }
        }
    }

    /// The texts of a list, or of a single scalar.
    fn list(&mut self, node: Option<&YamlNode>) -> Vec<String> {
        self.places(node)
            .into_iter()
            .map(|(text, _)| text)
            .collect()
    }

    fn places(&mut self, node: Option<&YamlNode>) -> Vec<(String, usize)> {
        match node.map(|node| (&node.value, node)) {
            Some((Yaml::List(items), _)) => items
                .iter()
                .filter_map(|item| Some((item.text()?, item.line)))
                .collect(),
            Some((_, node)) => node
                .text()
                .map(|text| (text, node.line))
                .into_iter()
                .collect(),
            None => Vec::new(),
        }
    }

    /// dbt does not render `vars`, so neither does this.
    fn deployments(&mut self, root: &YamlNode) -> BTreeMap<String, DeploymentNames> {
        let Some(node) = root.at(&["vars", "deployment"]) else {
            return BTreeMap::new();
        };
        let Some(targets) = node.map() else {
            self.problem(
                node.line,
                "`vars.deployment` holds one mapping per dbt target",
                "write `deployment: {<target>: {clusters: [..], schemas: [..]}}`",
            );
            return BTreeMap::new();
        };
        targets
            .iter()
            .map(|(target, node)| (target.clone(), self.deployment(target, node)))
            .collect()
    }

    fn deployment(&mut self, target: &str, node: &YamlNode) -> DeploymentNames {
        let names = DeploymentNames {
            clusters: self.identifiers(node.at(&["clusters"])),
            schemas: self.identifiers(node.at(&["schemas"])),
        };
        for key in node.map().into_iter().flat_map(BTreeMap::keys) {
            if key != "clusters" && key != "schemas" {
                let message = format!("`vars.deployment.{target}` has no `{key}`");
                self.problem(node.line, message, "it holds `clusters` and `schemas` only");
            }
        }
        if names == DeploymentNames::default() {
            let message = format!("`vars.deployment.{target}` names neither clusters nor schemas");
            self.problem(node.line, message, "list what a promote should swap");
        }
        names
    }

    fn identifiers(&mut self, node: Option<&YamlNode>) -> Vec<Identifier> {
        let mut names = Vec::new();
        for (text, line) in self.places(node) {
            match Identifier::new(text) {
                Ok(name) if names.contains(&name) => {
                    self.problem(line, format!("`{name}` is listed twice"), "remove one");
                }
                Ok(name) if name.deployment_twin().is_err() => {
                    let message = format!("`{name}` is too long to take the deployment suffix");
                    self.problem(line, message, "shorten the name");
                }
                Ok(name) => names.push(name),
                Err(error) => self.problem(line, error.to_string(), "correct the name"),
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<DbtProject>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE_NAME), text).unwrap();
        let mut problems = Vec::new();
        let project = DbtProject::read(dir.path(), &Variables::default(), &mut problems);
        let shown = problems.iter().map(|problem| {
            format!(
                "{}: {}",
                problem.place.as_ref().unwrap().line.unwrap(),
                problem.message
            )
        });
        (project, shown.collect())
    }

    #[test]
    fn reads_what_a_deployment_needs() {
        let (project, problems) = read(
            "name: shop\nprofile: \"{{ env_var('P', 'mz') }}\"\nflags: {state_modified_compare_more_unrendered_values: true}\nvars:\n  deployment:\n    prod: {clusters: [compute], schemas: [a, b]}\n",
        );
        assert_eq!(problems, [""; 0]);
        let project = project.unwrap();
        assert_eq!(project.profile.as_deref(), Some("mz"));
        assert_eq!(project.compare_more_unrendered_values, Some(true));
        assert_eq!(project.target_path, project.dir.join("target"));
        let names = &project.deployments["prod"];
        assert_eq!(names.clusters[0].as_str(), "compute");
        assert_eq!(names.schemas.len(), 2);
    }

    #[test]
    fn tells_every_mistake_with_its_line() {
        let (_, problems) = read(
            "name: shop\nvars:\n  deployment:\n    prod:\n      schemas:\n        - a\n        - a\n    dev:\n      scheams: [x]\n",
        );
        assert_eq!(
            problems,
            [
                "9: `vars.deployment.dev` has no `scheams`",
                "9: `vars.deployment.dev` names neither clusters nor schemas",
                "7: `a` is listed twice",
            ]
        );
    }

    #[test]
    fn a_folder_without_a_project_is_said_so() {
        let dir = tempfile::tempdir().unwrap();
        let mut problems = Vec::new();
        assert!(DbtProject::read(dir.path(), &Variables::default(), &mut problems).is_none());
        assert!(problems[0].message.contains("is no dbt project"));
    }
}
