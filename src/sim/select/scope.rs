//! Which columns a name may mean.

use super::typed::Typed;
use crate::error::{SqlError, SqlResult};
use crate::types::{Column, SqlType};

#[derive(Debug, Clone)]
pub struct ScopeColumn {
    pub name: String,
    pub ty: SqlType,
    pub nullable: bool,
    /// How SQLite reaches it.
    pub sql: String,
    /// Merged by USING: `*` shows it once.
    pub hidden: bool,
}

/// One entry of FROM.
#[derive(Debug, Clone)]
pub struct Relation {
    /// Alias, or the relation's name.
    pub name: String,
    /// The schema that it was named with or lives in, where there is no alias.
    pub schema: Option<String>,
    pub columns: Vec<ScopeColumn>,
}

impl Relation {
    /// Columns `c1`, `c2`, ... of a subquery or a table with that SQLite alias.
    #[must_use]
    pub fn numbered(name: &str, schema: Option<String>, alias: &str, columns: &[Column]) -> Self {
        Self::with(name, schema, columns, |at, _| {
            format!("{alias}.c{}", at + 1)
        })
    }

    /// The columns of a table that a DELETE or an UPDATE works on.
    #[must_use]
    pub fn stored(name: &str, schema: Option<String>, columns: &[Column]) -> Self {
        Self::with(name, schema, columns, |at, _| format!("c{}", at + 1))
    }

    fn with(
        name: &str,
        schema: Option<String>,
        columns: &[Column],
        sql: impl Fn(usize, &Column) -> String,
    ) -> Self {
        let columns = columns
            .iter()
            .enumerate()
            .map(|(at, column)| ScopeColumn {
                name: column.name.clone(),
                ty: column.ty,
                nullable: column.nullable,
                sql: sql(at, column),
                hidden: false,
            })
            .collect();
        Self {
            name: name.to_owned(),
            schema,
            columns,
        }
    }

    /// # Errors
    /// XX000 where there are more aliases than columns.
    pub fn rename_columns(&mut self, names: &[String]) -> SqlResult<()> {
        if names.len() > self.columns.len() {
            return Err(SqlError::plan(format!(
                "{} has {} columns available but {} columns specified",
                self.name,
                self.columns.len(),
                names.len()
            )));
        }
        for (column, name) in self.columns.iter_mut().zip(names) {
            column.name.clone_from(name);
        }
        Ok(())
    }
}

/// A common table expression.
#[derive(Debug, Clone)]
pub struct Cte {
    pub name: String,
    /// Its name in SQLite.
    pub alias: String,
    pub columns: Vec<Column>,
}

/// Names that are visible at one place; inner scopes see outer ones.
#[derive(Debug, Default)]
pub struct Scope<'p> {
    pub relations: Vec<Relation>,
    pub ctes: Vec<Cte>,
    pub outer: Option<&'p Scope<'p>>,
}

impl<'p> Scope<'p> {
    #[must_use]
    pub fn over(relations: Vec<Relation>) -> Self {
        Self {
            relations,
            ..Self::default()
        }
    }

    #[must_use]
    pub fn inside(outer: Option<&'p Self>) -> Self {
        Self {
            outer,
            ..Self::default()
        }
    }

    #[must_use]
    pub fn cte(&self, name: &str) -> Option<&Cte> {
        self.ctes
            .iter()
            .rev()
            .find(|cte| cte.name == name)
            .or_else(|| self.outer?.cte(name))
    }

    /// # Errors
    /// XX000 for an unknown or ambiguous name.
    pub fn column(&self, name: &str) -> SqlResult<Typed> {
        let mut found = self
            .relations
            .iter()
            .flat_map(|relation| &relation.columns)
            .filter(|column| column.name == name && !column.hidden);
        match (found.next(), found.next()) {
            (Some(column), None) => Ok(Typed::new(column.sql.clone(), column.ty)),
            (Some(_), Some(_)) => Err(SqlError::plan(format!(
                "column reference \"{name}\" is ambiguous"
            ))),
            (None, _) => match self.outer {
                Some(outer) => outer.column(name),
                None => Err(SqlError::unknown_column(name)),
            },
        }
    }

    /// A column by `relation.column`, `schema.relation.column` or with a database before that.
    ///
    /// # Errors
    /// XX000 for an unknown name.
    pub fn qualified(&self, parts: &[String]) -> SqlResult<Typed> {
        let [qualifier @ .., name] = parts else {
            return Err(SqlError::syntax("a column name is missing"));
        };
        match self.relation(qualifier) {
            Some(relation) => relation
                .columns
                .iter()
                .find(|column| column.name == *name)
                .map(|column| Typed::new(column.sql.clone(), column.ty))
                .ok_or_else(|| SqlError::unknown_column(parts.join("."))),
            None => match self.outer {
                Some(outer) => outer.qualified(parts),
                None => Err(SqlError::unknown_column(parts.join("."))),
            },
        }
    }

    #[must_use]
    pub fn relation(&self, qualifier: &[String]) -> Option<&Relation> {
        let (name, schema) = match qualifier {
            [name] => (name, None),
            [.., schema, name] => (name, Some(schema)),
            [] => return None,
        };
        self.relations.iter().find(|relation| {
            relation.name == *name
                && schema.is_none_or(|schema| relation.schema.as_ref() == Some(schema))
        })
    }
}
