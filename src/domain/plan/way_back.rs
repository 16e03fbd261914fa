//! What psql needs to take a promote back when this machine or its tool is gone.

use super::holding::holdings;
use super::sink_move::qualified;
use super::sinks::sinks_reading;
use super::stamp::Stamp;
use super::{STOP_AT_FAILURE, Statement, draft};
use crate::domain::environment::{ResolvedPair, Side, Strategy};
use crate::domain::guard::PlanInputs;
use crate::domain::name::{Identifier, ObjectId, QualifiedName, literal};
use crate::domain::object::{Cluster, Schema};
use crate::domain::provenance::Unfinished;
use crate::domain::quantity::count;
use crate::domain::record::DeploymentRole;

/// A psql script that swaps a promote back, moves its sinks back and writes the records: right only for the ids that it names, which it
/// asks the server for first. It is made from the facts of the promote's plan, or of the plan that finishes it.
///
/// `None` where no names move, or where a name of the environment is missing.
#[must_use]
pub fn rollback_script(inputs: &PlanInputs<'_>, stamp: &Stamp) -> Option<String> {
    let environment = inputs.resolved.environment;
    if environment.strategy == Strategy::Targets {
        return None;
    }
    let script = Script::of(inputs, stamp);
    let mut lines = script.head();
    lines.push(STOP_AT_FAILURE.to_owned());
    lines.extend(script.checks()?);
    lines.push("BEGIN;".to_owned());
    let swap = draft::swap(inputs)?;
    lines.extend(
        swap.renames()
            .iter()
            .map(|rename| format!("{};", rename.sql())),
    );
    lines.push("COMMIT;".to_owned());
    let sinks = script.sinks();
    if !sinks.is_empty() {
        lines.push(remark(
            "A sink whose broker is gone may never answer: stop psql then, and run the lines below it by hand.",
        ));
    }
    lines.extend(sinks.iter().map(line));
    lines.extend(script.records().iter().map(line));
    lines.push("\\echo Rolled back.".to_owned());
    Some(lines.join("\n") + "\n")
}

fn line(statement: &Statement) -> String {
    format!("{};", statement.sql())
}

/// One line of a comment, whatever is in the text: psql ends a comment at every kind of line end.
fn remark(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("-- {text}")
}

struct Script<'f, 'a> {
    inputs: &'f PlanInputs<'a>,
    stamp: &'f Stamp,
    /// The side whose names the old production has at the time of the facts.
    old: Side,
}

impl<'f, 'a> Script<'f, 'a> {
    fn of(inputs: &'f PlanInputs<'a>, stamp: &'f Stamp) -> Self {
        let swapped = inputs.board.provenance.unfinished == Some(Unfinished::Promote);
        Self {
            inputs,
            stamp,
            old: if swapped {
                Side::Deployment
            } else {
                Side::Production
            },
        }
    }

    fn head(&self) -> Vec<String> {
        let (environment, server) = (
            self.inputs.resolved.environment,
            &self.inputs.snapshot().server,
        );
        let mut lines = vec![
            format!(
                "Takes back the promote of {} at {} by {}, where cutover itself is not at hand:",
                environment.id(),
                self.stamp.at,
                self.inputs.access.role_name
            ),
            format!(
                "  psql \"host={} port={} dbname={} user={}\" -f THIS_FILE",
                server.host, server.port, server.database, server.role
            ),
            "`cutover rollback` does the same and looks at more. Right only while, after that promote,".to_owned(),
        ];
        let pairs = &self.inputs.resolved.schemas;
        lines.extend(pairs.iter().flat_map(|pair| {
            self.named(pair, |schema: &Schema| schema.id.to_string())
                .map(|(name, id, what)| format!("  schema {name} is {id} ({what})"))
        }));
        let pairs = &self.inputs.resolved.clusters;
        lines.extend(pairs.iter().flat_map(|pair| {
            self.named(pair, |cluster: &Cluster| cluster.id.to_string())
                .map(|(name, id, what)| format!("  cluster {name} is {id} ({what})"))
        }));
        lines.push(format!(
            "and while the old production is still whole ({}). The queries below check it and stop where it is not so.",
            count(self.retired_objects().len(), "object")
        ));
        lines.iter().map(|text| remark(text)).collect()
    }

    /// Name, id and meaning of both members of a pair, as they are after the promote.
    fn named<T>(
        &self,
        pair: &ResolvedPair<'a, T>,
        id: impl Fn(&T) -> String,
    ) -> [(Identifier, String, &'static str); 2] {
        let id = |side: Side| pair.side(side).map_or_else(String::new, &id);
        [
            (
                pair.names.production.clone(),
                id(self.old.other()),
                "what was promoted",
            ),
            (
                pair.names.deployment.clone(),
                id(self.old),
                "the old production",
            ),
        ]
    }

    fn retired_objects(&self) -> Vec<&'a ObjectId> {
        let objects = self.inputs.resolved.objects(self.old);
        objects.map(|object| &object.id).collect()
    }

