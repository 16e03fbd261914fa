//! Statements that create relations, their indexes and their comments, as dbt-materialize would.

use super::Statement;
use crate::domain::name::{Identifier, QualifiedName, literal};
use crate::domain::object::ObjectKind;

/// An option in the WITH clause of a materialized view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewOption {
    RefreshAt(String),
    RefreshAtCreation,
    RefreshEvery {
        interval: String,
        aligned_to: Option<String>,
    },
    RefreshOnCommit,
    PartitionBy(Vec<ColumnText>),
    RetainHistory(String),
}

/// A column as a project writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnText {
    Name(Identifier),
    /// An expression, or a name that the project itself has quoted: goes into the statement as it is.
    Expression(String),
}

/// An index on a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexDefinition {
    /// The server chooses a name where there is none.
    pub name: Option<Identifier>,
    pub cluster: Identifier,
    pub on: QualifiedName,
    /// `None`: a default index, on the columns that the server chooses.
    pub columns: Option<Vec<ColumnText>>,
}

impl Statement {
    /// `query` is a SELECT, without a closing semicolon.
    #[must_use]
    pub fn create_view(name: &QualifiedName, query: &str) -> Self {
        Self::built(format!("CREATE VIEW {} AS (\n{query}\n)", name.quoted()))
    }

    /// `query` is a SELECT, without a closing semicolon.
    #[must_use]
    pub fn create_materialized_view(
        name: &QualifiedName,
        cluster: &Identifier,
        options: &[ViewOption],
        query: &str,
    ) -> Self {
        let options = if options.is_empty() {
            String::new()
        } else {
            let options: Vec<String> = options.iter().map(ViewOption::sql).collect();
            format!(" WITH ({})", options.join(", "))
        };
        Self::built(format!(
            "CREATE MATERIALIZED VIEW {} IN CLUSTER {}{options} AS (\n{query}\n)",
            name.quoted(),
            cluster.quoted()
        ))
    }

    #[must_use]
    pub fn create_index(index: &IndexDefinition) -> Self {
        let default = if index.columns.is_none() {
            "DEFAULT "
        } else {
            ""
        };
        let name =
            (index.name.as_ref()).map_or(String::new(), |name| format!(" {}", name.quoted()));
        let columns = (index.columns.as_deref())
            .map_or(String::new(), |columns| format!(" ({})", list(columns)));
        Self::built(format!(
            "CREATE {default}INDEX{name} IN CLUSTER {} ON {}{columns}",
            index.cluster.quoted(),
            index.on.quoted()
        ))
    }

    /// Says nothing when the relation is gone already, as after a CASCADE.
    #[must_use]
    pub fn drop_relation_if_exists(kind: &ObjectKind, name: &QualifiedName, cascade: bool) -> Self {
        let cascade = if cascade { " CASCADE" } else { "" };
        Self::built(format!(
            "DROP {} IF EXISTS {}{cascade}",
            kind.keyword(),
            name.quoted()
        ))
    }

    #[must_use]
    pub fn comment_on_relation(kind: &ObjectKind, name: &QualifiedName, comment: &str) -> Self {
        Self::built(format!(
            "COMMENT ON {} {} IS {}",
            kind.keyword(),
            name.quoted(),
            literal(comment)
        ))
    }

    #[must_use]
    pub fn comment_on_column(name: &QualifiedName, column: &Identifier, comment: &str) -> Self {
        Self::built(format!(
            "COMMENT ON COLUMN {}.{} IS {}",
            name.quoted(),
            column.quoted(),
            literal(comment)
        ))
    }
}

impl ViewOption {
    fn sql(&self) -> String {
        match self {
            Self::RefreshAt(at) => format!("REFRESH AT {}", literal(at)),
            Self::RefreshAtCreation => "REFRESH AT CREATION".to_owned(),
            Self::RefreshEvery {
                interval,
                aligned_to,
            } => {
                let aligned = (aligned_to.as_ref())
                    .map_or(String::new(), |at| format!(" ALIGNED TO {}", literal(at)));
                format!("REFRESH EVERY {}{aligned}", literal(interval))
            }
            Self::RefreshOnCommit => "REFRESH ON COMMIT".to_owned(),
            Self::PartitionBy(columns) => format!("PARTITION BY ({})", list(columns)),
            Self::RetainHistory(period) => format!("RETAIN HISTORY FOR {}", literal(period)),
        }
    }
}

impl ColumnText {
    /// A bare word is a name, folded to lower case as the server folds unquoted names; everything else is an expression.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let bare = starts && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match Identifier::new(text.to_lowercase()) {
            Ok(name) if bare => Self::Name(name),
            _ => Self::Expression(text.to_owned()),
        }
    }
}

fn list(columns: &[ColumnText]) -> String {
    let columns = columns.iter().map(|column| match column {
        ColumnText::Name(name) => name.quoted(),
        ColumnText::Expression(text) => text.clone(),
    });
    columns.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifier(name: &str) -> Identifier {
        Identifier::new(name).unwrap()
    }

    fn relation() -> QualifiedName {
        QualifiedName {
            database: identifier("d"),
            schema: identifier("S s"),
            name: identifier("r\"x"),
        }
    }

    #[test]
    fn a_materialized_view_carries_its_options_in_one_clause() {
        let options = [
            ViewOption::RefreshAtCreation,
            ViewOption::RefreshEvery {
                interval: "1 day".into(),
                aligned_to: Some("2024-01-01".into()),
            },
            ViewOption::RetainHistory("1hr".into()),
            ViewOption::PartitionBy(vec![ColumnText::read("Day")]),
        ];
        let statement = Statement::create_materialized_view(
            &relation(),
            &identifier("C"),
            &options,
            "SELECT 1 -- end",
        );
        assert_eq!(
            statement.sql(),
            "CREATE MATERIALIZED VIEW \"d\".\"S s\".\"r\"\"x\" IN CLUSTER \"C\" WITH (REFRESH AT CREATION, REFRESH EVERY '1 day' ALIGNED TO '2024-01-01', RETAIN HISTORY FOR '1hr', PARTITION BY (\"day\")) AS (\nSELECT 1 -- end\n)"
        );
    }

    #[test]
    fn an_index_is_default_named_or_neither() {
        let index = |name: Option<&str>, columns| {
            let index = IndexDefinition {
                name: name.map(identifier),
                cluster: identifier("c"),
                on: relation(),
                columns,
            };
            Statement::create_index(&index).sql().to_owned()
        };
        assert_eq!(
            index(None, None),
            "CREATE DEFAULT INDEX IN CLUSTER \"c\" ON \"d\".\"S s\".\"r\"\"x\""
        );
        let columns = ["a", "lower(B)", "\"C\""].map(ColumnText::read).to_vec();
        assert_eq!(
            index(Some("i"), Some(columns)),
            "CREATE INDEX \"i\" IN CLUSTER \"c\" ON \"d\".\"S s\".\"r\"\"x\" (\"a\", lower(B), \"C\")"
        );
    }

    #[test]
    fn comments_are_literals() {
        let view = ObjectKind::MaterializedView;
        assert_eq!(
            Statement::comment_on_relation(&view, &relation(), "it's").sql(),
            "COMMENT ON MATERIALIZED VIEW \"d\".\"S s\".\"r\"\"x\" IS 'it''s'"
        );
    }
}
