//! The catalog as the dynamics of the world see it.

use crate::catalog::Catalog;
use crate::catalog::builtin::INTROSPECTION;
use crate::catalog::id::Id;
use crate::catalog::item::{self, Body, Item, PROGRESS, SUBSOURCE};
use crate::inventory::{Cluster, Inventory, Kind, Object, Refresh, Replica};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Brings an inventory from one catalog to the next; gives whether anything in it changed.
pub fn follow(inventory: &mut Inventory, before: Option<&Catalog>, catalog: &Catalog) -> bool {
    let containers = before.is_none_or(|before| {
        before.clusters != catalog.clusters || before.replicas != catalog.replicas
    });
    if containers {
        follow_clusters(inventory, catalog);
    }
    let mut changed = containers;
    let mut constants = BTreeMap::new();
    for (id, item) in catalog.items.iter().filter(|(id, _)| id.is_user()) {
        let known = before.is_some_and(|before| {
            let same = before
                .items
                .get(id)
                .is_some_and(|old| Arc::ptr_eq(old, item));
            same && before.schemas.get(&item.schema).map(|s| &s.name)
                == catalog.schemas.get(&item.schema).map(|s| &s.name)
        });
        if known {
            continue;
        }
        changed = true;
        let constant = is_constant(catalog, item, &mut constants);
        if let Some(object) = object(catalog, item, constant) {
            inventory.objects.insert(id.to_string(), object);
        }
    }
    let gone = before.iter().flat_map(|before| before.items.keys());
    for id in gone.filter(|id| !catalog.items.contains_key(id)) {
        changed = true;
        inventory.objects.remove(&id.to_string());
    }
    changed
}

fn follow_clusters(inventory: &mut Inventory, catalog: &Catalog) {
    inventory.clusters.clear();
    inventory.replicas.clear();
    inventory
        .objects
        .retain(|_, object| object.kind != Kind::IntrospectionIndex);
    for (id, cluster) in &catalog.clusters {
        let managed = cluster.managed.as_ref();
        let entry = Cluster {
            name: cluster.name.clone(),
            on_refresh: managed.and_then(|managed| managed.on_refresh),
        };
        inventory.clusters.insert(id.to_string(), entry);
        add_introspection(inventory, *id);
    }
    for (id, replica) in &catalog.replicas {
        let entry = Replica {
            name: replica.name.clone(),
            cluster: replica.cluster.to_string(),
            size: Some(replica.size.clone()),
        };
        inventory.replicas.insert(id.to_string(), entry);
    }
}

fn add_introspection(inventory: &mut Inventory, cluster: Id) {
    for (name, n) in INTROSPECTION.iter().zip(1..) {
        let object = Object {
            kind: Kind::IntrospectionIndex,
            name: (*name).to_owned(),
            schema: "mz_introspection".to_owned(),
            database: String::new(),
            subtype: String::new(),
            cluster: Some(cluster.to_string()),
            inputs: Vec::new(),
            constant: false,
            refresh: Refresh::OnCommit,
            created_at: 0,
        };
        let id = Id::introspection(cluster, n).to_string();
        inventory.objects.insert(id, object);
    }
}

/// Whether it reads nothing that changes: no table, no source, no system relation.
fn is_constant(catalog: &Catalog, item: &Item, known: &mut BTreeMap<Id, bool>) -> bool {
    if let Some(constant) = known.get(&item.id) {
        return *constant;
    }
    let constant = match item.body {
        Body::View { .. } | Body::MaterializedView { .. } | Body::Index { .. } => {
            item.references.iter().all(|id| {
                catalog
                    .items
                    .get(id)
                    .is_none_or(|referenced| match referenced.body {
                        Body::Type(_) | Body::Function => true,
                        _ => id.is_user() && is_constant(catalog, referenced, known),
                    })
            })
        }
        _ => false,
    };
    known.insert(item.id, constant);
    constant
}

fn object(catalog: &Catalog, item: &Item, constant: bool) -> Option<Object> {
    let mut refresh = Refresh::OnCommit;
    let mut subtype = String::new();
    let kind = match &item.body {
        Body::Table {
            source: Some(_), ..
        } => {
            "table".clone_into(&mut subtype);
            Kind::SourceTable
        }
        Body::Table { .. } => Kind::Table,
        Body::View { .. } => Kind::View,
        Body::MaterializedView { options, .. } => {
            refresh = match options.refresh {
                item::Refresh::OnCommit => Refresh::OnCommit,
                item::Refresh::At(at) => Refresh::At(at),
                item::Refresh::Every {
                    interval,
                    aligned_to,
                } => Refresh::Every {
                    aligned_to,
                    interval,
                },
            };
            Kind::MaterializedView
        }
        Body::Index { .. } => Kind::Index,
        Body::Source { kind: PROGRESS, .. } => return None,
        Body::Source { kind, .. } => {
            (*kind).clone_into(&mut subtype);
            if *kind == SUBSOURCE {
                Kind::SourceTable
            } else {
                Kind::Source
            }
        }
        Body::Sink { .. } => {
            "kafka".clone_into(&mut subtype);
            Kind::Sink
        }
        _ => return None,
    };
    let schema = catalog.schemas.get(&item.schema)?;
    let database = schema.database.and_then(|id| catalog.databases.get(&id));
    Some(Object {
        kind,
        name: item.name.clone(),
        schema: schema.name.clone(),
        database: database.map(|d| d.name.clone()).unwrap_or_default(),
        subtype,
        cluster: item.cluster().map(|id| id.to_string()),
        inputs: inputs(item),
        constant,
        refresh,
        created_at: item.created_at,
    })
}

/// What it reads of this server: a source reads from outside.
fn inputs(item: &Item) -> Vec<String> {
    let connection = match item.body {
        Body::Source { kind, .. } if kind != SUBSOURCE => return Vec::new(),
        Body::Sink { connection, .. } => connection,
        _ => None,
    };
    item.references
        .iter()
        .filter(|id| id.is_user() && Some(**id) != connection)
        .map(ToString::to_string)
        .collect()
}
