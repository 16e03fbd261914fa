//! Who answers, as whom we ask, and what this server offers.

use super::store::CatalogRows;
use crate::domain::name::Identifier;
use crate::materialize::error::Error;
use crate::materialize::offer::Offer;
use crate::materialize::queries::rows;

/// What a server says of itself and of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub version: Option<String>,
    pub role: Identifier,
    pub superuser: bool,
    pub database: Identifier,
}

/// # Errors
/// When there is no row, or it lacks the role or the database.
pub fn identity(told: &CatalogRows) -> Result<Identity, Error> {
    let row = told
        .all::<rows::Identity>()
        .next()
        .ok_or_else(|| Error::decode("the server's identity", "there is no row"))?;
    Ok(Identity {
        version: row.version().owned(),
        role: row.role().name()?,
        superuser: row.superuser().truth().unwrap_or(false),
        database: row.database().name()?,
    })
}

/// Which relations and columns there are.
#[must_use]
pub fn offer(told: &CatalogRows) -> Offer {
    Offer::new(told.all::<rows::SystemColumns>().filter_map(|row| {
        Some((
            row.schema_name().owned()?,
            row.relation_name().owned()?,
            row.column_name().owned()?,
        ))
    }))
}
