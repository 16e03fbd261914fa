//! Definitions as the catalog holds them, made comparable between the two sides.
//!
//! `create_sql` names its inputs as `[u12 AS "db"."schema"."name"]` and clusters as `IN CLUSTER [u5]` (recorded: 10). Twins differ in ids,
//! in the deployment suffix, and in the `AS OF` that the server notes behind materialized views; in nothing else.

use super::environment::Resolved;
use super::name::{ClusterId, Identifier, ObjectId};
use super::object::Object;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// A definition with ids and sides taken out: equal texts, equal meaning.
#[must_use]
pub fn canonical(create_sql: &str, resolved: &Resolved<'_>) -> String {
    let pieces = pieces(create_sql);
    let mut text = String::with_capacity(create_sql.len());
    let mut inside_reference = false;
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Name(name) => {
                let qualifier = qualifies(&pieces, at);
                match production_name(resolved, name, qualifier.as_deref()) {
                    Some(production) => text.push_str(&production.quoted()),
                    None => text.push_str(&format!("\"{}\"", name.replace('"', "\"\""))),
                }
            }
            Piece::Plain(plain) => {
                text.push_str(&plain_text(plain, resolved, &mut inside_reference))
            }
        }
    }
    without_as_of(text.trim_end_matches(';').trim_end()).to_owned()
}

/// A short hash of a canonical definition, for fingerprints.
#[must_use]
pub fn digest(canonical: &str) -> String {
    Sha256::digest(canonical.as_bytes())
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// `u12 0123456789ab`: the object's id with the digest of its definition, which is left out where the catalog does not tell it.
#[must_use]
pub fn identity(object: &Object, resolved: &Resolved<'_>) -> String {
    let definition = object
        .create_sql
        .as_deref()
        .map(|sql| digest(&canonical(sql, resolved)));
    format!("{} {}", object.id, definition.unwrap_or_default())
}

/// The name that a statement gives what it makes, as its parts: database, schema, name. Empty where it is not written as the catalog
/// writes it.
#[must_use]
pub fn own_name(create_sql: &str) -> Vec<String> {
    let mut pieces = pieces(create_sql).into_iter();
    let mut parts = Vec::new();
    if !matches!(pieces.next(), Some(Piece::Plain(_))) {
        return parts;
    }
    while let Some(Piece::Name(part)) = pieces.next() {
        parts.push(part);
        match pieces.next() {
            Some(Piece::Plain(dot)) if dot == "." => {}
            _ => break,
        }
    }
    parts
}

/// The items that a definition names as `[u12 AS ...]`.
#[must_use]
pub fn references(create_sql: &str) -> BTreeSet<ObjectId> {
    let pieces = pieces(create_sql);
    let texts = pieces.iter().filter_map(|piece| match piece {
        Piece::Plain(text) => text.strip_suffix(" AS "),
        _ => None,
    });
    texts
        .filter_map(|text| text.rsplit_once('[')?.1.parse().ok())
        .collect()
}

enum Piece {
    /// A string constant, quotes included.
    Literal(String),
    /// A quoted identifier, unquoted.
    Name(String),
    Plain(String),
}

fn pieces(sql: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        if c == '\'' || c == '"' {
            if !plain.is_empty() {
                pieces.push(Piece::Plain(std::mem::take(&mut plain)));
            }
            let end = quoted_end(rest, c);
            let quoted = &rest[..end];
            pieces.push(if c == '\'' {
                Piece::Literal(quoted.to_owned())
            } else {
                Piece::Name(
                    quoted[1..]
                        .strip_suffix('"')
                        .unwrap_or(&quoted[1..])
                        .replace("\"\"", "\""),
                )
            });
            rest = &rest[end..];
        } else {
            plain.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Plain(plain));
    }
    pieces
}

/// The byte length of the quoted text that `sql` begins with; doubled quotes belong to it.
fn quoted_end(sql: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(found) = sql[at..].find(quote) {
        at += found + 1;
        if !sql[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    sql.len()
}

/// The database name before a schema name: `"db" . "schema" . "name"` at the middle position.
fn qualifies(pieces: &[Piece], at: usize) -> Option<String> {
    let dot = |piece: Option<&Piece>| matches!(piece, Some(Piece::Plain(text)) if text == ".");
    let before = at.checked_sub(2).and_then(|two| pieces.get(two))?;
    match before {
        Piece::Name(database) if dot(pieces.get(at - 1)) && dot(pieces.get(at + 1)) => {
            Some(database.clone())
        }
        _ => None,
    }
}

fn production_name<'a>(
    resolved: &Resolved<'a>,
    schema: &str,
    database: Option<&str>,
) -> Option<&'a Identifier> {
    let database = database?;
    (database == resolved.environment.database.as_str())
        .then(|| {
            resolved
                .schemas
                .iter()
                .find(|pair| pair.names.deployment.as_str() == schema)
        })
        .flatten()
        .map(|pair| &pair.names.production)
}

/// Unquoted text without `[u12 AS ... ]` brackets, and with `[u5]` of a cluster as its production name.
fn plain_text(plain: &str, resolved: &Resolved<'_>, inside_reference: &mut bool) -> String {
    let mut text = String::with_capacity(plain.len());
    let mut rest = plain;
    if *inside_reference && let Some(after) = rest.strip_prefix(']') {
        *inside_reference = false;
        rest = after;
    }
    while let Some(open) = rest.find('[') {
        text.push_str(&rest[..open]);
        let inner = &rest[open + 1..];
        let id_length = inner
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .count();
        let (id, after) = inner.split_at(id_length);
        if after == " AS " {
            *inside_reference = true;
            return text;
        }
        match (after.strip_prefix(']'), cluster_name(resolved, id)) {
            (Some(after), Some(name)) => {
                text.push_str(&name.quoted());
                rest = after;
            }
            _ => {
                text.push('[');
                rest = inner;
            }
        }
    }
    text.push_str(rest);
    text
}

