//! GROUP BY and ORDER BY: by position, by output name, by expression.

use super::Planner;
use super::identifier::ident;
use super::output::Output;
use super::scope::Scope;
use crate::error::{SqlError, SqlResult};
use crate::types::Column;
use sqlparser::ast::{Expr, GroupByExpr, OrderBy, OrderByExpr, OrderByKind, OrderBySort, Value};

impl Planner<'_> {
    pub(super) fn group_by(
        &self,
        group_by: &GroupByExpr,
        outputs: &[Output],
        scope: &Scope<'_>,
    ) -> SqlResult<Vec<String>> {
        let GroupByExpr::Expressions(expressions, modifiers) = group_by else {
            return Err(SqlError::unsupported("GROUP BY ALL"));
        };
        if !modifiers.is_empty() {
            return Err(SqlError::unsupported("GROUP BY with modifiers"));
        }
        let mut keys = Vec::new();
        for expression in expressions {
            let by_position = position(expression)
                .and_then(|n| outputs.get(n.wrapping_sub(1)))
                .map(|output| output.typed.sql.clone());
            let by_name = || {
                let Expr::Identifier(name) = expression else {
                    return None;
                };
                let name = ident(name);
                let output = outputs.iter().find(|output| output.name == name)?;
                Some(output.typed.sql.clone())
            };
            // An input column comes before an output name of the same spelling.
            keys.push(match by_position {
                Some(sql) => sql,
                None => match self.expression(expression, scope) {
                    Ok(typed) => typed.sql,
                    Err(error) => by_name().ok_or(error)?,
                },
            });
        }
        Ok(keys)
    }

    pub(super) fn order_of_select(
        &self,
        order_by: &OrderBy,
        outputs: &[Output],
        scope: &Scope<'_>,
    ) -> SqlResult<Vec<String>> {
        let names: Vec<&str> = outputs.iter().map(|output| output.name.as_str()).collect();
        self.order_keys(order_by, &names, |expression| {
            Ok(self.expression(expression, scope)?.sql)
        })
    }

    pub(super) fn order_of_output(
        &self,
        order_by: &OrderBy,
        columns: &[Column],
    ) -> SqlResult<Vec<String>> {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        self.order_keys(order_by, &names, |expression| {
            Err(SqlError::unsupported(format!(
                "ORDER BY {expression} after a set operation"
            )))
        })
    }

    fn order_keys(
        &self,
        order_by: &OrderBy,
        names: &[&str],
        otherwise: impl Fn(&Expr) -> SqlResult<String>,
    ) -> SqlResult<Vec<String>> {
        let OrderByKind::Expressions(expressions) = &order_by.kind else {
            return Err(SqlError::unsupported("ORDER BY ALL"));
        };
        expressions
            .iter()
            .map(|key| {
                let at = match &key.expr {
                    Expr::Identifier(name) => {
                        let name = ident(name);
                        names.iter().position(|n| *n == name).map(|at| at + 1)
                    }
                    expression => position(expression),
                };
                let sql = match at {
                    Some(at) if at == 0 || at > names.len() => {
                        return Err(SqlError::plan(format!(
                            "column reference {at} in ORDER BY clause is out of range (1 - {})",
                            names.len()
                        )));
                    }
                    Some(at) => format!("c{at}"),
                    None => otherwise(&key.expr)?,
                };
                Ok(format!("{sql}{}", direction(key)))
            })
            .collect()
    }
}

/// Postgres sorts NULL last, SQLite first.
fn direction(key: &OrderByExpr) -> &'static str {
    let descending = matches!(key.options.sort, Some(OrderBySort::Desc));
    match (descending, key.options.nulls_first.unwrap_or(descending)) {
        (false, false) => " ASC NULLS LAST",
        (false, true) => " ASC NULLS FIRST",
        (true, true) => " DESC NULLS FIRST",
        (true, false) => " DESC NULLS LAST",
    }
}

fn position(expression: &Expr) -> Option<usize> {
    let Expr::Value(value) = expression else {
        return None;
    };
    match &value.value {
        Value::Number(number, _) => number.parse().ok(),
        _ => None,
    }
}