    /// Queries that stop the script unless the names have the ids that it is right for and the old production is whole.
    fn checks(&self) -> Option<Vec<String>> {
        let resolved = self.inputs.resolved;
        let database = literal(resolved.environment.database.as_str());
        let mut schemas = Vec::new();
        for pair in &resolved.schemas {
            pair.production.and(pair.deployment)?;
            schemas.extend(self.named(pair, |schema| schema.id.to_string()).map(
                |(name, id, _)| {
                    format!(
                        "(s.name = {} AND s.id = {})",
                        literal(name.as_str()),
                        literal(&id)
                    )
                },
            ));
        }
        let mut clusters = Vec::new();
        for pair in &resolved.clusters {
            pair.production.and(pair.deployment)?;
            clusters.extend(self.named(pair, |cluster| cluster.id.to_string()).map(
                |(name, id, _)| {
                    format!(
                        "(name = {} AND id = {})",
                        literal(name.as_str()),
                        literal(&id)
                    )
                },
            ));
        }
        let objects: Vec<String> = self
            .retired_objects()
            .iter()
            .map(|id| literal(&id.to_string()))
            .collect();
        let mut lines = check(
            schemas.len(),
            &format!(
                "mz_catalog.mz_schemas AS s JOIN mz_catalog.mz_databases AS d ON s.database_id = d.id \
                 WHERE d.name = {database} AND ({})",
                schemas.join(" OR ")
            ),
            "the schemas are not those of this promote any more",
        );
        lines.extend(check(
            clusters.len(),
            &format!("mz_catalog.mz_clusters WHERE {}", clusters.join(" OR ")),
            "the clusters are not those of this promote any more",
        ));
        lines.extend(check(
            objects.len(),
            &format!("mz_catalog.mz_objects WHERE id IN ({})", objects.join(", ")),
            "the old production is not whole any more",
        ));
        Some(lines)
    }

    /// The sinks that read what was promoted, once the promote is done: back to the relations of the same names.
    fn sinks(&self) -> Vec<Statement> {
        let catalog = self.inputs.resolved.catalog;
        let database = &self.inputs.resolved.environment.database;
        let own_name = |id: &ObjectId| -> Option<QualifiedName> {
            let object = catalog.objects.get(id)?;
            let pairs = &self.inputs.resolved.schemas;
            let pair = pairs.iter().find(|pair| {
                pair.side(self.old)
                    .is_some_and(|schema| schema.id == object.schema)
            })?;
            Some(QualifiedName {
                database: database.clone(),
                schema: pair.names.production.clone(),
                name: qualified(catalog, object)?.name,
            })
        };
        let still = sinks_reading(self.inputs, self.old)
            .into_iter()
            .filter(|sink| sink.target.is_some())
            .filter_map(|sink| Some(Statement::move_sink(&sink.name, &own_name(&sink.from)?)));
        let moved: Vec<_> = match self.old {
            // Before the swap nothing has moved.
            Side::Production => Vec::new(),
            Side::Deployment => sinks_reading(self.inputs, Side::Production),
        };
        let moved = moved
            .iter()
            .filter_map(|sink| Some(Statement::move_sink(&sink.name, sink.target.as_ref()?)));
        still.chain(moved).collect()
    }

    /// As a rollback leaves them: the candidate's first, production's last.
    fn records(&self) -> Vec<Statement> {
        let database = &self.inputs.resolved.environment.database;
        let mut statements = Vec::new();
        for (side, role, goes_to) in [
            (
                self.old.other(),
                DeploymentRole::Candidate,
                Side::Deployment,
            ),
            (self.old, DeploymentRole::Production, Side::Production),
        ] {
            for holding in holdings(self.inputs, self.stamp, side, role) {
                statements.push(Statement::record(
                    database,
                    holding.name(goes_to),
                    holding.comment(),
                    &holding.record,
                ));
            }
        }
        statements
    }
}

/// One query with psql's own condition on its answer; nothing to count needs no query.
fn check(expected: usize, from: &str, otherwise: &str) -> Vec<String> {
    if expected == 0 {
        return Vec::new();
    }
    vec![
        format!("SELECT count(*) = {expected} AS cutover_holds FROM {from} \\gset"),
        "\\if :cutover_holds".to_owned(),
        "\\else".to_owned(),
        format!("\\echo Nothing was changed: {otherwise}."),
        // psql's own `\\quit` would end with 0, as after a rollback.
        "SELECT * FROM \"nothing was changed\";".to_owned(),
        "\\endif".to_owned(),
    ]
}
