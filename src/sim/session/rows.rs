//! INSERT, UPDATE and DELETE on users' tables.

use super::Session;
use super::transaction::{Act, Work};
use crate::catalog::Catalog;
use crate::catalog::acl::Privileges;
use crate::catalog::item::{Body, Item};
use crate::engine::Reading;
use crate::error::{SqlError, SqlResult};
use crate::select::identifier::parts;
use crate::select::{Plan, Planner};
use crate::store::{Row, table_name};
use crate::types::{Column, SqlType};
use crate::value::Value;
use crate::wire::{Ended, Reply};
use sqlparser::ast::{
    AssignmentTarget, Delete, Expr, FromTable, Insert, ObjectName, Query, Statement, TableFactor,
    TableObject, TableWithJoins, Update,
};
use std::sync::Arc;

impl Session {
    pub(super) async fn dml(
        &mut self,
        statement: &Statement,
        parameters: &[Value],
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        self.admit(Act::Write, "")?;
        let tag = match statement {
            Statement::Insert(insert) => self.insert(insert, parameters)?,
            Statement::Update(update) => self.update(update, parameters)?,
            Statement::Delete(delete) => self.delete(delete, parameters)?,
            other => return Err(SqlError::unsupported(other).into()),
        };
        reply.complete(&tag).await
    }

