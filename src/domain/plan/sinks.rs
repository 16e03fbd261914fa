//! Which sinks read a side, found in the catalog, never by name or in dbt's graph.

use super::sink_move::{SinkMove, qualified};
use crate::domain::environment::{Resolved, Side, Strategy};
use crate::domain::guard::PlanInputs;
use crate::domain::name::QualifiedName;
use crate::domain::object::{Object, ObjectKind};

/// The sinks outside the environment that read objects of this side.
#[must_use]
pub fn sinks_reading(inputs: &PlanInputs<'_>, side: Side) -> Vec<SinkMove> {
    let resolved = inputs.resolved;
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
