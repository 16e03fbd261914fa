//! doctor: one check per thing that must be right, each with what to do when it is not.

use super::error::OpsError;
use super::workspace::Workspace;
use crate::dbt::runner::limit::Limit;
use crate::dbt::runner::version::probe;
use crate::domain::environment::Side;
use crate::domain::failure::Remedy;
use crate::domain::finding::{Finding, Severity};
use crate::domain::guard;
use crate::domain::provenance::Provenance;
use crate::domain::quantity::some_of;
use crate::domain::reading::Missing;
use crate::domain::snapshot::Snapshot;
use crate::materialize::reader::CatalogReader;
use serde::Serialize;
use std::collections::BTreeSet;

const SETTINGS_SHOWN: &str = "`cutover config show` tells where host, port and role come from";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Ok,
    /// Works, with something missing.
    Warn,
    Fail,
    /// Could not be looked at, because something before it failed.
    Skipped,
}

/// One check.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub health: Health,
    pub message: String,
    /// What to do; empty when nothing is.
    pub remedy: String,
}

/// A check that failed: what an error says, with its own remedy, else this one.
fn failed(name: &'static str, health: Health, error: &OpsError, remedy: &str) -> Check {
    let remedy = error.remedy().unwrap_or_else(|| remedy.to_owned());
    check(name, health, error.told(), remedy)
}

fn check(
    name: &'static str,
    health: Health,
    message: impl Into<String>,
    remedy: impl Into<String>,
) -> Check {
    Check {
        name,
        health,
        message: message.into(),
        remedy: remedy.into(),
    }
}

impl Workspace {
    /// Looks at everything and changes nothing.
    pub async fn doctor(&self) -> Vec<Check> {
        let mut checks = self.file_checks();
        checks.push(self.dbt_check().await);
        match CatalogReader::connect(self.connector()).await {
            Ok(catalog) => {
                let server = catalog.server();
                checks.push(check(
                    "connection",
                    Health::Ok,
                    format!("{}:{} as {}", server.host, server.port, server.role),
                    "",
                ));
                checks.push(check(
                    "version",
                    Health::Ok,
                    format!("Materialize {}", server.version),
                    "",
                ));
                checks.push(missing_relations(&catalog));
                checks.extend(self.environment_checks().await);
            }
            Err(error) => {
                let error = OpsError::from(error);
                let remedy = match error.remedy() {
                    Some(remedy) => format!("{remedy}; {SETTINGS_SHOWN}"),
                    None => SETTINGS_SHOWN.to_owned(),
                };
                checks.push(check("connection", Health::Fail, error.told(), remedy));
                for name in [
                    "version",
                    "relations",
                    "record",
                    "names",
                    "ownership",
                    "privileges",
                ] {
                    checks.push(check(
                        name,
                        Health::Skipped,
                        "not looked at: there is no connection",
                        "",
                    ));
                }
            }
        }
        checks
    }

