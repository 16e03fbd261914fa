//! The names of an environment: production's and the deployment's, as the configuration gives them.

use super::{
    problem::{Problem, SourceLocation, listed},
    profile::Profile,
    project::{DbtProject, DeploymentNames},
    settings::TargetNames,
};
use crate::domain::{
    environment::{Environment, NamePair, Strategy},
    name::Identifier,
};

pub(super) struct Pairs {
    schemas: Vec<NamePair>,
    clusters: Vec<NamePair>,
}

impl Pairs {
    pub fn environment(
        self,
        target: &str,
        strategy: Strategy,
        database: &str,
    ) -> Result<Environment, Vec<Problem>> {
        let database = Identifier::new(database).map_err(|error| {
            vec![Problem::new(
                format!("the database: {error}"),
                "correct the connection",
            )]
        })?;
        Ok(Environment {
            target: target.to_owned(),
            strategy,
            database,
            schemas: self.schemas,
            clusters: self.clusters,
        })
    }
}

/// dbt-materialize's scheme: every listed name and its twin with the deployment suffix.
pub(super) fn of_swap(project: &DbtProject, target: &str) -> Result<Pairs, Vec<Problem>> {
    let Some(names) = project.deployments.get(target) else {
        let known: Vec<&String> = project.deployments.keys().collect();
        return Err(vec![
            Problem::new(
                format!("the target `{target}` has no deployment: `vars.deployment.{target}` is missing"),
                format!("add it with `clusters` and `schemas`, or choose one with --target; the project has {}", listed(&known)),
            )
            .at(SourceLocation::file(project.file())),
        ]);
    };
    let twins = |names: &[Identifier]| -> Result<Vec<NamePair>, Vec<Problem>> {
        names
            .iter()
            .map(|name| {
                let deployment = name.deployment_twin().map_err(|error| {
                    vec![
                        Problem::new(error.to_string(), "shorten the name")
                            .at(SourceLocation::file(project.file())),
                    ]
                })?;
                Ok(NamePair {
                    production: name.clone(),
                    deployment,
                })
            })
            .collect()
    };
    Ok(Pairs {
        schemas: twins(&names.schemas)?,
        clusters: twins(&names.clusters)?,
    })
}

/// Two targets: the names listed for each under `vars.deployment`, else the schema and cluster of each one's connection.
pub(super) fn of_targets(
    project: &DbtProject,
    profile: Option<&Profile>,
    targets: &TargetNames,
) -> Result<Pairs, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut names = |target: &str| {
        let listed = project.deployments.get(target).cloned();
        listed.or_else(|| names_of_connection(profile?, target, &mut problems))
    };
    let (blue, green) = (names(&targets.blue), names(&targets.green));
    let (Some(blue), Some(green)) = (blue, green) else {
        if problems.is_empty() {
            let message = "the names of the two targets are not known".to_owned();
            let remedy =
                "list them under `vars.deployment.<target>`, or add both targets to the profile";
            problems.push(Problem::new(message, remedy).at(SourceLocation::file(project.file())));
        }
        return Err(problems);
    };
    let schemas = zip(
        "schemas",
        targets,
        blue.schemas,
        green.schemas,
        &mut problems,
    );
    let clusters = zip(
        "clusters",
        targets,
        blue.clusters,
        green.clusters,
        &mut problems,
    );
    if problems.is_empty() {
        Ok(Pairs { schemas, clusters })
    } else {
        Err(problems)
    }
}

fn names_of_connection(
    profile: &Profile,
    target: &str,
    problems: &mut Vec<Problem>,
) -> Option<DeploymentNames> {
    let output = profile.output(target, problems)?;
    let name = |text: Option<String>| -> Vec<Identifier> {
        text.and_then(|text| Identifier::new(text).ok())
            .into_iter()
            .collect()
    };
    Some(DeploymentNames {
        clusters: name(output.connection.cluster),
        schemas: name(output.schema),
    })
}

fn zip(
    what: &str,
    targets: &TargetNames,
    blue: Vec<Identifier>,
    green: Vec<Identifier>,
    problems: &mut Vec<Problem>,
) -> Vec<NamePair> {
    if blue.len() != green.len() {
        let TargetNames { blue: b, green: g } = targets;
        let message = format!("`{b}` and `{g}` don't have the same number of {what}");
        problems.push(Problem::new(
            message,
            "list them in the same order for both targets",
        ));
    }
    if let Some(shared) = blue.iter().find(|name| green.contains(name)) {
        let message = format!("`{shared}` stands among the {what} of both targets");
        problems.push(Problem::new(message, "give each side names of its own"));
    }
    blue.into_iter()
        .zip(green)
        .map(|(production, deployment)| NamePair {
            production,
            deployment,
        })
        .collect()
}
