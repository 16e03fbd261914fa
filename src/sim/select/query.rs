//! SELECT, VALUES, set operations, WITH, ORDER BY and LIMIT.

use super::from_clause::From;
use super::identifier::ident;
use super::output::{Output, Planned};
use super::scope::{Cte, Relation, Scope};
use super::typed::{Origin, Typed};
use super::{Planner, naming::output_name};
use crate::error::{SqlError, SqlResult};
use crate::statement::query::EXPAND;
use crate::types::{Column, SqlType};
use sqlparser::ast::{
    Distinct, Expr, LimitClause, OrderBy, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier,
};

impl Planner<'_> {
    pub(super) fn query(&self, query: &Query, outer: Option<&Scope<'_>>) -> SqlResult<Planned> {
        if query.fetch.is_some() || !query.locks.is_empty() {
            return Err(SqlError::unsupported(format!("the query {query}")));
        }
        let mut scope = Scope::inside(outer);
        let mut with = Vec::new();
        if let Some(ctes) = &query.with {
            if ctes.recursive {
                return Err(SqlError::unsupported("WITH RECURSIVE"));
            }
            for cte in &ctes.cte_tables {
                with.push(self.cte(cte, &mut scope)?);
            }
        }
        let (mut planned, ordered) = match query.body.as_ref() {
            SetExpr::Select(select) => {
                (self.select(select, &scope, query.order_by.as_ref())?, true)
            }
            body => (self.set_expression(body, &scope)?, false),
        };
        if !ordered && let Some(order_by) = &query.order_by {
            let keys = self.order_of_output(order_by, &planned.columns)?;
            planned.sql = format!(
                "SELECT * FROM ({}) ORDER BY {}",
                planned.sql,
                keys.join(", ")
            );
        }
        if let Some(limit) = &query.limit_clause {
            planned.sql.push_str(&self.limit(limit, &scope)?);
        }
        if !with.is_empty() {
            planned.sql = format!("WITH {} {}", with.join(", "), planned.sql);
        }
        Ok(planned)
    }

    fn cte(&self, cte: &sqlparser::ast::Cte, scope: &mut Scope<'_>) -> SqlResult<String> {
        let mut planned = self.query(&cte.query, Some(scope))?;
        for (column, alias) in planned.columns.iter_mut().zip(&cte.alias.columns) {
            column.name = ident(&alias.name);
        }
        let alias = self.alias();
        let sql = format!("{alias} AS ({})", planned.sql);
        scope.ctes.push(Cte {
            name: ident(&cte.alias.name),
            alias,
            columns: planned.columns,
        });
        Ok(sql)
    }

    fn limit(&self, limit: &LimitClause, scope: &Scope<'_>) -> SqlResult<String> {
        let LimitClause::LimitOffset {
            limit,
            offset,
            limit_by,
        } = limit
        else {
            return Err(SqlError::unsupported("LIMIT with a comma"));
        };
        if !limit_by.is_empty() {
            return Err(SqlError::unsupported("LIMIT BY"));
        }
        let number = |expression: &Expr| -> SqlResult<String> {
            let typed = self.expression(expression, scope)?;
            Ok(self.coerce(typed, SqlType::Int8)?.sql)
        };
        let mut sql = match limit {
            Some(limit) => format!(" LIMIT {}", number(limit)?),
            // SQLite has no OFFSET without LIMIT.
            None => " LIMIT -1".to_owned(),
        };
        if let Some(offset) = offset {
            sql.push_str(&format!(" OFFSET {}", number(&offset.value)?));
        }
        Ok(sql)
    }

    fn set_expression(&self, body: &SetExpr, scope: &Scope<'_>) -> SqlResult<Planned> {
        match body {
            SetExpr::Select(select) => self.select(select, scope, None),
            SetExpr::Query(query) => self.query(query, Some(scope)),
            SetExpr::Values(values) => self.values(values, scope),
            SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } => self.set_operation(left, *op, *set_quantifier, right, scope),
            SetExpr::Table(table) => {
                let name = table.table_name.clone().unwrap_or_default();
                let sql = match &table.schema_name {
                    Some(schema) => format!("SELECT * FROM {schema}.{name}"),
                    None => format!("SELECT * FROM {name}"),
                };
                let query = crate::statement::query::parse_text(&sql)?;
                self.query(&query, Some(scope))
            }
            _ => Err(SqlError::unsupported(format!("the query {body}"))),
        }
    }

    fn set_operation(
        &self,
        left: &SetExpr,
        op: SetOperator,
        quantifier: SetQuantifier,
        right: &SetExpr,
        scope: &Scope<'_>,
    ) -> SqlResult<Planned> {
        let left = self.set_expression(left, scope)?;
        let right = self.set_expression(right, scope)?;
        if left.columns.len() != right.columns.len() {
            return Err(SqlError::plan(format!(
                "each {op} query must have the same number of columns: {} vs {}",
                left.columns.len(),
                right.columns.len()
            )));
        }
        let all = quantifier == SetQuantifier::All;
        let word = match (op, all) {
            (SetOperator::Union, true) => "UNION ALL",
            (SetOperator::Union, false) => "UNION",
            (SetOperator::Except | SetOperator::Minus, false) => "EXCEPT",
            (SetOperator::Intersect, false) => "INTERSECT",
            _ => return Err(SqlError::unsupported(format!("{op} ALL"))),
        };
        let columns = left
            .columns
            .iter()
            .zip(&right.columns)
            .map(|(a, b)| Column {
                name: a.name.clone(),
                ty: super::operator::common_type(a.ty, b.ty).unwrap_or(a.ty),
                nullable: a.nullable || b.nullable,
            })
            .collect();
        Ok(Planned {
            sql: format!(
                "SELECT * FROM ({}) {word} SELECT * FROM ({})",
                left.sql, right.sql
            ),
            columns,
        })
    }

    fn values(&self, values: &sqlparser::ast::Values, scope: &Scope<'_>) -> SqlResult<Planned> {
        let mut rows: Vec<Vec<Typed>> = Vec::new();
        for row in &values.rows {
            let row = row.content.iter().map(|e| self.expression(e, scope));
            rows.push(row.collect::<SqlResult<_>>()?);
        }
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(SqlError::plan("VALUES lists must all be the same length"));
        }
        let types: Vec<SqlType> = (0..width)
            .map(|at| self.column_type(rows.iter().filter_map(|row| row.get(at))))
            .collect();
        let mut lines = Vec::new();
        for row in rows {
            let mut fields = Vec::new();
            for (field, ty) in row.into_iter().zip(&types) {
                fields.push(self.coerce(field, *ty)?.sql);
            }
            lines.push(format!("({})", fields.join(", ")));
        }
        let names: Vec<String> = (1..=width).map(|n| format!("column{n} AS c{n}")).collect();
        let columns = types
            .iter()
            .enumerate()
            .map(|(at, ty)| Column::new(format!("column{}", at + 1), *ty))
            .collect();
        Ok(Planned {
            sql: format!(
                "SELECT {} FROM (VALUES {})",
                names.join(", "),
                lines.join(", ")
            ),
            columns,
        })
    }

    /// The type that all of these share; untyped ones are texts if nothing else decides.
    fn column_type<'t>(&self, fields: impl Iterator<Item = &'t Typed>) -> SqlType {
        fields
            .filter(|field| !field.is_untyped())
            .map(|field| field.ty)
            .reduce(|a, b| super::operator::common_type(a, b).unwrap_or(a))
            .unwrap_or(SqlType::Text)
    }

    fn select(
        &self,
        select: &Select,
        outer: &Scope<'_>,
        order_by: Option<&OrderBy>,
    ) -> SqlResult<Planned> {
        self.enter_select();
        let planned = self.select_inside(select, outer, order_by);
        self.leave_select();
        planned
    }

    fn select_inside(
        &self,
        select: &Select,
        outer: &Scope<'_>,
        order_by: Option<&OrderBy>,
    ) -> SqlResult<Planned> {
        refuse_foreign_clauses(select)?;
        let mut from = self.from(&select.from, outer)?;
        let outputs = self.outputs(select, &mut from, outer)?;
        let scope = from.scope(outer);
        let distinct = match &select.distinct {
            None | Some(Distinct::All) => "",
            Some(Distinct::Distinct) => "DISTINCT ",
            Some(Distinct::On(_)) => return Err(SqlError::unsupported("DISTINCT ON")),
        };
        let list: Vec<String> = outputs
            .iter()
            .enumerate()
            .map(|(at, output)| format!("{} AS c{}", output.typed.sql, at + 1))
            .collect();
        let mut sql = format!("SELECT {distinct}{}", list.join(", "));
        if !from.sql.is_empty() {
            sql.push_str(&format!(" FROM {}", from.sql));
        }
        if let Some(condition) = &select.selection {
            sql.push_str(&format!(" WHERE {}", self.condition(condition, &scope)?));
        }
        let keys = self.group_by(&select.group_by, &outputs, &scope)?;
        if !keys.is_empty() {
            sql.push_str(&format!(" GROUP BY {}", keys.join(", ")));
        }
        if let Some(having) = &select.having {
            sql.push_str(&format!(" HAVING {}", self.condition(having, &scope)?));
        }
        if let Some(order_by) = order_by {
            let keys = self.order_of_select(order_by, &outputs, &scope)?;
            sql.push_str(&format!(" ORDER BY {}", keys.join(", ")));
        }
        self.check_grouping(&keys, &outputs, &from.relations)?;
        let columns = outputs
            .into_iter()
            .map(|output| Column {
                name: output.name,
                ty: output.typed.ty,
                nullable: output.nullable,
            })
            .collect();
        Ok(Planned { sql, columns })
    }

    pub(super) fn condition(&self, expression: &Expr, scope: &Scope<'_>) -> SqlResult<String> {
        let typed = self.expression(expression, scope)?;
        if typed.ty != SqlType::Bool && !typed.is_untyped() {
            return Err(SqlError::plan(format!(
                "WHERE clause must have type boolean, not type {}",
                typed.ty.long_name()
            )));
        }
        Ok(self.coerce(typed, SqlType::Bool)?.sql)
    }

    fn outputs(
        &self,
        select: &Select,
        from: &mut From,
        outer: &Scope<'_>,
    ) -> SqlResult<Vec<Output>> {
        let mut outputs = Vec::new();
        for item in &select.projection {
            match item {
                SelectItem::Wildcard(_) => {
                    if from.relations.is_empty() {
                        return Err(SqlError::plan(
                            "SELECT * with no tables specified is not valid",
                        ));
                    }
                    outputs.extend(from.relations.iter().flat_map(all_of));
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    _,
                ) => {
                    let parts = crate::select::identifier::parts(name)?;
                    let scope = from.scope(outer);
                    let relation = scope.relation(&parts).ok_or_else(|| {
                        SqlError::plan(format!("relation \"{}\" does not exist", parts.join(".")))
                    })?;
                    outputs.extend(all_of(relation));
                }
                SelectItem::UnnamedExpr(expression) => {
                    let name = output_name(expression);
                    outputs.push(self.output(expression, name, from, outer)?);
                }
                SelectItem::ExprWithAlias { expr, alias } if alias.value == EXPAND => {
                    let relation = self.expand(expr, from, outer)?;
                    outputs.extend(all_of(&relation));
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    outputs.push(self.output(expr, ident(alias), from, outer)?);
                }
                item => return Err(SqlError::unsupported(format!("SELECT {item}"))),
            }
        }
        Ok(outputs)
    }

    fn output(
        &self,
        expression: &Expr,
        name: String,
        from: &mut From,
        outer: &Scope<'_>,
    ) -> SqlResult<Output> {
        self.take_named();
        let typed = match self.set_returning(expression, from, outer)? {
            Some(typed) => typed,
            None => self.expression(expression, &from.scope(outer))?,
        };
        let typed = match typed.origin {
            Origin::Parameter(_) => self.coerce(typed, SqlType::Text)?,
            _ => typed,
        };
        Ok(Output {
            name,
            named: self.take_named(),
            nullable: !matches!(typed.origin, Origin::Number | Origin::Text(_)),
            typed,
        })
    }
}

fn all_of(relation: &Relation) -> Vec<Output> {
    relation
        .columns
        .iter()
        .filter(|column| !column.hidden)
        .map(|column| Output {
            name: column.name.clone(),
            typed: Typed::new(column.sql.clone(), column.ty),
            named: vec![(column.sql.clone(), column.name.clone())],
            nullable: column.nullable,
        })
        .collect()
}

fn refuse_foreign_clauses(select: &Select) -> SqlResult<()> {
    let foreign = select.top.is_some()
        || select.into.is_some()
        || select.qualify.is_some()
        || select.prewhere.is_some()
        || !select.lateral_views.is_empty()
        || !select.connect_by.is_empty()
        || !select.named_window.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty();
    if foreign {
        Err(SqlError::unsupported(format!("the query {select}")))
    } else {
        Ok(())
    }
}
