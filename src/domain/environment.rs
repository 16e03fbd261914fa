//! The environment pair: which schemas and clusters are production, which are their deployment twins.

use super::name::{ClusterId, DatabaseId, Identifier, ObjectId, SchemaId};
use super::object::{Catalog, Cluster, Object, ObjectKind, Schema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// How production moves to the deployment side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// `<name>` and `<name>_dbt_deploy` change names in one transaction.
    #[default]
    Swap,
    /// Two dbt targets with names of their own; clients choose a side.
    Targets,
}

/// One side of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Production,
    Deployment,
}

impl Side {
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Production => Self::Deployment,
            Self::Deployment => Self::Production,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Production => "production",
            Self::Deployment => "deployment",
        })
    }
}

/// A production name and its twin.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamePair {
    pub production: Identifier,
    pub deployment: Identifier,
}

impl NamePair {
    #[must_use]
    pub fn name(&self, side: Side) -> &Identifier {
        match side {
            Side::Production => &self.production,
            Side::Deployment => &self.deployment,
        }
    }

    /// The side that carries this name.
    #[must_use]
    pub fn side_of(&self, name: &Identifier) -> Option<Side> {
        if name == &self.production {
            Some(Side::Production)
        } else if name == &self.deployment {
            Some(Side::Deployment)
        } else {
            None
        }
    }
}

/// All schemas and clusters of one dbt target with their twins, as configured: names only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The dbt target, e.g. `prod`.
    pub target: String,
    pub strategy: Strategy,
    pub database: Identifier,
    pub schemas: Vec<NamePair>,
    pub clusters: Vec<NamePair>,
}

/// One pair of an environment as the catalog knows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedPair<'a, T> {
    pub names: &'a NamePair,
    pub production: Option<&'a T>,
    pub deployment: Option<&'a T>,
}

impl<'a, T> ResolvedPair<'a, T> {
    #[must_use]
    pub fn side(&self, side: Side) -> Option<&'a T> {
        match side {
            Side::Production => self.production,
            Side::Deployment => self.deployment,
        }
    }
}

/// An environment with its names resolved exactly, inside its database, to ids.
#[derive(Debug, Clone)]
pub struct Resolved<'a> {
    pub environment: &'a Environment,
    pub catalog: &'a Catalog,
    pub database: Option<&'a DatabaseId>,
    pub schemas: Vec<ResolvedPair<'a, Schema>>,
    pub clusters: Vec<ResolvedPair<'a, Cluster>>,
}

impl Environment {
    /// A stable name for records and fingerprints: the dbt target within its database.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.database, self.target)
    }

    #[must_use]
    pub fn resolve<'a>(&'a self, catalog: &'a Catalog) -> Resolved<'a> {
        let database = catalog.database_named(&self.database);
        let schema = |name| database.and_then(|database| catalog.schema_named(database, name));
        Resolved {
            environment: self,
            catalog,
            database,
            schemas: self
                .schemas
                .iter()
                .map(|names| ResolvedPair {
                    names,
                    production: schema(&names.production),
                    deployment: schema(&names.deployment),
                })
                .collect(),
            clusters: self
                .clusters
                .iter()
                .map(|names| ResolvedPair {
                    names,
                    production: catalog.cluster_named(&names.production),
                    deployment: catalog.cluster_named(&names.deployment),
                })
                .collect(),
        }
    }

    /// The name that must be typed before production changes: the first cluster, or the first schema where there is none.
    #[must_use]
    pub fn confirmation_word(&self) -> Option<&Identifier> {
        self.clusters
            .first()
            .or_else(|| self.schemas.first())
            .map(|pair| &pair.production)
    }
}

impl<'a> Resolved<'a> {
    /// The side whose schema this is.
    #[must_use]
    pub fn side_of_schema(&self, id: &SchemaId) -> Option<Side> {
        side_among(&self.schemas, |schema| &schema.id == id)
    }

