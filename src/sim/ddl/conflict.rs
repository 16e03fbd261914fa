//! Why a schema can't take another name: an item spells the old one where it can't be told apart (recorded: 05).

use super::Work;
use crate::catalog::id::Id;
use crate::error::{SqlError, SqlResult};
use crate::select::identifier::ident;
use sqlparser::ast::{Expr, Query, Visit, Visitor};
use std::ops::ControlFlow;

impl Work<'_> {
    /// A column written `schema.relation.column` in an item that reads from that schema is ambiguous for the server, once the
    /// schema is to be renamed.
    pub(super) fn check_rename_conflict(&self, schemas: &[Id]) -> SqlResult<()> {
        for id in schemas {
            let Some(schema) = self.catalog.schemas.get(id) else {
                continue;
            };
            for item in self.catalog.items.values() {
                let reads = item
                    .references
                    .iter()
                    .filter_map(|referenced| self.catalog.items.get(referenced))
                    .any(|referenced| referenced.schema == *id);
                let Some(definition) = item.definition().filter(|_| reads) else {
                    continue;
                };
                if spells(&definition.query, &schema.name) {
                    return Err(SqlError::plan(format!(
                        "renaming conflict: in {}, which uses {}, ambiguous reference to schema named {}",
                        self.catalog.full_name(item.id),
                        self.catalog.full_schema_name(*id),
                        schema.name
                    )));
                }
            }
        }
        Ok(())
    }
}

struct Spells<'a>(&'a str);

impl Visitor for Spells<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        match expression {
            Expr::CompoundIdentifier(parts)
                if parts.len() > 1 && parts.first().map(ident).as_deref() == Some(self.0) =>
            {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

fn spells(query: &Query, schema: &str) -> bool {
    query.visit(&mut Spells(schema)).is_break()
}