fn cluster_name<'a>(resolved: &Resolved<'a>, id: &str) -> Option<&'a Identifier> {
    let id: ClusterId = id.parse().ok()?;
    let pair = resolved.clusters.iter().find(|pair| {
        [pair.production, pair.deployment]
            .into_iter()
            .flatten()
            .any(|cluster| cluster.id == id)
    });
    match pair {
        Some(pair) => Some(&pair.names.production),
        None => resolved
            .catalog
            .clusters
            .get(&id)
            .map(|cluster| &cluster.name),
    }
}

fn without_as_of(sql: &str) -> &str {
    let without_digits = sql.trim_end_matches(|c: char| c.is_ascii_digit());
    if without_digits.len() == sql.len() {
        return sql;
    }
    without_digits.strip_suffix(" AS OF ").unwrap_or(sql)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::{Environment, NamePair, Strategy};
    use crate::domain::fixture;
    use crate::domain::name::{DatabaseId, RoleId};
    use crate::domain::object::{CatalogParts, Cluster, ClusterSchedule, Schema};

    fn name(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    fn pair(text: &str) -> NamePair {
        NamePair {
            production: name(text),
            deployment: name(text).deployment_twin().unwrap(),
        }
    }

    fn canonical_of(sql: &str) -> String {
        let environment = Environment {
            target: "prod".to_owned(),
            strategy: Strategy::Swap,
            database: name("db"),
            schemas: vec![pair("blue")],
            clusters: vec![pair("compute")],
        };
        let mut catalog = CatalogParts::default();
        catalog.databases.insert(DatabaseId::user(1), name("db"));
        for (id, text) in [
            ("u4", "compute"),
            ("u7", "compute_dbt_deploy"),
            ("u9", "other"),
        ] {
            catalog.clusters.insert(
                fixture::id(id),
                Cluster {
                    id: fixture::id(id),
                    name: name(text),
                    owner: RoleId::user(1),
                    managed: true,
                    size: None,
                    replication_factor: Some(1),
                    schedule: ClusterSchedule::Manual,
                    comment: None,
                },
            );
        }
        for (id, text) in [("u2", "blue"), ("u3", "blue_dbt_deploy")] {
            catalog.schemas.insert(
                fixture::id(id),
                Schema {
                    id: fixture::id(id),
                    name: name(text),
                    database: DatabaseId::user(1),
                    owner: RoleId::user(1),
                    comment: None,
                },
            );
        }
        canonical(sql, &environment.resolve(&catalog.into()))
    }

    #[test]
    fn a_definition_tells_its_own_name_and_what_it_reads() {
        let sql = r#"CREATE TYPE "db"."r18"."st.rs" AS LIST (ELEMENT TYPE = [s46 AS "pg_catalog"."text"])"#;
        assert_eq!(own_name(sql), ["db", "r18", "st.rs"]);
        assert!(own_name("CREATE TYPE r18.strs AS LIST").is_empty());
        let sql = r#"CREATE TEMPORARY VIEW "mz_temp"."t" AS SELECT '[u9 AS "x"' FROM [u21 AS "db"."e21"."v"] JOIN [u3 AS "db"."e21"."w"] USING ("a")"#;
        assert_eq!(
            references(sql),
            BTreeSet::from([ObjectId::user(3), ObjectId::user(21)])
        );
    }

    #[test]
    fn twins_are_equal_whatever_their_ids_cluster_and_time() {
        let blue = r#"CREATE MATERIALIZED VIEW "db"."blue"."mv" IN CLUSTER [u4] WITH (REFRESH = ON COMMIT) AS SELECT "a", 'x [u1 AS "db"' FROM [u12 AS "db"."blue"."v"] GROUP BY "a" AS OF 17000"#;
        let green = r#"CREATE MATERIALIZED VIEW "db"."blue_dbt_deploy"."mv" IN CLUSTER [u7] WITH (REFRESH = ON COMMIT) AS SELECT "a", 'x [u1 AS "db"' FROM [u40 AS "db"."blue_dbt_deploy"."v"] GROUP BY "a" AS OF 18000"#;
        assert_eq!(canonical_of(blue), canonical_of(green));
    }

    #[test]
    fn what_differs_in_meaning_stays_different() {
        let of = |from: &str, cluster: &str| {
            canonical_of(&format!(
                r#"CREATE VIEW "db"."blue"."v" IN CLUSTER [{cluster}] AS SELECT 1 FROM [u1 AS {from}]"#
            ))
        };
        assert_ne!(
            of(r#""db"."blue"."a""#, "u4"),
            of(r#""db"."blue"."b""#, "u4")
        );
        assert_ne!(
            of(r#""db"."blue"."a""#, "u4"),
            of(r#""db"."blue"."a""#, "u9")
        );
        // Another database's schema of the same name is another schema.
        assert_ne!(
            of(r#""db"."blue_dbt_deploy"."a""#, "u4"),
            of(r#""dc"."blue_dbt_deploy"."a""#, "u4")
        );
        // A table alias or column that happens to be called like the schema is left alone.
        assert!(canonical_of(r#"SELECT "blue_dbt_deploy"."x""#).contains("blue_dbt_deploy"));
    }
}
