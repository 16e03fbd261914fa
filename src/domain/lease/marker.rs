//! A marker that stands somewhere, and who made it.

use crate::domain::action::Operation;
use crate::domain::name::{Identifier, ObjectId, SchemaId};
use crate::domain::object::{Object, ObjectKind};
use crate::domain::record::{escape, fields, foreign};
use std::fmt;

/// What the name of every marker begins with.
pub const PREFIX: &str = "cutover_lease_";

pub(super) const TEXT: &str = "cutover-lease/1 ";

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
pub(super) fn value(text: &str) -> String {
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
