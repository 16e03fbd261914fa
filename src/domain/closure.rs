//! What a drop takes with it: the exact CASCADE closure from the dependency edges.

use super::environment::{Resolved, Side};
use super::name::{ClusterId, ObjectId, SchemaId};
use super::object::Catalog;
use super::plan::ClosureItem;
use std::collections::BTreeSet;

/// Everything that goes when these objects go: themselves and whatever depends on them, in any schema, of any owner.
#[must_use]
pub fn closure_of(
    catalog: &Catalog,
    roots: impl IntoIterator<Item = ObjectId>,
) -> BTreeSet<ObjectId> {
    let dependents = catalog.dependents();
    let mut closure = BTreeSet::new();
    let mut open: Vec<ObjectId> = roots.into_iter().collect();
    while let Some(id) = open.pop() {
        if let Some(direct) = dependents.get(&id) {
            open.extend(
                direct
                    .iter()
                    .filter(|next| !closure.contains(**next))
                    .map(|next| **next),
            );
        }
        closure.insert(id);
    }
    closure
}

/// Everything that goes when these schemas and clusters are dropped with CASCADE.
#[must_use]
pub fn closure_of_side(
    catalog: &Catalog,
    schemas: &[&SchemaId],
    clusters: &[&ClusterId],
) -> BTreeSet<ObjectId> {
    let roots = catalog
        .objects
        .values()
        .filter(|object| {
            schemas.contains(&&object.schema)
                || object
                    .cluster
                    .as_ref()
                    .is_some_and(|cluster| clusters.contains(&cluster))
        })
        .map(|object| object.id);
    closure_of(catalog, roots.collect::<Vec<_>>())
}

/// The closure as it is shown and audited: by name, with kind and owner. `inside` is what lives in the side's schemas.
#[must_use]
pub fn describe(
    resolved: &Resolved<'_>,
    closure: &BTreeSet<ObjectId>,
    side: Side,
) -> Vec<ClosureItem> {
    let catalog = resolved.catalog;
    let mut items: Vec<ClosureItem> = closure
        .iter()
        .filter_map(|id| catalog.objects.get(id))
        .map(|object| ClosureItem {
            id: object.id,
            name: catalog.display_name(&object.id),
            kind: object.kind.clone(),
            owner: catalog.role_name(&object.owner),
            inside: resolved.side_of(object) == Some(side),
        })
        .collect();
    items.sort_by(|one, other| {
        (&one.name, &one.kind, &one.id).cmp(&(&other.name, &other.kind, &other.id))
    });
    items
}
