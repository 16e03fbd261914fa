//! The lease of a build or a cleanup: a marker on the deployment side while it is at work, so that nobody moves names under it.
//!
//! The marker is a view of a name that nobody else has, and its text tells who made it. Who finds an older one beside its own withdraws, so
//! of two that begin at once exactly one goes on. It holds as long as the session of its holder is there: nothing has to be renewed, and
//! nobody has to clean up after a process that was killed.

use super::action::Operation;
use super::environment::Resolved;
use super::name::{Identifier, ObjectId, QualifiedName, SchemaId};
use super::object::{Object, ObjectKind};
use super::reading::CatalogReading;
use super::record::{escape, fields, foreign};
use super::snapshot::Snapshot;
use std::fmt;

/// What the name of every marker begins with.
pub const PREFIX: &str = "cutover_lease_";
const TEXT: &str = "cutover-lease/1 ";

/// A marker that stands somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub view: ObjectId,
    pub name: Identifier,
    pub schema: SchemaId,
    /// `None` where its text can't be read: then nobody knows whether its holder is still there.
    pub holder: Option<Holder>,
}

/// Who is at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub operation: Operation,
    /// The database role.
    pub by: String,
    pub host: String,
    pub process: u32,
    /// RFC 3339, by the holder's clock. For people only.
    pub at: String,
    /// `mz_internal.mz_sessions.id`; `None` where the server did not tell it.
    pub session: Option<String>,
}

/// Whether the holder of a marker is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    Held,
    /// Its session has ended.
    Gone,
    /// Its text or the sessions can't be read.
    Unknown,
}

impl Lease {
    /// The marker that an object is, where it is one.
    #[must_use]
    pub fn read(object: &Object) -> Option<Self> {
        let is_marker = object.kind == ObjectKind::View && object.name.as_str().starts_with(PREFIX);
        is_marker.then(|| Self {
            view: object.id,
            name: object.name.clone(),
            schema: object.schema,
            holder: object.create_sql.as_deref().and_then(Holder::in_definition),
        })
    }

    #[must_use]
    pub fn liveness(&self, snapshot: &Snapshot) -> Liveness {
        let sessions = &snapshot.readings.sessions;
        let session = self.holder.as_ref().and_then(|it| it.session.as_deref());
        let Some(session) = session.filter(|_| !snapshot.lacks(CatalogReading::Sessions)) else {
            return Liveness::Unknown;
        };
        // Whoever reads has a session too: without any the relation tells nothing.
        match sessions.iter().any(|other| other.id == session) {
            true => Liveness::Held,
            false if sessions.is_empty() => Liveness::Unknown,
            false => Liveness::Gone,
        }
    }

    /// `cutover deploy by ci on runner-7 (process 311, since 2026-11-20T10:00:00Z)`.
    #[must_use]
    pub fn who(&self) -> String {
        self.holder
            .as_ref()
            .map_or_else(|| "somebody unknown".to_owned(), Holder::to_string)
    }
}

impl Holder {
    /// What the view of its marker selects.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "{TEXT}operation={} by={} host={} process={} at={}",
            self.operation.command(),
            value(&self.by),
            value(&self.host),
            self.process,
            value(&self.at)
        );
        if let Some(session) = &self.session {
            text.push_str(&format!(" session={}", value(session)));
        }
        text
    }

    /// The holder in `CREATE VIEW "db"."schema"."cutover_lease_..." AS SELECT '...' AS "holder"`, however the server writes it.
    fn in_definition(create_sql: &str) -> Option<Self> {
        let (_, from) = create_sql.split_once(TEXT)?;
        let (text, _) = from.split_once('\'')?;
        let fields = fields(text)?;
        let field = |key: &str| fields.get(key).filter(|value| !value.is_empty()).cloned();
        let command = field("operation")?;
        Some(Self {
            operation: Operation::ALL
                .into_iter()
                .find(|operation| operation.command() == command)?,
            by: field("by")?,
            host: field("host")?,
            process: field("process")?.parse().ok()?,
            at: field("at")?,
            session: field("session"),
        })
    }
}

/// A field's value, without what a SQL literal would write otherwise.
fn value(text: &str) -> String {
    escape(&foreign(text))
        .replace('\'', "%27")
        .replace('\\', "%5C")
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`cutover {}` by {} on {} (process {}, since {})",
            self.operation.command(),
            self.by,
            self.host,
            self.process,
            self.at
        )
    }
}

/// Who is at work on the environment's schemas by this picture, or may be.
#[must_use]
pub fn at_work<'a>(resolved: &Resolved<'a>, snapshot: &Snapshot) -> Option<&'a Lease> {
    let mut leases = on_schemas(resolved);
    leases.find(|lease| lease.liveness(snapshot) != Liveness::Gone)
}

/// The leases on the schemas of an environment, of both sides.
pub(super) fn on_schemas<'a>(resolved: &Resolved<'a>) -> impl Iterator<Item = &'a Lease> + use<'a> {
    let schemas: Vec<SchemaId> = resolved
        .schemas
        .iter()
        .flat_map(|pair| [pair.production, pair.deployment])
        .flatten()
        .map(|schema| schema.id)
        .collect();
    let leases = resolved.catalog.leases.iter();
    leases.filter(move |lease| schemas.contains(&lease.schema))
}

/// Where a marker is put, and where a swap would take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub database: Identifier,
    pub deployment: Identifier,
    pub production: Identifier,
}

impl Place {
    /// The first schema of the deployment side that holds something: it can't be dropped without CASCADE anyway. The first one where
    /// none does.
    #[must_use]
    pub fn of(resolved: &Resolved<'_>) -> Option<Self> {
        let is_there = || resolved.schemas.iter().filter(|it| it.deployment.is_some());
        let holds = |id: SchemaId| resolved.catalog.objects_in(&id).next().is_some();
        let pair = is_there()
            .find(|pair| pair.deployment.is_some_and(|schema| holds(schema.id)))
            .or_else(|| is_there().next())?;
        Some(Self {
            database: resolved.environment.database.clone(),
            deployment: pair.names.deployment.clone(),
            production: pair.names.production.clone(),
        })
    }

    /// The marker of this name, in the deployment schema.
    #[must_use]
    pub fn put(&self, marker: &Identifier) -> QualifiedName {
        self.named(&self.deployment, marker)
    }

    /// The marker of this name, where a swap has taken it.
    #[must_use]
    pub fn swapped(&self, marker: &Identifier) -> QualifiedName {
        self.named(&self.production, marker)
    }

    fn named(&self, schema: &Identifier, marker: &Identifier) -> QualifiedName {
        QualifiedName {
            database: self.database.clone(),
            schema: schema.clone(),
            name: marker.clone(),
        }
    }
}
