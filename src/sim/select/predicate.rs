//! Conditions beyond the plain operators: IN, LIKE, ANY, IS.

use super::Planner;
use super::scope::Scope;
use super::typed::{Typed, element_of, truth};
use crate::error::{SqlError, SqlResult};
use crate::types::SqlType;
use sqlparser::ast::{Expr, Query};

impl Planner<'_> {
    pub(super) fn test(&self, inner: &Expr, test: &str, scope: &Scope<'_>) -> SqlResult<Typed> {
        let typed = self.expression(inner, scope)?;
        let typed = if test.contains("NULL") {
            typed
        } else {
            self.coerce(typed, SqlType::Bool)?
        };
        Ok(truth(format!("({} {test})", typed.sql)))
    }

    pub(super) fn distinct(
        &self,
        left: &Expr,
        word: &str,
        right: &Expr,
        scope: &Scope<'_>,
    ) -> SqlResult<Typed> {
        let left = self.expression(left, scope)?;
        let right = self.expression(right, scope)?;
        let (left, right) = self.comparable(left, right)?;
        Ok(truth(format!("({} {word} {})", left.sql, right.sql)))
    }

    pub(super) fn in_list(
        &self,
        value: &Expr,
        list: &[Expr],
        negated: bool,
        scope: &Scope<'_>,
    ) -> SqlResult<Typed> {
        let mut value = self.expression(value, scope)?;
        let mut elements = Vec::new();
        for element in list {
            let element = self.expression(element, scope)?;
            let (left, right) = self.comparable(value, element)?;
            value = left;
            elements.push(right.sql);
        }
        let not = if negated { "NOT " } else { "" };
        Ok(truth(format!(
            "({} {not}IN ({}))",
            value.sql,
            elements.join(", ")
        )))
    }

    pub(super) fn in_subquery(
        &self,
        value: &Expr,
        subquery: &Query,
        negated: bool,
        scope: &Scope<'_>,
    ) -> SqlResult<Typed> {
        let planned = self.query(subquery, Some(scope))?;
        let not = if negated { "NOT " } else { "" };
        let value = match value {
            Expr::Tuple(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| Ok(self.expression(part, scope)?.sql))
                    .collect::<SqlResult<Vec<_>>>()?;
                format!("({})", parts.join(", "))
            }
            value => {
                let ty = planned.columns.first().map_or(SqlType::Text, |c| c.ty);
                let value = self.expression(value, scope)?;
                self.comparable(value, Typed::new("", ty))?.0.sql
            }
        };
        Ok(truth(format!("({value} {not}IN ({}))", planned.sql)))
    }

    pub(super) fn like(
        &self,
        value: &Expr,
        pattern: &Expr,
        function: &str,
        negated: bool,
        scope: &Scope<'_>,
    ) -> SqlResult<Typed> {
        let value = self.text_of(value, scope)?;
        let pattern = self.text_of(pattern, scope)?;
        let not = if negated { "NOT " } else { "" };
        Ok(truth(format!("({not}{function}({value}, {pattern}))")))
    }

    pub(super) fn any(
        &self,
        left: &Expr,
        right: &Expr,
        negated: bool,
        scope: &Scope<'_>,
    ) -> SqlResult<Typed> {
        let not = if negated { "NOT " } else { "" };
        if let Expr::Subquery(subquery) = right {
            return self.in_subquery(left, subquery, negated, scope);
        }
        let left = self.expression(left, scope)?;
        let right = self.expression(right, scope)?;
        let right = if right.is_untyped() {
            let ty = SqlType::Array(element_of(left.ty)?);
            self.coerce(right, ty)?
        } else {
            right
        };
        let element = right.ty.element().ok_or_else(|| {
            SqlError::plan(format!("ANY of {} is not an array", right.ty.long_name()))
        })?;
        let left = self.comparable(left, Typed::new("", element))?.0;
        Ok(truth(format!(
            "({} {not}IN (SELECT value FROM json_each({})))",
            left.sql, right.sql
        )))
    }

    pub(super) fn text_of(&self, expression: &Expr, scope: &Scope<'_>) -> SqlResult<String> {
        let typed = self.expression(expression, scope)?;
        if !typed.ty.is_text() && !typed.is_untyped() {
            return Err(SqlError::plan(format!(
                "operator does not exist for type {}",
                typed.ty.long_name()
            )));
        }
        Ok(self.coerce(typed, SqlType::Text)?.sql)
    }
}
