//! A sink that follows its view.

use crate::domain::name::{ObjectId, QualifiedName};
use crate::domain::object::{Catalog, Object};

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
