//! FROM: relations, views planned in place, subqueries, table functions and joins.

use super::Planner;
use super::from_clause::From;
use super::identifier::{BY_ID, ident, parts};
use super::scope::{Relation, Scope};
use super::typed::Typed;
use crate::catalog::acl::Privileges;
use crate::catalog::id::Id;
use crate::catalog::item::{Body, Item};
use crate::error::{SqlError, SqlResult};
use crate::statement::query::parse_text;
use crate::store::views;
use sqlparser::ast::{
    FunctionArg, FunctionArgExpr, Join, JoinConstraint, JoinOperator, ObjectName, Query,
    TableAlias, TableFactor, TableWithJoins,
};
use std::sync::Arc;

impl Planner<'_> {
    pub(super) fn from(&self, tables: &[TableWithJoins], outer: &Scope<'_>) -> SqlResult<From> {
        let mut from = From::default();
        for table in tables {
            let sql = self.factor(&table.relation, &mut from, outer)?;
            // CROSS JOIN, since SQLite's comma binds as tightly as JOIN does.
            from.add(&sql, " CROSS JOIN ");
            for join in &table.joins {
                self.join(join, &mut from, outer)?;
            }
        }
        Ok(from)
    }

    fn join(&self, join: &Join, from: &mut From, outer: &Scope<'_>) -> SqlResult<()> {
        let left_width = from.relations.len();
        let sql = self.factor(&join.relation, from, outer)?;
        let (word, constraint) = match &join.join_operator {
            JoinOperator::Join(c) | JoinOperator::Inner(c) => ("JOIN", c),
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => ("LEFT JOIN", c),
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) => ("RIGHT JOIN", c),
            JoinOperator::FullOuter(c) => ("FULL JOIN", c),
            JoinOperator::CrossJoin(c) => ("CROSS JOIN", c),
            _ => return Err(SqlError::unsupported(format!("the join {join}"))),
        };
        from.add(&format!("{word} {sql}"), " ");
        match constraint {
            JoinConstraint::On(condition) => {
                let condition = self.condition(condition, &from.scope(outer))?;
                from.sql.push_str(&format!(" ON {condition}"));
            }
            JoinConstraint::Using(names) => {
                let names = names.iter().map(parts).collect::<SqlResult<Vec<_>>>()?;
                let condition = self.using(names.concat(), from, left_width)?;
                from.sql.push_str(&format!(" ON {condition}"));
            }
            JoinConstraint::None => {}
            JoinConstraint::Natural => return Err(SqlError::unsupported("NATURAL JOIN")),
        }
        Ok(())
    }

    fn using(&self, names: Vec<String>, from: &mut From, left_width: usize) -> SqlResult<String> {
        let mut conditions = Vec::new();
        for name in names {
            let (left, right) = from.relations.split_at_mut(left_width);
            let left = left
                .iter()
                .flat_map(|relation| &relation.columns)
                .find(|column| column.name == name && !column.hidden)
                .ok_or_else(|| SqlError::unknown_column(&name))?
                .sql
                .clone();
            let right = right
                .iter_mut()
                .flat_map(|relation| relation.columns.iter_mut())
                .find(|column| column.name == name)
                .ok_or_else(|| SqlError::unknown_column(&name))?;
            right.hidden = true;
            conditions.push(format!("{left} = {}", right.sql));
        }
        Ok(conditions.join(" AND "))
    }

    /// Plans one entry and adds its columns to the scope; gives its SQLite text.
    fn factor(
        &self,
        factor: &TableFactor,
        from: &mut From,
        outer: &Scope<'_>,
    ) -> SqlResult<String> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => self.named(name, alias.as_ref(), from, outer),
            TableFactor::Table {
                name,
                alias,
                args: Some(args),
                with_ordinality,
                ..
            } => {
                let parts = parts(name)?;
                let name = parts.last().cloned().unwrap_or_default();
                let args = self.arguments(&args.args, &from.scope(outer))?;
                self.table_function(&name, args, alias.as_ref(), *with_ordinality, from)
            }
            TableFactor::Function {
                name, args, alias, ..
            } => {
                let parts = parts(name)?;
                let name = parts.last().cloned().unwrap_or_default();
                let args = self.arguments(args, &from.scope(outer))?;
                self.table_function(&name, args, alias.as_ref(), false, from)
            }
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                ..
            } => self.derived(*lateral, subquery, alias.as_ref(), from, outer),
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => {
                let mut inner = From::default();
                let sql = self.factor(&table_with_joins.relation, &mut inner, outer)?;
                inner.add(&sql, " ");
                for join in &table_with_joins.joins {
                    self.join(join, &mut inner, outer)?;
                }
                from.relations.extend(inner.relations);
                Ok(format!("({})", inner.sql))
            }
            factor => Err(SqlError::unsupported(format!("FROM {factor}"))),
        }
    }

    fn named(
        &self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
        from: &mut From,
        outer: &Scope<'_>,
    ) -> SqlResult<String> {
        let parts = parts(name)?;
        if let [single] = parts.as_slice()
            && let Some(cte) = outer.cte(single)
        {
            let sqlite = self.alias();
            let relation = Relation::numbered(single, None, &sqlite, &cte.columns);
            let sql = format!("{} AS {sqlite}", cte.alias);
            self.enter(relation, alias, from)?;
            return Ok(sql);
        }
        let item = self.item(&parts)?;
        if !item.is_relation() {
            return Err(SqlError::plan(format!(
                "{} {} cannot be depended upon",
                item.type_in_words(),
                self.catalog.full_name(item.id)
            )));
        }
        self.refer(item.id);
        self.check_readable(&item)?;
        let schema = self.catalog.schemas.get(&item.schema);
        let schema = schema.map(|schema| schema.name.clone());
        let sqlite = self.alias();
        let sql = self.rows_of(&item)?;
        let relation = Relation::numbered(&item.name, schema, &sqlite, &item.columns);
        self.enter(relation, alias, from)?;
        Ok(format!("{sql} AS {sqlite}"))
    }

    /// Adds a relation under its alias.
    pub(super) fn enter(
        &self,
        mut relation: Relation,
        alias: Option<&TableAlias>,
        from: &mut From,
    ) -> SqlResult<()> {
        if let Some(alias) = alias {
            relation.name = ident(&alias.name);
            relation.schema = None;
            let names: Vec<String> = alias.columns.iter().map(|c| ident(&c.name)).collect();
            relation.rename_columns(&names)?;
        }
        let twice = from
            .relations
            .iter()
            .any(|other| other.name == relation.name && other.schema == relation.schema);
        if twice {
            return Err(SqlError::plan(format!(
                "table name \"{}\" specified more than once",
                relation.name
            )));
        }
        from.relations.push(relation);
        Ok(())
    }

    fn item(&self, parts: &[String]) -> SqlResult<Arc<Item>> {
        if let [single] = parts
            && let Some(id) = single.strip_prefix(BY_ID)
        {
            let number = id.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            let number = number.parse().unwrap_or(0);
            let id = if id.starts_with('u') {
                Id::user(number)
            } else {
                Id::system(number)
            };
            return self
                .catalog
                .items
                .get(&id)
                .cloned()
                .ok_or_else(|| SqlError::unknown_item(id));
        }
        self.catalog.resolve(&self.viewer.path, parts).cloned()
    }

    fn check_readable(&self, item: &Item) -> SqlResult<()> {
        if self.depth.get() > 0 || !self.guarded {
            return Ok(());
        }
        let role = self.viewer.role;
        self.catalog
            .require_on_schema(role, item.schema, Privileges::USAGE)?;
        self.catalog.require_on_item(role, item, Privileges::SELECT)
    }

    /// Where SQLite finds the rows: a table, or the view's query in parentheses.
    fn rows_of(&self, item: &Item) -> SqlResult<String> {
        match &item.body {
            Body::View { definition, .. } | Body::MaterializedView { definition, .. } => {
                let planned = self.deeper(|| self.query(&definition.query, None))?;
                Ok(format!("({})", planned.sql))
            }
            Body::SystemView | Body::Table { .. } | Body::Source { .. } => {
                let name = self.catalog.full_name(item.id);
                if !item.id.is_user()
                    && let Some(view) = views::query_of(&name, self.catalog.version)
                {
                    let query = parse_text(view)?;
                    let planned = self.deeper(|| self.query(&query, None))?;
                    return Ok(format!("({})", planned.sql));
                }
                self.reads.borrow_mut().insert(item.id);
                Ok(crate::store::table_name(item.id))
            }
            _ => Err(SqlError::unsupported(format!("reading {}", item.name))),
        }
    }

    fn derived(
        &self,
        lateral: bool,
        subquery: &Query,
        alias: Option<&TableAlias>,
        from: &mut From,
        outer: &Scope<'_>,
    ) -> SqlResult<String> {
        if lateral && let Some(call) = super::table_function::expanded_call(subquery) {
            let (name, args) = call;
            let scope = from.scope(outer);
            let args = self.arguments(args, &scope)?;
            return self.table_function(&name, args, alias, false, from);
        }
        let planned = if lateral {
            // SQLite has no LATERAL: what does not look left is an ordinary subquery, the rest fails on its columns.
            self.query(subquery, Some(outer))
                .map_err(|_| SqlError::unsupported(format!("LATERAL ({subquery})")))?
        } else {
            self.query(subquery, Some(outer))?
        };
        let sqlite = self.alias();
        let relation = Relation::numbered("", None, &sqlite, &planned.columns);
        if alias.is_some() {
            self.enter(relation, alias, from)?;
        } else {
            from.relations.push(relation);
        }
        Ok(format!("({}) AS {sqlite}", planned.sql))
    }

    pub(super) fn arguments(
        &self,
        args: &[FunctionArg],
        scope: &Scope<'_>,
    ) -> SqlResult<Vec<Typed>> {
        args.iter()
            .map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => {
                    self.expression(expression, scope)
                }
                arg => Err(SqlError::unsupported(format!("the argument {arg}"))),
            })
            .collect()
    }
}
