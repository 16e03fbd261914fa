//! Tables, views and materialized views.

use super::{NewItem, Work};
use crate::catalog::id::Id;
use crate::catalog::item::{Body, Definition, Refresh, Retain, ViewOptions};
use crate::catalog::ownership::Owned;
use crate::catalog::script::{Piece, Script};
use crate::error::{SqlError, SqlResult};
use crate::select::{self, Planner};
use crate::statement::Name;
use crate::statement::object::ObjectKind;
use crate::statement::relation::{
    ColumnSpec, CreateMaterializedView, CreateTable, CreateView, RefreshSpec, TableOf,
};
use crate::time::parse_interval;
use crate::types::Column;
use sqlparser::ast::{Ident, ObjectName, Query, VisitMut, VisitorMut};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// A query that is to be stored.
pub(super) struct Defined {
    pub definition: Definition,
    pub columns: Vec<Column>,
    pub references: BTreeSet<Id>,
}

impl Work<'_> {
    pub(super) fn create_table(&mut self, table: &CreateTable) -> SqlResult<()> {
        let Some((schema, name)) = self.place(&table.name, table.if_not_exists, table.temporary)?
        else {
            return Ok(());
        };
        let (columns, references, script, source) = match &table.of {
            TableOf::Columns(specs) => {
                let columns = table_columns(specs);
                reject_duplicates(&columns)?;
                let references = types_of(&columns);
                let script = column_script(specs);
                (columns, references, script, None)
            }
            TableOf::Source { source, reference } => {
                let of = self.table_of_source(source, reference)?;
                (
                    of.columns,
                    BTreeSet::from([of.source]),
                    of.script,
                    Some(of.source),
                )
            }
        };
        self.add(NewItem {
            schema,
            name,
            body: Body::Table {
                script: Some(script),
                source,
                retain: retained(table.retain.as_deref())?,
            },
            columns,
            references,
            temporary: table.temporary,
        });
        Ok(())
    }

    pub(super) fn create_view(&mut self, view: &CreateView) -> SqlResult<()> {
        if view.or_replace {
            self.replace(ObjectKind::View, &view.name)?;
        }
        let Some((schema, name)) = self.place(&view.name, view.if_not_exists, view.temporary)?
        else {
            return Ok(());
        };
        let defined = self.define(&view.query, &view.columns)?;
        self.add(NewItem {
            schema,
            name,
            body: Body::View {
                definition: defined.definition,
                names: view.columns.clone(),
            },
            columns: defined.columns,
            references: defined.references,
            temporary: view.temporary,
        });
        Ok(())
    }

    pub(super) fn create_materialized_view(
        &mut self,
        view: &CreateMaterializedView,
    ) -> SqlResult<()> {
        let cluster = self.cluster_for(view.cluster.as_deref())?;
        if view.or_replace {
            self.replace(ObjectKind::MaterializedView, &view.name)?;
        }
        let Some((schema, name)) = self.place(&view.name, view.if_not_exists, false)? else {
            return Ok(());
        };
        let refresh = self.refresh(view.refresh)?;
        let replaced = match &view.replaces {
            Some(replaced) => Some(self.replaceable(replaced)?),
            None => None,
        };
        let mut defined = self.define(&view.query, &view.columns)?;
        assert_not_null(&mut defined.columns, &view.assert_not_null)?;
        check_partition(&defined.columns, &view.partition_by)?;
        let id = self.add(NewItem {
            schema,
            name,
            body: Body::MaterializedView {
                definition: defined.definition,
                names: view.columns.clone(),
                cluster,
                options: ViewOptions {
                    assert_not_null: view.assert_not_null.clone(),
                    partition_by: view.partition_by.clone(),
                    retain: retained(view.retain.as_deref())?,
                    refresh,
                },
            },
            columns: defined.columns,
            references: defined.references,
            temporary: false,
        });
        if let Some(replaced) = replaced {
            self.catalog.replacements.insert(id, replaced);
        }
        Ok(())
    }

    fn refresh(&self, spec: RefreshSpec) -> SqlResult<Refresh> {
        let flag = "enable_refresh_every_mvs";
        if spec != RefreshSpec::OnCommit && !self.catalog.setting(flag) {
            return Err(SqlError::unavailable(
                "REFRESH EVERY and REFRESH AT materialized views",
                flag,
            ));
        }
        let millis = |micros: i64| u64::try_from(micros / 1000).unwrap_or(0);
        Ok(match spec {
            RefreshSpec::OnCommit => Refresh::OnCommit,
            RefreshSpec::Every {
                interval,
                aligned_to,
            } => Refresh::Every {
                interval: duration(interval),
                aligned_to: aligned_to.map_or(self.now, millis),
            },
            RefreshSpec::At(at) => Refresh::At(at.map_or(self.now, millis)),
        })
    }

    /// OR REPLACE drops what is there, unless others are built on it.
    fn replace(&mut self, kind: ObjectKind, name: &Name) -> SqlResult<()> {
        let existing = match self.catalog.find(&self.viewer.path, name) {
            Ok(Some(item)) => item.id,
            Ok(None) => return Ok(()),
            Err(error) => return Err(error),
        };
        self.item_of(kind, name)?;
        self.catalog
            .require_owner(self.viewer.role, &[Owned::Item(existing)])?;
        self.check_droppable(existing)?;
        for id in self.catalog.falling([existing]) {
            self.drop_item(id);
        }
        Ok(())
    }

    /// Plans a query and puts ids in place of names.
    pub(super) fn define(&self, query: &Query, columns: &[String]) -> SqlResult<Defined> {
        let planner = Planner::new(self.catalog, self.viewer, &[]).unguarded();
        let plan = planner.plan(query)?;
        if !plan.parameters.is_empty() {
            return Err(SqlError::plan("views cannot have parameters"));
        }
        if columns.len() > plan.columns.len() {
            return Err(SqlError::plan(format!(
                "definition names {} columns, but the query has {}",
                columns.len(),
                plan.columns.len()
            )));
        }
        let mut result = plan.columns;
        for (column, name) in result.iter_mut().zip(columns) {
            column.name.clone_from(name);
        }
        reject_duplicates(&result)?;
        let mut query = query.clone();
        self.name_by_id(&mut query)?;
        let script = select::print::script(&query);
        Ok(Defined {
            definition: Definition {
                query: Arc::new(query),
                script,
            },
            columns: result,
            references: plan.references,
        })
    }

    fn name_by_id(&self, query: &mut Query) -> SqlResult<()> {
        let mut ctes = CteNames::default();
        let _ = query.visit(&mut ctes);
        let mut names = ById {
            work: self,
            ctes: ctes.0,
        };
        match query.visit(&mut names) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(error) => Err(error),
        }
    }
}