    /// The side whose cluster this is.
    #[must_use]
    pub fn side_of_cluster(&self, id: &ClusterId) -> Option<Side> {
        side_among(&self.clusters, |cluster| &cluster.id == id)
    }

    /// The side whose schema holds this object.
    #[must_use]
    pub fn side_of(&self, object: &Object) -> Option<Side> {
        self.side_of_schema(&object.schema)
    }

    /// The objects in the schemas of one side.
    pub fn objects(&self, side: Side) -> impl Iterator<Item = &'a Object> + use<'a, '_> {
        let schemas: BTreeSet<&SchemaId> = members(&self.schemas, side, |schema| &schema.id);
        self.catalog
            .objects
            .values()
            .filter(move |object| schemas.contains(&object.schema))
    }

    /// The objects that count for a side: in its schemas or on its clusters. What a session has on them for itself does not.
    pub fn members(&self, side: Side) -> impl Iterator<Item = &'a Object> + use<'a, '_> {
        let on_side = move |cluster| self.side_of_cluster(cluster) == Some(side);
        self.catalog.objects.values().filter(move |object| {
            self.side_of(object) == Some(side)
                || (!object.is_temporary() && object.cluster.as_ref().is_some_and(on_side))
        })
    }

    /// What a side holds: the objects in its schemas, or on its clusters where the environment has no schemas.
    pub fn contents(&self, side: Side) -> impl Iterator<Item = &'a Object> + use<'a, '_> {
        let schemas: BTreeSet<&SchemaId> = members(&self.schemas, side, |schema| &schema.id);
        let clusters: BTreeSet<&ClusterId> = match self.schemas.is_empty() {
            true => members(&self.clusters, side, |cluster| &cluster.id),
            false => BTreeSet::new(),
        };
        self.catalog.objects.values().filter(move |object| {
            let on = |cluster| clusters.contains(cluster);
            schemas.contains(&object.schema)
                || (!object.is_temporary() && object.cluster.as_ref().is_some_and(on))
        })
    }

    /// What models can make, by its schema and name.
    #[must_use]
    pub fn relation(&self, schema: &SchemaId, name: &Identifier) -> Option<&'a Object> {
        const KINDS: [ObjectKind; 5] = [
            ObjectKind::View,
            ObjectKind::MaterializedView,
            ObjectKind::Table,
            ObjectKind::Source,
            ObjectKind::Sink,
        ];
        KINDS
            .iter()
            .find_map(|kind| self.catalog.object_named(*schema, name, kind))
    }

    /// The object of the same name and kind in the twin schema.
    #[must_use]
    pub fn twin(&self, object: &Object) -> Option<&'a Object> {
        let side = self.side_of(object)?;
        let pair = self.schemas.iter().find(|pair| {
            pair.side(side)
                .is_some_and(|schema| schema.id == object.schema)
        })?;
        let twin = pair.side(side.other())?;
        self.catalog
            .object_named(twin.id, &object.name, &object.kind)
    }

    /// Object ids of one side, for closures.
    #[must_use]
    pub fn object_ids(&self, side: Side) -> BTreeSet<&'a ObjectId> {
        self.objects(side).map(|object| &object.id).collect()
    }
}

/// The ids of a side's members of some pairs.
fn members<'a, T, Id: Ord>(
    pairs: &[ResolvedPair<'a, T>],
    side: Side,
    id: impl Fn(&'a T) -> &'a Id,
) -> BTreeSet<&'a Id> {
    pairs
        .iter()
        .filter_map(|pair| pair.side(side))
        .map(id)
        .collect()
}

fn side_among<T>(pairs: &[ResolvedPair<'_, T>], is: impl Fn(&T) -> bool) -> Option<Side> {
    pairs.iter().find_map(|pair| {
        [Side::Production, Side::Deployment]
            .into_iter()
            .find(|side| pair.side(*side).is_some_and(&is))
    })
}