    /// The types of the parameters of an INSERT; UPDATE and DELETE take none here.
    pub(super) fn dml_parameters(
        &self,
        statement: &Statement,
        known: &[Option<SqlType>],
    ) -> SqlResult<Vec<SqlType>> {
        match statement {
            Statement::Insert(insert) => {
                let catalog = self.shared.engine().catalog();
                Ok(self.insertion(&catalog, insert, known)?.plan.parameters)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn insertion(
        &self,
        catalog: &Catalog,
        insert: &Insert,
        known: &[Option<SqlType>],
    ) -> SqlResult<Insertion> {
        let (TableObject::TableName(name), Some(source)) = (&insert.table, &insert.source) else {
            return Err(SqlError::unsupported(insert));
        };
        if insert.on.is_some() || insert.returning.is_some() {
            return Err(SqlError::unsupported(insert));
        }
        let table = self.writable(catalog, name, Privileges::INSERT)?;
        let targets = if insert.columns.is_empty() {
            (0..table.columns.len()).collect()
        } else {
            let names = insert.columns.iter().map(parts);
            names
                .map(|name| position(&table, &name?.concat()))
                .collect::<SqlResult<Vec<_>>>()?
        };
        let columns: Vec<Column> = targets
            .iter()
            .filter_map(|at| table.columns.get(*at).cloned())
            .collect();
        let plan = self.plan_rows(catalog, source, &columns, known)?;
        Ok(Insertion {
            table,
            targets,
            plan,
        })
    }

    fn plan_rows(
        &self,
        catalog: &Catalog,
        source: &Query,
        columns: &[Column],
        known: &[Option<SqlType>],
    ) -> SqlResult<Plan> {
        Planner::new(catalog, &self.viewer(), known).plan_rows(source, columns)
    }

    fn insert(&mut self, insert: &Insert, parameters: &[Value]) -> SqlResult<String> {
        let catalog = self.shared.engine().catalog();
        let insertion = self.insertion(&catalog, insert, &[])?;
        let selected = self
            .shared
            .engine()
            .select(&insertion.plan, parameters, Reading::Newest)?;
        let mut rows = Vec::with_capacity(selected.len());
        for fields in selected {
            rows.push(insertion.row(fields)?);
        }
        let tag = format!("INSERT 0 {}", rows.len());
        let table = insertion.table.id;
        match self.transaction.work() {
            Some(Work::Writes(writes)) => writes.push((table, rows)),
            Some(work) => *work = Work::Writes(vec![(table, rows)]),
            None => {
                self.shared.engine().insert(table, &rows)?;
                self.shared.wake();
            }
        }
        Ok(tag)
    }

    fn update(&mut self, update: &Update, parameters: &[Value]) -> SqlResult<String> {
        if update.from.is_some() || update.returning.is_some() {
            return Err(SqlError::unsupported(update));
        }
        self.only_alone(update)?;
        let catalog = self.shared.engine().catalog();
        let right = Privileges::by_name("UPDATE").unwrap_or(Privileges::NONE);
        let table = self.writable(&catalog, only_table(&update.table)?, right)?;
        let viewer = self.viewer();
        let planner = Planner::new(&catalog, &viewer, &[]);
        let mut assignments = Vec::new();
        for assignment in &update.assignments {
            let AssignmentTarget::ColumnName(name) = &assignment.target else {
                return Err(SqlError::unsupported(update));
            };
            let at = position(&table, &parts(name)?.concat())?;
            let ty = table.columns.get(at).map_or(SqlType::Text, |c| c.ty);
            let value = planner.plan_over(&table, &assignment.value, ty)?;
            assignments.push(format!("c{} = {value}", at + 1));
        }
        let condition = condition(&planner, &table, update.selection.as_ref())?;
        let sql = format!(
            "UPDATE {} SET {}{condition}",
            table_name(table.id),
            assignments.join(", ")
        );
        self.write(&table, &sql, parameters, "UPDATE")
    }

    fn delete(&mut self, delete: &Delete, parameters: &[Value]) -> SqlResult<String> {
        let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = &delete.from;
        let [from] = tables.as_slice() else {
            return Err(SqlError::unsupported(delete));
        };
        if delete.using.is_some() || delete.returning.is_some() {
            return Err(SqlError::unsupported(delete));
        }
        self.only_alone(delete)?;
        let catalog = self.shared.engine().catalog();
        let right = Privileges::by_name("DELETE").unwrap_or(Privileges::NONE);
        let table = self.writable(&catalog, only_table(from)?, right)?;
        let viewer = self.viewer();
        let planner = Planner::new(&catalog, &viewer, &[]);
        let condition = condition(&planner, &table, delete.selection.as_ref())?;
        let sql = format!("DELETE FROM {}{condition}", table_name(table.id));
        self.write(&table, &sql, parameters, "DELETE")
    }

    /// UPDATE and DELETE read what they write, which no transaction of several statements may.
    fn only_alone(&mut self, statement: &impl std::fmt::Display) -> SqlResult<()> {
        match self.transaction.work() {
            None => Ok(()),
            Some(_) => Err(super::transaction::not_in_block(&statement.to_string())),
        }
    }

    fn write(
        &self,
        table: &Item,
        sql: &str,
        parameters: &[Value],
        word: &str,
    ) -> SqlResult<String> {
        let count = self.shared.engine().write(table.id, sql, parameters)?;
        self.shared.wake();
        Ok(format!("{word} {count}"))
    }

    fn writable(
        &self,
        catalog: &Catalog,
        name: &ObjectName,
        right: Privileges,
    ) -> SqlResult<Arc<Item>> {
        let path = self.viewer().path;
        let item = catalog.resolve(&path, &parts(name)?)?;
        match item.body {
            Body::Table { source: None, .. } if item.id.is_user() => {}
            _ => {
                return Err(SqlError::plan(format!(
                    "cannot insert into {} '{}'",
                    item.type_in_words(),
                    catalog.full_name(item.id)
                )));
            }
        }
        catalog.require_on_item(self.role, item, right)?;
        Ok(item.clone())
    }
}

/// A planned INSERT.
struct Insertion {
    table: Arc<Item>,
    /// Which column each selected field goes to.
    targets: Vec<usize>,
    plan: Plan,
}

impl Insertion {
    /// A full row of the table; what is not named is NULL.
    fn row(&self, fields: Row) -> SqlResult<Row> {
        let mut row = vec![Value::Null; self.table.columns.len()];
        for (field, at) in fields.into_iter().zip(&self.targets) {
            if let Some(slot) = row.get_mut(*at) {
                *slot = field;
            }
        }
        for (field, column) in row.iter().zip(&self.table.columns) {
            if *field == Value::Null && !column.nullable {
                return Err(SqlError::new(
                    "23502",
                    format!(
                        "null value in column \"{}\" violates not-null constraint",
                        column.name
                    ),
                ));
            }
        }
        Ok(row)
    }
}

fn position(table: &Item, name: &str) -> SqlResult<usize> {
    table
        .columns
        .iter()
        .position(|column| column.name == name)
        .ok_or_else(|| {
            SqlError::plan(format!(
                "column {name} of relation {} does not exist",
                table.name
            ))
        })
}

fn only_table(table: &TableWithJoins) -> SqlResult<&ObjectName> {
    match &table.relation {
        TableFactor::Table {
            name, alias: None, ..
        } if table.joins.is_empty() => Ok(name),
        other => Err(SqlError::unsupported(format!("writing to {other}"))),
    }
}

fn condition(planner: &Planner<'_>, table: &Item, selection: Option<&Expr>) -> SqlResult<String> {
    match selection {
        None => Ok(String::new()),
        Some(condition) => Ok(format!(
            " WHERE {}",
            planner.plan_over(table, condition, SqlType::Bool)?
        )),
    }
}
