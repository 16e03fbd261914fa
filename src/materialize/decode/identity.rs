//! Who answers, as whom we ask, and what this server offers.

use super::row::TextRow;
use crate::domain::name::Identifier;
use crate::materialize::error::Error;
use crate::materialize::queries::Offer;

/// What a server says of itself and of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub version: Option<String>,
    pub role: Identifier,
    pub superuser: bool,
    pub database: Identifier,
}

/// # Errors
/// When the row lacks the role or the database.
pub fn identity(row: &TextRow) -> Result<Identity, Error> {
    let name = |column, what: &str| {
        row.get(column)
            .and_then(|text| Identifier::new(text).ok())
            .ok_or_else(|| Error::decode("the server's identity", format!("there is no {what}")))
    };
    Ok(Identity {
        version: row.get(0).map(str::to_owned),
        role: name(1, "role")?,
        superuser: row.truth(2).unwrap_or(false),
        database: name(3, "database")?,
    })
}

/// Which relations and columns there are, from rows of schema, relation, column.
pub fn offer<'a>(rows: impl IntoIterator<Item = &'a TextRow>) -> Offer {
    Offer::new(rows.into_iter().filter_map(|row| {
        let cell = |column| row.get(column).map(str::to_owned);
        Some((cell(0)?, cell(1)?, cell(2)?))
    }))
}
