//! Which sinks read a side, found in the catalog, never by name or in dbt's graph.

use crate::domain::environment::{Resolved, Side, Strategy};
use crate::domain::guard::Facts;
use crate::domain::name::{ObjectId, QualifiedName};
use crate::domain::object::{Catalog, Object, ObjectKind};

/// One sink that reads a side and belongs on the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkMove {
    pub id: ObjectId,
    pub name: QualifiedName,
    /// What it reads now.
    pub from: ObjectId,
    /// What it shall read, by the name that holds after the swap; `None` when the other side lacks the relation.
    pub target: Option<QualifiedName>,
}

/// The sinks outside the environment that read objects of this side.
#[must_use]
pub fn sinks_reading(facts: &Facts<'_>, side: Side) -> Vec<SinkMove> {
    let resolved = facts.resolved;
    let catalog = resolved.catalog;
    catalog
        .objects
        .values()
        .filter(|object| object.kind == ObjectKind::Sink && resolved.side_of(object).is_none())
        .filter_map(|sink| {
            let from = catalog
                .inputs
                .get(&sink.id)?
                .iter()
                .filter_map(|input| catalog.objects.get(input))
                .find(|input| resolved.side_of(input) == Some(side))?;
            Some(SinkMove {
                id: sink.id,
                name: qualified(catalog, sink)?,
                from: from.id,
                target: target(resolved, from, side),
            })
        })
        .collect()
}

fn target(resolved: &Resolved<'_>, from: &Object, side: Side) -> Option<QualifiedName> {
    let pair = resolved.schemas.iter().find(|pair| {
        pair.side(side)
            .is_some_and(|schema| schema.id == from.schema)
    })?;
    // A view may have become a materialized view: the name decides.
    let twin = [
        ObjectKind::MaterializedView,
        ObjectKind::View,
        ObjectKind::Table,
        ObjectKind::Source,
    ]
    .into_iter()
    .find_map(|kind| {
        resolved.twin(&Object {
            kind,
            ..from.clone()
        })
    })?;
    let schema = match resolved.environment.strategy {
        Strategy::Swap => &pair.names.production,
        Strategy::Targets => pair.names.name(side.other()),
    };
    Some(QualifiedName {
        database: resolved.environment.database.clone(),
        schema: schema.clone(),
        name: twin.name.clone(),
    })
}

/// The full name of an object; `None` when its schema or database is not in the catalog.
#[must_use]
pub fn qualified(catalog: &Catalog, object: &Object) -> Option<QualifiedName> {
    let schema = catalog.schemas.get(&object.schema)?;
    Some(QualifiedName {
        database: catalog.databases.get(&schema.database)?.clone(),
        schema: schema.name.clone(),
        name: object.name.clone(),
    })
}
