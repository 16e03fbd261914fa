//! Statements that change something, built from typed names only.

use crate::domain::lease::Holder;
use crate::domain::name::{Identifier, QualifiedName, literal};
use crate::domain::object::ObjectKind;
use crate::domain::record::{DeploymentRole, Record, foreign, without_promotion_mark};
use serde::Serialize;

/// One SQL statement that changes something. Its constructors take names as types, so nothing unquoted gets in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Statement {
    sql: String,
    /// The text without times, for fingerprints; `None` when it holds none.
    #[serde(skip)]
    stable: Option<String>,
}

/// What a grant is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantTarget {
    Schema(Identifier, Identifier),
    Cluster(Identifier),
    /// Tables, views, materialized views and sources are all of class TABLE in grants.
    Relation(QualifiedName),
}

impl Statement {
    fn new(sql: String) -> Self {
        Self { sql, stable: None }
    }

    /// The text, without a closing semicolon.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The text without what changes from minute to minute.
    #[must_use]
    pub fn stable(&self) -> &str {
        self.stable.as_deref().unwrap_or(&self.sql)
    }

    /// This statement, for a fingerprint as good as `other`.
    #[must_use]
    pub fn with_stable_of(self, other: &Self) -> Self {
        Self {
            stable: Some(other.stable().to_owned()),
            ..self
        }
    }

    #[must_use]
    pub fn create_schema(database: &Identifier, schema: &Identifier) -> Self {
        Self::new(format!(
            "CREATE SCHEMA {}.{}",
            database.quoted(),
            schema.quoted()
        ))
    }

    /// DDL that leaves no trace, for a fresh connection: any COMMIT of names that was still on its way then fails (recorded: v26.39/16), so
    /// what is read after it is settled. Temporary, so it takes no privilege and goes with its session.
    #[must_use]
    pub fn temporary_view() -> Self {
        Self::new("CREATE TEMPORARY VIEW \"cutover_fence\" AS SELECT 1 AS \"fence\"".to_owned())
    }

    /// The marker of a lease: a view, so it runs nowhere, and nobody else's name.
    #[must_use]
    pub fn marker(name: &QualifiedName, holder: &Holder) -> Self {
        Self::new(format!(
            "CREATE VIEW {} AS SELECT {} AS \"holder\"",
            name.quoted(),
            literal(&holder.text())
        ))
    }

    #[must_use]
    pub fn move_sink(sink: &QualifiedName, from: &QualifiedName) -> Self {
        Self::new(format!(
            "ALTER SINK {} SET FROM {}",
            sink.quoted(),
            from.quoted()
        ))
    }

    /// The deployment record in a schema's comment, beside what else the comment says.
    #[must_use]
    pub fn record(
        database: &Identifier,
        schema: &Identifier,
        comment: Option<&str>,
        record: &Record,
    ) -> Self {
        // Only what was promoted bears the mark of a promote; a rebuilt side must not pass it on.
        let rebuilt = matches!(
            record.role,
            DeploymentRole::Candidate | DeploymentRole::Synced
        );
        let others = if rebuilt {
            without_promotion_mark(comment)
        } else {
            comment.map(str::to_owned)
        };
        let comment = others.as_deref();
        let text = |record: &Record| {
            format!(
                "COMMENT ON SCHEMA {}.{} IS {}",
                database.quoted(),
                schema.quoted(),
                literal(&record.write_into(comment))
            )
        };
        let timeless = Record {
            at: String::new(),
            ..record.clone()
        };
        Self {
            sql: text(record),
            stable: Some(text(&timeless)),
        }
    }

    /// The record of new production, behind the mark that dbt-materialize's `deploy_promote` leaves on the schemas that it promoted.
    #[must_use]
    pub fn promotion_record(
        database: &Identifier,
        schema: &Identifier,
        comment: Option<&str>,
        record: &Record,
        commit: Option<&str>,
    ) -> Self {
        let others = without_promotion_mark(comment);
        let marked = |at: &str| {
            let commit =
                commit.map_or_else(String::new, |commit| format!(" | Commit SHA: {commit}"));
            let others = others
                .as_deref()
                .map_or_else(String::new, |text| format!(" | {text}"));
            format!(
                "Deployment by {} on {at}{commit}{others}",
                foreign(&record.by)
            )
        };
        let full = Self::record(database, schema, Some(&marked(&record.at)), record);
        let timeless = Self::record(database, schema, Some(&marked("")), record);
        Self {
            sql: full.sql,
            stable: timeless.stable,
        }
    }