    fn file_checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        if let Ok(project) = self.settings().project() {
            checks.push(check(
                "project",
                Health::Ok,
                format!("{} in {}", project.name, project.dir.display()),
                "",
            ));
        }
        let remedy = "run `dbt compile` in the project; `cutover deploy` does it by itself";
        checks.push(match self.candidate_file() {
            Ok(file) if file.is_file() => match crate::dbt::manifest::Manifest::read(&file) {
                Ok(manifest) => {
                    let which = format!("{} ({})", file.display(), manifest.hash());
                    match self.stale() {
                        None => check("manifest", Health::Ok, which, ""),
                        Some(stale) => {
                            let message = format!("{which}: {}", stale.message);
                            check("manifest", Health::Warn, message, stale.remedy)
                        }
                    }
                }
                Err(error) => failed("manifest", Health::Fail, &error.into(), remedy),
            },
            Ok(file) => check(
                "manifest",
                Health::Warn,
                format!("there is no {}", file.display()),
                remedy,
            ),
            Err(error) => failed("manifest", Health::Fail, &error, remedy),
        });
        checks.push(match self.store().find_production(None) {
            Ok(Some(manifest)) => check(
                "state",
                Health::Ok,
                format!("{} is manifest {}", self.store().production().display(), manifest.hash()),
                "",
            ),
            Ok(None) => check(
                "state",
                Health::Warn,
                format!("{} has no manifest.json: changes against production are unknown", self.store().dir().display()),
                "copy the manifest.json of what production runs into it; every promote keeps it up to date",
            ),
            Err(error) => {
                let error = OpsError::from(error).with_remedy("replace the file by the manifest of what production runs");
                failed("state", Health::Fail, &error, "")
            }
        });
        checks
    }

    async fn dbt_check(&self) -> Check {
        let program = match self.program() {
            Ok(program) => program,
            Err(error) => {
                let remedy = "make the project's target path writable";
                return failed("dbt", Health::Fail, &error, remedy);
            }
        };
        let remedy = "install dbt-materialize, or name the executable with the setting `dbt`, or use --runner compiled";
        let version = program.version();
        let start = Limit::Start(self.settings().dbt.deadlines.start.duration());
        match probe(&version, &self.settings().project_dir, start).await {
            Ok(Some(version)) => match version.adapter {
                Some(adapter) => check(
                    "dbt",
                    Health::Ok,
                    format!("dbt {} with dbt-materialize {adapter}", version.core),
                    "",
                ),
                None => check(
                    "dbt",
                    Health::Warn,
                    format!("dbt {} without dbt-materialize", version.core),
                    remedy,
                ),
            },
            Ok(None) => check("dbt", Health::Warn, "dbt does not tell its version", remedy),
            Err(error) => failed("dbt", Health::Warn, &error.into(), remedy),
        }
    }

    async fn environment_checks(&self) -> Vec<Check> {
        let observation = match self.observe().await {
            Ok(observation) => observation,
            Err(error) => {
                return vec![failed("names", Health::Fail, &error, "")];
            }
        };
        let record = self.record_check(&observation.board.provenance);
        let mut checks = vec![catalog_server_check(&observation.board.snapshot), record];
        checks.extend(observation.with_inputs(|inputs| {
            let mut names = guard::production_names_missing(inputs);
            names.extend(guard::self_swap(inputs));
            names.extend(guard::connectors_in_environment(
                inputs,
                &[Side::Production],
            ));
            let mut ownership =
                guard::schema_ownership(inputs, &[Side::Production, Side::Deployment]);
            ownership.extend(guard::cluster_ownership(
                inputs,
                &[Side::Production, Side::Deployment],
            ));
            let privileges = guard::create_privileges(inputs, true, true);
            [
                ("names", names),
                ("types", guard::misnamed(inputs)),
                ("ownership", ownership),
                ("privileges", privileges),
            ]
            .map(|(name, findings)| of_findings(name, &findings))
        }));
        checks
    }

    /// What production runs, by its record, beside what the state directory takes it for.
    fn record_check(&self, provenance: &Provenance) -> Check {
        let file = self.store().production();
        // One that can't be read is told by the check of the state directory.
        let state = self.store().find_production(None).ok().flatten();
        let state = state.map(|manifest| manifest.hash().to_string());
        match (provenance.held(Side::Production), state) {
            (Some(held), Some(state)) if held != state => check(
                "record",
                Health::Warn,
                format!(
                    "production runs manifest {held}, but {} is {state}",
                    file.display()
                ),
                "copy the manifest.json of what production runs there: what reads that file compares with something else",
            ),
            (Some(held), _) => check(
                "record",
                Health::Ok,
                format!("production runs manifest {held}"),
                "",
            ),
            (None, _) if provenance.is_outdated(Side::Production) => check(
                "record",
                Health::Warn,
                "what production runs is unknown: somebody built there since its record was written",
                "`cutover deploy` and `cutover promote` bring the project's models there",
            ),
            (None, _) => check(
                "record",
                Health::Ok,
                format!(
                    "none tells what production runs, so {} is taken for it",
                    file.display()
                ),
                "",
            ),
        }
    }
}

fn catalog_server_check(snapshot: &Snapshot) -> Check {
    const NAME: &str = "catalog server";
    match snapshot.catalog_server_trouble() {
        None if !snapshot.knows_catalog_server() => check(
            NAME,
            Health::Warn,
            "how mz_catalog_server is can't be read",
            "it answers readings of the catalog: where these are slow or late, ask who runs the server",
        ),
        None => check(NAME, Health::Ok, "mz_catalog_server is well", ""),
        Some(trouble) => check(
            NAME,
            Health::Warn,
            trouble,
            "until it has rehydrated, readings wait and deadlines may pass: wait, or let who runs the server look at it",
        ),
    }
}

/// Everything that was found, as one check.
fn of_findings(name: &'static str, findings: &[Finding]) -> Check {
    let joined = |text: fn(&Finding) -> String| {
        let texts: Vec<String> = findings.iter().map(text).collect();
        texts.join(" ")
    };
    let health = match findings.iter().map(|finding| finding.severity).max() {
        None => return check(name, Health::Ok, "fine", ""),
        Some(Severity::Block) => Health::Fail,
        Some(_) => Health::Warn,
    };
    let message = joined(|finding| format!("{} {}.", finding.message, some_of(&finding.objects)));
    let remedy = joined(|finding| finding.remedy.clone());
    check(name, health, message, remedy)
}

fn missing_relations(catalog: &CatalogReader) -> Check {
    let missing = catalog.missing();
    let missing: BTreeSet<String> = missing.values().map(Missing::to_string).collect();
    if missing.is_empty() {
        check(
            "relations",
            Health::Ok,
            "every relation that pictures use is readable",
            "",
        )
    } else {
        check(
            "relations",
            Health::Warn,
            format!("not readable here: {}", Vec::from_iter(missing).join(", ")),
            "columns that need them stay empty; a newer server or another role may read them",
        )
    }
}