#[derive(Default)]
struct CteNames(BTreeSet<String>);

impl VisitorMut for CteNames {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.0
                .insert(crate::select::identifier::ident(&cte.alias.name));
        }
        ControlFlow::Continue(())
    }
}

struct ById<'w, 'c> {
    work: &'w Work<'c>,
    ctes: BTreeSet<String>,
}

impl VisitorMut for ById<'_, '_> {
    type Break = SqlError;

    fn pre_visit_relation(&mut self, name: &mut ObjectName) -> ControlFlow<SqlError> {
        let Ok(parts) = crate::select::identifier::parts(name) else {
            return ControlFlow::Continue(());
        };
        if let [single] = parts.as_slice()
            && self.ctes.contains(single)
        {
            return ControlFlow::Continue(());
        }
        // What is no relation (a table function) stays as it is.
        if let Ok(Some(item)) = self.work.catalog.find(&self.work.viewer.path, &parts)
            && item.is_relation()
        {
            let by_id = format!("{}{}", crate::select::identifier::BY_ID, item.id);
            *name = ObjectName::from(vec![Ident::with_quote('"', by_id)]);
        }
        ControlFlow::Continue(())
    }
}

fn table_columns(specs: &[ColumnSpec]) -> Vec<Column> {
    let columns = specs.iter().map(|spec| Column {
        name: spec.name.clone(),
        ty: spec.ty,
        nullable: !spec.not_null,
    });
    columns.collect()
}

/// Tables depend on the types of their columns (recorded: 02).
fn types_of(columns: &[Column]) -> BTreeSet<Id> {
    let types = columns.iter().map(|column| Id::system(column.ty.item()));
    types.collect()
}

fn column_script(specs: &[ColumnSpec]) -> Script {
    let mut script = Script::default();
    script.text(" (");
    for (at, spec) in specs.iter().enumerate() {
        if at > 0 {
            script.text(", ");
        }
        script.name(spec.name.clone());
        script.text(" ");
        script.push(Piece::Item(Id::system(spec.ty.item())));
        if spec.not_null {
            script.text(" NOT NULL");
        }
    }
    script.text(")");
    script
}

fn reject_duplicates(columns: &[Column]) -> SqlResult<()> {
    let mut seen = BTreeSet::new();
    for column in columns {
        if !seen.insert(&column.name) {
            return Err(SqlError::plan(format!(
                "column \"{}\" specified more than once",
                column.name
            )));
        }
    }
    Ok(())
}

/// What ASSERT NOT NULL names can't be NULL in the result.
fn assert_not_null(columns: &mut [Column], names: &[String]) -> SqlResult<()> {
    for name in names {
        let column = columns
            .iter_mut()
            .find(|column| column.name == *name)
            .ok_or_else(|| {
                SqlError::plan(format!(
                    "column \"{name}\" in ASSERT NOT NULL option not found"
                ))
            })?;
        column.nullable = false;
    }
    Ok(())
}

fn check_partition(columns: &[Column], names: &[String]) -> SqlResult<()> {
    for (at, name) in names.iter().enumerate() {
        let expected = columns
            .get(at)
            .map_or("nothing", |column| column.name.as_str());
        if expected != name {
            return Err(SqlError::plan(format!(
                "PARTITION BY columns should be a prefix of the relation's columns (expected {expected} at index {at}, got {name})"
            )));
        }
    }
    Ok(())
}

pub(super) fn retained(text: Option<&str>) -> SqlResult<Option<Retain>> {
    text.map(|text| {
        Ok(Retain {
            span: duration(parse_interval(text)?),
            text: text.to_owned(),
        })
    })
    .transpose()
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
