//! What was found by way of the settings, and where it stands: for `cutover config show`.

use super::layers::Described;
use super::problem::Origin;
use super::profile::ProfileOutput;
use super::project::DbtProject;
use std::path::PathBuf;

/// The files and the parts of the connection, in the order in which one leads to the next. A password is told as `***`.
pub(super) fn found(
    config: Option<&(PathBuf, Origin)>,
    project: Option<&DbtProject>,
    output: Option<&ProfileOutput>,
) -> Vec<Described> {
    let (file, origin) = config.cloned().unzip();
    let mut found = vec![
        Described::new("config_file", file, origin.unwrap_or(Origin::Default)),
        Described::new(
            "project",
            project.map(|project| &project.name),
            project.map_or(Origin::Default, |project| {
                origin_of(&project.origins, "name")
            }),
        ),
    ];
    found.extend(connection(output));
    found
}

fn connection(output: Option<&ProfileOutput>) -> Vec<Described> {
    let settings = output.map(|output| &output.connection);
    // The profile's word for a part, where it is not ours.
    let origin =
        |part: &str| output.map_or(Origin::Default, |output| origin_of(&output.origins, part));
    vec![
        Described::new("host", settings.map(|to| &to.host), origin("host")),
        Described::new("port", settings.map(|to| to.port), origin("port")),
        Described::new("role", settings.map(|to| &to.user), origin("user")),
        Described::new(
            "password",
            // dbt's way to say none, where a variable gives it.
            settings
                .and_then(|to| to.password.as_ref())
                .filter(|password| !password.reveal().is_empty()),
            origin("password"),
        ),
        Described::new(
            "database",
            settings.map(|to| &to.database),
            origin("database"),
        ),
        Described::new(
            "schema",
            output.and_then(|output| output.schema.as_ref()),
            origin("schema"),
        ),
        Described::new(
            "cluster",
            settings.and_then(|to| to.cluster.as_ref()),
            origin("cluster"),
        ),
        Described::new(
            "sslmode",
            settings.map(|to| to.sslmode.as_str()),
            origin("sslmode"),
        ),
    ]
}

fn origin_of(origins: &super::problem::Origins, part: &str) -> Origin {
    origins.get(part).cloned().unwrap_or(Origin::Default)
}