    #[must_use]
    pub fn comment_on_cluster(cluster: &Identifier, comment: &str) -> Self {
        Self::new(format!(
            "COMMENT ON CLUSTER {} IS {}",
            cluster.quoted(),
            literal(comment)
        ))
    }

    #[must_use]
    pub fn comment_on_schema(database: &Identifier, schema: &Identifier, comment: &str) -> Self {
        Self::new(format!(
            "COMMENT ON SCHEMA {}.{} IS {}",
            database.quoted(),
            schema.quoted(),
            literal(comment)
        ))
    }

    #[must_use]
    pub fn drop_schema(database: &Identifier, schema: &Identifier, cascade: bool) -> Self {
        let cascade = if cascade { " CASCADE" } else { "" };
        Self::new(format!(
            "DROP SCHEMA {}.{}{cascade}",
            database.quoted(),
            schema.quoted()
        ))
    }

    #[must_use]
    pub fn drop_cluster(cluster: &Identifier, cascade: bool) -> Self {
        let cascade = if cascade { " CASCADE" } else { "" };
        Self::new(format!("DROP CLUSTER {}{cascade}", cluster.quoted()))
    }

    #[must_use]
    pub fn drop_object(kind: &ObjectKind, name: &QualifiedName, cascade: bool) -> Self {
        let cascade = if cascade { " CASCADE" } else { "" };
        Self::new(format!(
            "DROP {} {}{cascade}",
            kind.keyword(),
            name.quoted()
        ))
    }

    /// `privilege` is a word of the catalog (`USAGE`, `SELECT`, ...); anything but letters and blanks is left out of the text.
    #[must_use]
    pub fn grant(privilege: &str, target: &GrantTarget, grantee: Option<&Identifier>) -> Self {
        Self::new(format!(
            "GRANT {} ON {} TO {}",
            keyword(privilege),
            target.sql(),
            grantee.map_or_else(|| "PUBLIC".to_owned(), Identifier::quoted)
        ))
    }

    #[must_use]
    pub fn revoke(privilege: &str, target: &GrantTarget, grantee: Option<&Identifier>) -> Self {
        Self::new(format!(
            "REVOKE {} ON {} FROM {}",
            keyword(privilege),
            target.sql(),
            grantee.map_or_else(|| "PUBLIC".to_owned(), Identifier::quoted)
        ))
    }

    /// `owner` of `None` is FOR ALL ROLES, `grantee` of `None` is PUBLIC; `object_class` is a word of the catalog (`table`).
    #[must_use]
    pub fn default_privilege(
        owner: Option<&Identifier>,
        schema: (&Identifier, &Identifier),
        privilege: &str,
        object_class: &str,
        grantee: Option<&Identifier>,
    ) -> Self {
        Self::new(format!(
            "ALTER DEFAULT PRIVILEGES FOR {} IN SCHEMA {}.{} GRANT {} ON {}S TO {}",
            owner.map_or_else(
                || "ALL ROLES".to_owned(),
                |role| format!("ROLE {}", role.quoted())
            ),
            schema.0.quoted(),
            schema.1.quoted(),
            keyword(privilege),
            keyword(object_class),
            grantee.map_or_else(|| "PUBLIC".to_owned(), Identifier::quoted)
        ))
    }

    /// A statement whose text another module of the domain built from typed names.
    pub(in crate::domain) fn built(sql: String) -> Self {
        Self::new(sql)
    }
}

impl GrantTarget {
    fn sql(&self) -> String {
        match self {
            Self::Schema(database, schema) => {
                format!("SCHEMA {}.{}", database.quoted(), schema.quoted())
            }
            Self::Cluster(cluster) => format!("CLUSTER {}", cluster.quoted()),
            Self::Relation(name) => format!("TABLE {}", name.quoted()),
        }
    }
}

fn keyword(word: &str) -> String {
    word.chars()
        .filter(|c| c.is_ascii_alphabetic() || *c == ' ')
        .collect::<String>()
        .to_uppercase()
}
