//! Getting to know a server: who it is, as whom we ask, which relations it offers.

use super::connection::{Connection, StatementResult};
use super::decode::identity::{identity, offer};
use super::decode::store::CatalogRows;
use super::error::{Class, Error, ServerError};
use super::offer::{KeptOffers, Offer};
use super::queries::{CatalogQuery, QueryDefinition};
use super::row::TextRow;
use super::waiting::Ask;
use crate::domain::failure::told;
use crate::domain::snapshot::Server;

/// What a server is and offers.
#[derive(Debug, Clone)]
pub struct Probed {
    pub server: Server,
    pub offer: Offer,
}

/// Simulated servers say so in their version: `v26.9.0 (simulated)`.
const SIMULATED: &str = "simulated";

/// # Errors
/// When the server lacks a relation that no picture can do without, or the connection fails.
pub async fn probe(connection: &Connection) -> Result<Probed, Error> {
    let (server, offer) = tokio::try_join!(identify(connection), offer_of(connection))?;
    if let Some(missing) = offer.missing_required() {
        return Err(Error::new(Class::Unsupported(Box::new(ServerError {
            sqlstate: "0A000".to_owned(),
            message: format!(
                "the server has no `{missing}`, so it is no Materialize that this program knows"
            ),
            detail: None,
            hint: None,
        }))));
    }
    Ok(Probed { server, offer })
}

/// As it was kept for this version of this server, else as the server says.
async fn offer_of(connection: &Connection) -> Result<Offer, Error> {
    let kept = kept(connection);
    if let Some(offer) = kept
        .as_ref()
        .and_then(|(offers, server)| offers.find(server))
    {
        return Ok(offer);
    }
    let offer = offer(&rows_of(connection, CatalogQuery::SystemColumns).await?);
    if let (Some((offers, server)), None) = (kept, offer.missing_required()) {
        offers.keep(&server, &offer);
    }
    Ok(offer)
}

/// Where offers are kept, and what this server's is called there. A simulated server's version does not tell what it offers.
fn kept(connection: &Connection) -> Option<(&dyn KeptOffers, String)> {
    let version = connection.version().filter(|it| !it.contains(SIMULATED))?;
    // What is hidden from a role may be shown to another one.
    let role = &connection.settings().user;
    let address = connection.settings().address();
    Some((connection.offers()?, format!("{role}@{address} {version}")))
}

async fn identify(connection: &Connection) -> Result<Server, Error> {
    let identity = identity(&rows_of(connection, CatalogQuery::Identity).await?)?;
    // The start parameter is what the server says of itself; older servers leave it out.
    let version = connection
        .version()
        .map(str::to_owned)
        .or(identity.version)
        .unwrap_or_else(|| "unknown".to_owned());
    Ok(Server {
        simulated: version.contains(SIMULATED),
        version,
        host: connection.settings().host.clone(),
        port: connection.settings().port,
        role: identity.role,
        superuser: identity.superuser,
        database: identity.database,
        database_id: None,
    })
}

/// Runs one query on its own.
pub(super) async fn rows_of(
    connection: &Connection,
    query: CatalogQuery,
) -> Result<CatalogRows, Error> {
    let answers = connection.ask_all(&[query.definition().statement()]).await;
    let mut told = CatalogRows::default();
    for answer in answers.map_err(|(_, error)| error)? {
        tell(&mut told, query, &answer);
    }
    Ok(told)
}

/// Adds the rows of an answer to what a query's query was answered.
pub(super) fn tell(told: &mut CatalogRows, query: CatalogQuery, answer: &StatementResult) {
    for row in &answer.rows {
        told.change(query, TextRow::new(row.iter().map(Option::as_deref)), 1);
    }
}

/// Finds what this role can't read of queries that were refused as a whole. `true` when something was found.
pub(super) async fn exclude_refused(
    connection: &Connection,
    offer: &mut Offer,
    queries: &[&'static QueryDefinition],
) -> Result<bool, Error> {
    let mut found = false;
    for query in queries {
        let trial = format!("SELECT * FROM (\n{}\n) AS q LIMIT 0", query.statement());
        match connection.ask(&trial, Ask::Reading).await {
            Ok(_) => {}
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                tracing::warn!(
                    relation = query.relation,
                    error = told(&error),
                    "left out of the picture"
                );
                offer.refuse(query);
                // What a role may not read is no word about what the server has.
                let is_gone = !matches!(error.class, Class::Permission(_));
                if let (true, Some((offers, server))) = (is_gone, kept(connection)) {
                    offers.forget(&server);
                }
                found = true;
            }
        }
    }
    match offer.missing_required() {
        Some(missing) if found => Err(Error::new(Class::Permission(Box::new(ServerError {
            sqlstate: "42501".to_owned(),
            message: format!("`{missing}` can't be read"),
            detail: None,
            hint: None,
        })))),
        _ => Ok(found),
    }
}
