//! CREATE INDEX.

use super::relation::retained;
use super::{NewItem, Work};
use crate::catalog::acl::Privileges;
use crate::catalog::item::{Body, Item, Key};
use crate::catalog::ownership::Owned;
use crate::catalog::script::Script;
use crate::error::{SqlError, SqlResult};
use crate::select::{self, Planner};
use crate::statement::relation::CreateIndex;
use sqlparser::ast::Expr;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Work<'_> {
    pub(super) fn create_index(&mut self, index: &CreateIndex) -> SqlResult<()> {
        let cluster = self.cluster_for(index.cluster.as_deref())?;
        let on = self.catalog.resolve(&self.viewer.path, &index.on)?.clone();
        if !on.is_relation() {
            return Err(SqlError::plan(format!(
                "index cannot be created on {} because it is a {}",
                self.catalog.full_name(on.id),
                on.type_in_words()
            )));
        }
        let role = self.viewer.role;
        self.catalog.require_owner(role, &[Owned::Item(on.id)])?;
        self.catalog
            .require_on_schema(role, on.schema, Privileges::CREATE)?;
        let keys = self.keys(&on, index.keys.as_deref())?;
        let name = match &index.name {
            Some(name) => {
                if self.catalog.item_named(on.schema, name).is_some() {
                    let full = format!("{}.{name}", self.catalog.full_schema_name(on.schema));
                    if index.if_not_exists {
                        self.already("index", &full);
                        return Ok(());
                    }
                    return Err(SqlError::plan(format!("index \"{full}\" already exists")));
                }
                name.clone()
            }
            None => self.free_name(&on, &keys, index.keys.is_none()),
        };
        self.add(NewItem {
            schema: on.schema,
            name,
            body: Body::Index {
                on: on.id,
                cluster,
                keys,
                retain: retained(index.retain.as_deref())?,
            },
            columns: Vec::new(),
            references: BTreeSet::from([on.id]),
            temporary: on.temporary,
        });
        Ok(())
    }

    fn keys(&self, on: &Arc<Item>, expressions: Option<&[Expr]>) -> SqlResult<Vec<Key>> {
        let Some(expressions) = expressions else {
            return Ok(default_keys(on));
        };
        let planner = Planner::new(self.catalog, self.viewer, &[]).unguarded();
        expressions
            .iter()
            .map(|expression| {
                let column = match expression {
                    Expr::Identifier(name) => {
                        let name = crate::select::identifier::ident(name);
                        let at = on.columns.iter().position(|c| c.name == name);
                        Some(at.ok_or_else(|| SqlError::unknown_column(&name))?)
                    }
                    expression => {
                        // Only whether it can be planned matters; the type is its own.
                        planner.type_over(on, expression)?;
                        None
                    }
                };
                let nullable = column
                    .and_then(|at| on.columns.get(at))
                    .is_none_or(|column| column.nullable);
                Ok(Key {
                    column: column.map(|at| at + 1),
                    script: select::print::expression(expression),
                    nullable,
                })
            })
            .collect()
    }

    /// `bar_name_idx`, `t_primary_idx`, with a number behind it if that is taken.
    fn free_name(&self, on: &Item, keys: &[Key], default: bool) -> String {
        let middle = if default {
            "primary".to_owned()
        } else {
            let parts: Vec<&str> = keys
                .iter()
                .map(|key| {
                    let column = key.column.and_then(|at| on.columns.get(at - 1));
                    column.map_or("expr", |column| column.name.as_str())
                })
                .collect();
            parts.join("_")
        };
        let base = format!("{}_{middle}_idx", on.name);
        let mut name = base.clone();
        let mut number = 0;
        while self.catalog.item_named(on.schema, &name).is_some() {
            number += 1;
            name = format!("{base}{number}");
        }
        name
    }
}

/// What the relation's rows are told apart by; where nothing tells, all columns (recorded: 02).
fn default_keys(on: &Item) -> Vec<Key> {
    let query = match &on.body {
        Body::View { definition, .. } | Body::MaterializedView { definition, .. } => {
            Some(&definition.query)
        }
        _ => None,
    };
    let places = query.and_then(|query| select::unique_key::grouped_by(query));
    let places = places.unwrap_or_else(|| (0..on.columns.len()).collect());
    let key = |at: usize| {
        let column = on.columns.get(at)?;
        let mut script = Script::default();
        script.name(column.name.clone());
        Some(Key {
            column: Some(at + 1),
            script,
            nullable: column.nullable,
        })
    };
    places.into_iter().filter_map(key).collect()
}
