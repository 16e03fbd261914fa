//! The marker of a lease on the server: set, watched and dropped on a session of its own, which the holder keeps open.

use super::connection::{Connection, Connector, Purpose, StatementResult};
use super::error::Error;
use super::queries::CatalogQuery;
use super::waiting::Ask;
use crate::domain::failure::told;
use crate::domain::lease::{Holder, LeasePlace};
use crate::domain::name::{Identifier, QualifiedName, literal};
use crate::domain::object::ObjectKind;
use crate::domain::plan::Statement;

/// A marker that we set. Its lease ends with this session, however that ends.
pub struct Marker {
    connection: Connection,
    name: Identifier,
    place: LeasePlace,
    set: Statement,
}

/// Where a marker of ours stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// Where it was put.
    Still,
    /// In a schema of this name: somebody moved names.
    In(String),
    /// Nowhere: somebody dropped it.
    Nowhere,
}

impl Marker {
    /// Opens a session and sets the marker.
    ///
    /// # Errors
    /// When the server can't be reached, or refuses: the schema may be gone, or a privilege missing.
    pub async fn set(
        connector: &Connector,
        place: LeasePlace,
        name: Identifier,
        holder: Holder,
    ) -> Result<Self, Error> {
        let connection = connector.connect(Purpose::Observe).await?;
        let own_session = CatalogQuery::OwnSession.definition().statement();
        let session = match connection.ask(&own_session, Ask::Reading).await {
            Ok(answer) => only(answer),
            Err(error) if error.server().is_some() => {
                tracing::warn!(error = told(&error), "our own session can't be read");
                None
            }
            Err(error) => return Err(error),
        };
        let set = Statement::marker(&place.put(&name), &Holder { session, ..holder });
        connection.run(set.sql()).await?;
        Ok(Self {
            connection,
            name,
            place,
            set,
        })
    }

    #[must_use]
    pub fn name(&self) -> &Identifier {
        &self.name
    }

    #[must_use]
    pub fn place(&self) -> &LeasePlace {
        &self.place
    }

    /// The statement that set it.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.set
    }

    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.connection.is_closed()
    }

    /// Asks the server where it stands.
    ///
    /// # Errors
    /// When the connection fails.
    pub async fn stands(&self) -> Result<Stands, Error> {
        let select = format!(
            "SELECT q.schema\nFROM (\n{}\n) AS q\nWHERE q.view = {}",
            CatalogQuery::ViewSchemas.definition().statement(),
            literal(self.name.as_str())
        );
        let answer = self.connection.ask(&select, Ask::Reading).await?;
        Ok(match only(answer) {
            Some(schema) if schema == self.place.deployment.as_str() => Stands::Still,
            Some(schema) => Stands::In(schema),
            None => Stands::Nowhere,
        })
    }

    /// Drops it, where it was put or where a swap took it; what is gone already is gone.
    pub async fn drop_it(&self) {
        for name in [self.place.put(&self.name), self.place.swapped(&self.name)] {
            match self.drop_at(&name).await {
                Ok(()) => return,
                Err(error) => tracing::debug!(error = told(&error), "no marker there to drop"),
            }
        }
    }

    /// Drops a marker that stands here, whose ever it was: no two bear one name.
    ///
    /// # Errors
    /// When the server refuses, or the connection fails.
    pub async fn drop_at(&self, name: &QualifiedName) -> Result<(), Error> {
        let drop = Statement::drop_object(&ObjectKind::View, name, false);
        self.connection.run(drop.sql()).await.map(|_| ())
    }
}

/// The only value of an answer.
fn only(answer: StatementResult) -> Option<String> {
    answer
        .rows
        .into_iter()
        .next()
        .and_then(|mut row| row.pop()?)
}
