//! Functions that give rows, in FROM and in select lists.

use super::Planner;
use super::from_clause::From;
use super::identifier::{ident, parts};
use super::scope::{Relation, Scope, ScopeColumn};
use super::typed::Typed;
use crate::error::{SqlError, SqlResult};
use crate::statement::query::EXPAND;
use crate::types::{Column, SqlType};
use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArguments, Query, SelectItem, SetExpr, TableAlias,
};

impl Planner<'_> {
    /// A function that gives rows. SQLite's own table function `json_each` sees what stands left of it.
    pub(super) fn table_function(
        &self,
        name: &str,
        args: Vec<Typed>,
        alias: Option<&TableAlias>,
        with_ordinality: bool,
        from: &mut From,
    ) -> SqlResult<String> {
        let sqlite = self.alias();
        let (rows, columns) = self.rows_of_function(name, args)?;
        let field = |at: usize| {
            if columns.len() == 1 {
                format!("{sqlite}.value")
            } else {
                format!("json_extract({sqlite}.value, '$[{at}]')")
            }
        };
        let mut relation = Relation {
            name: name.to_owned(),
            schema: None,
            columns: columns
                .iter()
                .enumerate()
                .map(|(at, column)| ScopeColumn {
                    name: column.name.clone(),
                    ty: column.ty,
                    nullable: true,
                    sql: field(at),
                    hidden: false,
                })
                .collect(),
        };
        if with_ordinality {
            relation.columns.push(ScopeColumn {
                name: "ordinality".to_owned(),
                ty: SqlType::Int8,
                nullable: false,
                sql: format!("({sqlite}.key + 1)"),
                hidden: false,
            });
        }
        // The alias of a function of one column names the column, too.
        if let (Some(alias), [column]) = (alias, relation.columns.as_mut_slice())
            && alias.columns.is_empty()
        {
            column.name = ident(&alias.name);
        }
        self.enter(relation, alias, from)?;
        Ok(format!("json_each({rows}) AS {sqlite}"))
    }

    /// A JSON array of the rows, and their columns.
    fn rows_of_function(&self, name: &str, args: Vec<Typed>) -> SqlResult<(String, Vec<Column>)> {
        let mut args = args.into_iter();
        let mut next = || {
            args.next()
                .ok_or_else(|| SqlError::plan(format!("function {name}() does not exist")))
        };
        match name {
            "mz_aclexplode" | "aclexplode" => {
                let columns = ["grantor", "grantee", "privilege_type"]
                    .map(|name| Column::new(name, SqlType::Text))
                    .into_iter()
                    .chain([Column::new("is_grantable", SqlType::Bool)])
                    .collect();
                Ok((format!("sim_aclexplode({})", next()?.sql), columns))
            }
            "generate_series" => {
                let (start, stop) = (next()?, next()?);
                let step = next().map_or_else(|_| "1".to_owned(), |step| step.sql);
                let ty = if start.ty == SqlType::Int8 || stop.ty == SqlType::Int8 {
                    SqlType::Int8
                } else {
                    SqlType::Int4
                };
                let (start, stop) = (self.coerce(start, ty)?, self.coerce(stop, ty)?);
                Ok((
                    format!("sim_series({}, {}, {step})", start.sql, stop.sql),
                    vec![Column::new(name, ty)],
                ))
            }
            "unnest" => {
                let array = next()?;
                let ty = array.ty.element().ok_or_else(|| {
                    SqlError::plan(format!("unnest({}) does not exist", array.ty.long_name()))
                })?;
                Ok((array.sql, vec![Column::new(name, ty)]))
            }
            _ => Err(SqlError::unsupported(format!("the table function {name}"))),
        }
    }

    /// `f(x).*` in a select list: the function joins FROM.
    pub(super) fn expand(
        &self,
        expression: &Expr,
        from: &mut From,
        outer: &Scope<'_>,
    ) -> SqlResult<Relation> {
        let Some((name, args)) = call_of(expression) else {
            return Err(SqlError::unsupported(format!("({expression}).*")));
        };
        let args = self.arguments(args, &from.scope(outer))?;
        let mut joined = From {
            sql: String::new(),
            relations: Vec::new(),
        };
        let sql = self.table_function(&name, args, None, false, &mut joined)?;
        from.add(&sql, " CROSS JOIN ");
        joined
            .relations
            .pop()
            .ok_or_else(|| SqlError::unsupported(format!("({expression}).*")))
    }

    /// A function that gives rows, alone in a select list.
    pub(super) fn set_returning(
        &self,
        expression: &Expr,
        from: &mut From,
        outer: &Scope<'_>,
    ) -> SqlResult<Option<Typed>> {
        let Some((name, _)) = call_of(expression) else {
            return Ok(None);
        };
        if !matches!(
            name.as_str(),
            "mz_aclexplode" | "aclexplode" | "generate_series" | "unnest"
        ) {
            return Ok(None);
        }
        let relation = self.expand(expression, from, outer)?;
        Ok(Some(match relation.columns.as_slice() {
            [column] => Typed::new(column.sql.clone(), column.ty),
            columns => {
                let fields: Vec<String> = columns
                    .iter()
                    .map(|column| self.record_field(column))
                    .collect::<SqlResult<_>>()?;
                Typed::new(
                    format!("sim_record({})", fields.join(", ")),
                    SqlType::Record,
                )
            }
        }))
    }
}

impl Planner<'_> {
    /// A field as a record shows it: booleans by one letter (recorded: 12).
    fn record_field(&self, column: &ScopeColumn) -> SqlResult<String> {
        if column.ty == SqlType::Bool {
            return Ok(format!("iif({}, 't', 'f')", column.sql));
        }
        let field = Typed::new(column.sql.clone(), column.ty);
        Ok(self.to_text(field)?.sql)
    }
}

/// The subquery `SELECT f(x).*`, which is LATERAL in the one way that SQLite can do.
pub(super) fn expanded_call(query: &Query) -> Option<(String, &[FunctionArg])> {
    let SetExpr::Select(select) = query.body.as_ref() else {
        return None;
    };
    let [SelectItem::ExprWithAlias { expr, alias }] = select.projection.as_slice() else {
        return None;
    };
    (select.from.is_empty() && select.selection.is_none() && alias.value == EXPAND)
        .then(|| call_of(expr))
        .flatten()
}

fn call_of(expression: &Expr) -> Option<(String, &[FunctionArg])> {
    let Function { name, args, .. } = match expression {
        Expr::Function(function) => function,
        Expr::Nested(inner) => return call_of(inner),
        _ => return None,
    };
    let name = parts(name).ok()?.pop()?;
    match args {
        FunctionArguments::List(list) => Some((name, &list.args)),
        _ => None,
    }
}
