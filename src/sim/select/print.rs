//! Queries as the server writes them down: names qualified and quoted, relations by id (recorded: 02).

use super::cast::type_of;
use super::identifier::{BY_ID, ident, parts};
use crate::catalog::id::Id;
use crate::catalog::script::{Piece, Script};
use crate::functions::FUNCTIONS;
use crate::statement::query::EXPAND;
use sqlparser::ast::{
    Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Join,
    JoinConstraint, JoinOperator, ObjectName, OrderBy, OrderByExpr, OrderByKind, OrderBySort,
    Query, Select, SelectItem, SetExpr, SetQuantifier, TableAlias, TableFactor, TableWithJoins,
    UnaryOperator,
};

/// The script of a query whose relations are named by id.
#[must_use]
pub fn script(query: &Query) -> Script {
    let mut script = Script::default();
    script.query(query);
    script
}

/// The script of an index key.
#[must_use]
pub fn expression(expression: &Expr) -> Script {
    let mut script = Script::default();
    script.expression(expression);
    script
}

impl Script {
    fn query(&mut self, query: &Query) {
        if let Some(with) = &query.with {
            self.text("WITH ");
            self.separated(&with.cte_tables, |script, cte| {
                script.alias(&cte.alias);
                script.text(" AS (");
                script.query(&cte.query);
                script.text(")");
            });
            self.text(" ");
        }
        self.set_expression(&query.body);
        if let Some(order_by) = &query.order_by {
            self.order_by(order_by);
        }
        if let Some(limit) = &query.limit_clause {
            self.text(limit.to_string());
        }
    }

    fn separated<T>(&mut self, all: &[T], each: impl Fn(&mut Self, &T)) {
        for (at, one) in all.iter().enumerate() {
            if at > 0 {
                self.text(", ");
            }
            each(self, one);
        }
    }

    fn set_expression(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => {
                self.text("(");
                self.query(query);
                self.text(")");
            }
            SetExpr::Values(values) => {
                self.text("VALUES ");
                self.separated(&values.rows, |script, row| {
                    script.text("(");
                    script.separated(&row.content, Self::expression);
                    script.text(")");
                });
            }
            SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } => {
                self.set_expression(left);
                let all = if *set_quantifier == SetQuantifier::All {
                    " ALL"
                } else {
                    ""
                };
                self.text(format!(" {op}{all} "));
                self.set_expression(right);
            }
            other => self.text(other.to_string()),
        }
    }

    fn select(&mut self, select: &Select) {
        self.text("SELECT ");
        if matches!(select.distinct, Some(Distinct::Distinct)) {
            self.text("DISTINCT ");
        }
        self.separated(&select.projection, |script, item| match item {
            SelectItem::UnnamedExpr(expression) => script.expression(expression),
            SelectItem::ExprWithAlias { expr, alias } if alias.value == EXPAND => {
                script.text("(");
                script.expression(expr);
                script.text(").*");
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                script.expression(expr);
                script.text(" AS ");
                script.name(ident(alias));
            }
            item => script.text(item.to_string()),
        });
        if !select.from.is_empty() {
            self.text(" FROM ");
            self.separated(&select.from, Self::table);
        }
        if let Some(condition) = &select.selection {
            self.text(" WHERE ");
            self.expression(condition);
        }
        if let GroupByExpr::Expressions(keys, _) = &select.group_by
            && !keys.is_empty()
        {
            self.text(" GROUP BY ");
            self.separated(keys, Self::expression);
        }
        if let Some(having) = &select.having {
            self.text(" HAVING ");
            self.expression(having);
        }
    }

    fn table(&mut self, table: &TableWithJoins) {
        self.factor(&table.relation);
        for join in &table.joins {
            self.join(join);
        }
    }

    fn join(&mut self, join: &Join) {
        let (word, constraint) = match &join.join_operator {
            JoinOperator::Join(c) | JoinOperator::Inner(c) => (" JOIN ", Some(c)),
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => (" LEFT JOIN ", Some(c)),
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) => (" RIGHT JOIN ", Some(c)),
            JoinOperator::FullOuter(c) => (" FULL JOIN ", Some(c)),
            _ => (" CROSS JOIN ", None),
        };
        self.text(word);
        self.factor(&join.relation);
        match constraint {
            Some(JoinConstraint::On(condition)) => {
                self.text(" ON ");
                self.expression(condition);
            }
            Some(JoinConstraint::Using(names)) => {
                self.text(" USING (");
                self.separated(names, Self::object_name);
                self.text(")");
            }
            _ => {}
        }
    }

    fn factor(&mut self, factor: &TableFactor) {
        match factor {
            TableFactor::Table {
                name, alias, args, ..
            } => {
                self.object_name(name);
                if let Some(args) = args {
                    self.text("(");
                    self.separated(&args.args, Self::argument);
                    self.text(")");
                }
                self.as_alias(alias.as_ref());
            }
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                ..
            } => {
                self.text(if *lateral { "LATERAL (" } else { "(" });
                self.query(subquery);
                self.text(")");
                self.as_alias(alias.as_ref());
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias,
            } => {
                self.text("(");
                self.table(table_with_joins);
                self.text(")");
                self.as_alias(alias.as_ref());
            }
            factor => self.text(factor.to_string()),
        }
    }

    fn as_alias(&mut self, alias: Option<&TableAlias>) {
        if let Some(alias) = alias {
            self.text(" AS ");
            self.alias(alias);
        }
    }

    fn alias(&mut self, alias: &TableAlias) {
        self.name(ident(&alias.name));
        if !alias.columns.is_empty() {
            self.text(" (");
            self.separated(&alias.columns, |script, column| {
                script.name(ident(&column.name));
            });
            self.text(")");
        }
    }

    fn object_name(&mut self, name: &ObjectName) {
        let parts = parts(name).unwrap_or_default();
        if let [single] = parts.as_slice()
            && let Some(id) = read_id(single)
        {
            self.push(Piece::Item(id));
            return;
        }
        self.names(&parts);
    }

    fn names(&mut self, parts: &[String]) {
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.text(".");
            }
            self.name(part.clone());
        }
    }

    fn order_by(&mut self, order_by: &OrderBy) {
        if let OrderByKind::Expressions(keys) = &order_by.kind {
            self.text(" ORDER BY ");
            self.separated(keys, Self::order_key);
        }
    }

    fn order_key(&mut self, key: &OrderByExpr) {
        self.expression(&key.expr);
        if matches!(key.options.sort, Some(OrderBySort::Desc)) {
            self.text(" DESC");
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Identifier(name) => self.name(ident(name)),
            Expr::CompoundIdentifier(names) => {
                self.names(&names.iter().map(ident).collect::<Vec<_>>());
            }
            Expr::Nested(inner) => {
                self.text("(");
                self.expression(inner);
                self.text(")");
            }
            Expr::BinaryOp { left, op, right } => {
                self.expression(left);
                self.text(format!(" {op} "));
                self.expression(right);
            }
            Expr::UnaryOp { op, expr } => {
                let space = if *op == UnaryOperator::Not { " " } else { "" };
                self.text(format!("{op}{space}"));
                self.expression(expr);
            }
            Expr::IsNull(inner) => self.postfix(inner, " IS NULL"),
            Expr::IsNotNull(inner) => self.postfix(inner, " IS NOT NULL"),
            Expr::IsTrue(inner) => self.postfix(inner, " IS TRUE"),
            Expr::IsNotTrue(inner) => self.postfix(inner, " IS NOT TRUE"),
            Expr::IsFalse(inner) => self.postfix(inner, " IS FALSE"),
            Expr::IsNotFalse(inner) => self.postfix(inner, " IS NOT FALSE"),
            Expr::InList {
                expr,
                list,
                negated,
            } => {
                self.postfix(expr, if *negated { " NOT IN (" } else { " IN (" });
                self.separated(list, Self::expression);
                self.text(")");
            }
            Expr::InSubquery {
                expr,
                subquery,
                negated,
            } => {
                self.postfix(expr, if *negated { " NOT IN (" } else { " IN (" });
                self.query(subquery);
                self.text(")");
            }
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => {
                let word = if *negated {
                    " NOT BETWEEN "
                } else {
                    " BETWEEN "
                };
                self.postfix(expr, word);
                self.postfix(low, " AND ");
                self.expression(high);
            }
            Expr::Like {
                negated,
                expr,
                pattern,
                ..
            } => {
                self.postfix(expr, if *negated { " NOT LIKE " } else { " LIKE " });
                self.expression(pattern);
            }
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => {
                self.text("CASE");
                if let Some(operand) = operand {
                    self.text(" ");
                    self.expression(operand);
                }
                for when in conditions {
                    self.text(" WHEN ");
                    self.postfix(&when.condition, " THEN ");
                    self.expression(&when.result);
                }
                if let Some(result) = else_result {
                    self.text(" ELSE ");
                    self.expression(result);
                }
                self.text(" END");
            }
            Expr::Cast {
                expr, data_type, ..
            } => {
                self.postfix(expr, "::");
                match type_of(data_type) {
                    Ok(ty) => self.push(Piece::Item(Id::system(ty.item()))),
                    Err(_) => self.text(data_type.to_string()),
                }
            }
            Expr::Function(function) => self.function(function),
            Expr::Subquery(query) => {
                self.text("(");
                self.query(query);
                self.text(")");
            }
            Expr::Exists { subquery, negated } => {
                self.text(if *negated { "NOT EXISTS (" } else { "EXISTS (" });
                self.query(subquery);
                self.text(")");
            }
            Expr::Extract { field, expr, .. } => {
                self.text(format!("EXTRACT({field} FROM "));
                self.expression(expr);
                self.text(")");
            }
            other => self.text(other.to_string()),
        }
    }

    fn postfix(&mut self, inner: &Expr, text: &str) {
        self.expression(inner);
        self.text(text);
    }

    fn function(&mut self, function: &Function) {
        let parts = parts(&function.name).unwrap_or_default();
        if let [single] = parts.as_slice()
            && FUNCTIONS.iter().any(|(_, known)| known == single)
        {
            self.names(&["pg_catalog".to_owned(), single.clone()]);
        } else {
            self.names(&parts);
        }
        self.text("(");
        match &function.args {
            FunctionArguments::List(list) => {
                if let Some(treatment) = &list.duplicate_treatment {
                    self.text(format!("{treatment} "));
                }
                self.separated(&list.args, Self::argument);
                for clause in &list.clauses {
                    self.text(format!(" {clause}"));
                }
            }
            FunctionArguments::Subquery(query) => self.query(query),
            FunctionArguments::None => {}
        }
        self.text(")");
        if let Some(filter) = &function.filter {
            self.text(" FILTER (WHERE ");
            self.postfix(filter, ")");
        }
        if let Some(over) = &function.over {
            self.text(format!(" OVER {over}"));
        }
    }

    fn argument(&mut self, argument: &FunctionArg) {
        match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => self.expression(expression),
            argument => self.text(argument.to_string()),
        }
    }
}

fn read_id(part: &str) -> Option<Id> {
    let id = part.strip_prefix(BY_ID)?;
    let number = id.get(1..)?.parse().ok()?;
    Some(if id.starts_with('u') {
        Id::user(number)
    } else {
        Id::system(number)
    })
}
