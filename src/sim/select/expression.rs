//! Expressions.

use super::Planner;
use super::identifier::ident;
use super::scope::Scope;
use super::typed::{Origin, Typed, element_of, truth};
use crate::error::{SqlError, SqlResult};
use crate::types::SqlType;
use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, DateTimeField, Expr, Subscript, UnaryOperator, Value,
};

impl Planner<'_> {
    pub(super) fn expression(&self, expression: &Expr, scope: &Scope<'_>) -> SqlResult<Typed> {
        match expression {
            Expr::Identifier(name) => self.identifier(&ident(name), name.quote_style, scope),
            Expr::CompoundIdentifier(name) => {
                let parts: Vec<String> = name.iter().map(ident).collect();
                let column = scope.qualified(&parts)?;
                self.note_column(&column.sql, &parts.join("."));
                Ok(column)
            }
            Expr::Value(value) => self.value(&value.value),
            Expr::Nested(inner) => {
                let typed = self.expression(inner, scope)?;
                Ok(Typed {
                    sql: format!("({})", typed.sql),
                    ..typed
                })
            }
            Expr::BinaryOp { left, op, right } => {
                let left = self.expression(left, scope)?;
                let right = self.expression(right, scope)?;
                self.binary(left, op, right)
            }
            Expr::UnaryOp { op, expr } => self.unary(*op, self.expression(expr, scope)?),
            Expr::IsNull(inner) => self.test(inner, "IS NULL", scope),
            Expr::IsNotNull(inner) => self.test(inner, "IS NOT NULL", scope),
            Expr::IsTrue(inner) => self.test(inner, "IS TRUE", scope),
            Expr::IsNotTrue(inner) => self.test(inner, "IS NOT TRUE", scope),
            Expr::IsFalse(inner) => self.test(inner, "IS FALSE", scope),
            Expr::IsNotFalse(inner) => self.test(inner, "IS NOT FALSE", scope),
            Expr::IsUnknown(inner) => self.test(inner, "IS NULL", scope),
            Expr::IsNotUnknown(inner) => self.test(inner, "IS NOT NULL", scope),
            Expr::IsDistinctFrom(left, right) => self.distinct(left, "IS NOT", right, scope),
            Expr::IsNotDistinctFrom(left, right) => self.distinct(left, "IS", right, scope),
            Expr::InList {
                expr,
                list,
                negated,
            } => self.in_list(expr, list, *negated, scope),
            Expr::InSubquery {
                expr,
                subquery,
                negated,
            } => self.in_subquery(expr, subquery, *negated, scope),
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => {
                let value = self.expression(expr, scope)?;
                let low = self.expression(low, scope)?;
                let high = self.expression(high, scope)?;
                let from = self.binary(value.clone(), &BinaryOperator::GtEq, low)?;
                let to = self.binary(value, &BinaryOperator::LtEq, high)?;
                let not = if *negated { "NOT " } else { "" };
                Ok(truth(format!("{not}({} AND {})", from.sql, to.sql)))
            }
            Expr::Like {
                negated,
                expr,
                pattern,
                escape_char: None,
                any: false,
            } => self.like(expr, pattern, "sim_like", *negated, scope),
            Expr::ILike {
                negated,
                expr,
                pattern,
                escape_char: None,
                any: false,
            } => self.like(expr, pattern, "sim_ilike", *negated, scope),
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => self.case(
                operand.as_deref(),
                conditions,
                else_result.as_deref(),
                scope,
            ),
            Expr::Cast {
                expr, data_type, ..
            } => {
                let ty = super::cast::type_of(data_type)?;
                let typed = self.expression(expr, scope)?;
                self.cast(typed, ty)
            }
            Expr::TypedString(typed) => {
                let ty = super::cast::type_of(&typed.data_type)?;
                let value = self.value(&typed.value.value)?;
                self.cast(value, ty)
            }
            Expr::Interval(interval) => {
                let value = self.expression(&interval.value, scope)?;
                let value = match (&interval.leading_field, value.origin) {
                    (Some(unit), Origin::Text(text)) => Typed::text(&format!("{text} {unit}")),
                    (None, Origin::Text(text)) => Typed::text(&text),
                    _ => return Err(SqlError::unsupported(format!("the interval {interval}"))),
                };
                self.cast(value, SqlType::Interval)
            }
            Expr::Extract { field, expr, .. } => {
                let typed = self.expression(expr, scope)?;
                self.extract(field, typed)
            }
            Expr::Function(function) => self.function(function, scope),
            Expr::Exists { subquery, negated } => {
                let planned = self.query(subquery, Some(scope))?;
                let not = if *negated { "NOT " } else { "" };
                Ok(truth(format!("{not}EXISTS ({})", planned.sql)))
            }
            Expr::Subquery(subquery) => {
                let planned = self.query(subquery, Some(scope))?;
                match planned.columns.as_slice() {
                    [column] => Ok(Typed::new(format!("({})", planned.sql), column.ty)),
                    columns => Err(SqlError::plan(format!(
                        "Expected subselect to return 1 column, got {} columns",
                        columns.len()
                    ))),
                }
            }
            Expr::Array(array) => self.array(&array.elem, scope),
            Expr::AnyOp {
                left,
                compare_op: BinaryOperator::Eq,
                right,
                ..
            } => self.any(left, right, false, scope),
            Expr::AllOp {
                left,
                compare_op: BinaryOperator::NotEq,
                right,
            } => self.any(left, right, true, scope),
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.subscript(root, access_chain, scope)
            }
            Expr::AtTimeZone { timestamp, .. } => {
                // Everything here is UTC, and so are the zones that clients name.
                let typed = self.expression(timestamp, scope)?;
                Ok(Typed::new(typed.sql, SqlType::Timestamp))
            }
            Expr::Ceil { expr, .. } => self.rounded("sim_ceil", expr, scope),
            Expr::Floor { expr, .. } => self.rounded("sim_floor", expr, scope),
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                ..
            } => {
                let mut args = vec![self.text_of(expr, scope)?];
                for part in [substring_from, substring_for].into_iter().flatten() {
                    args.push(self.expression(part, scope)?.sql);
                }
                Ok(Typed::new(
                    format!("substr({})", args.join(", ")),
                    SqlType::Text,
                ))
            }
            Expr::Trim {
                expr,
                trim_where: None,
                trim_what: None,
                trim_characters: None,
            } => Ok(Typed::new(
                format!("trim({})", self.text_of(expr, scope)?),
                SqlType::Text,
            )),
            Expr::Position { expr, r#in } => Ok(Typed::new(
                format!(
                    "instr({}, {})",
                    self.text_of(r#in, scope)?,
                    self.text_of(expr, scope)?
                ),
                SqlType::Int4,
            )),
            Expr::Collate { expr, .. } => self.expression(expr, scope),
            expression => Err(SqlError::unsupported(format!(
                "the expression {expression}"
            ))),
        }
    }

    fn identifier(&self, name: &str, quoted: Option<char>, scope: &Scope<'_>) -> SqlResult<Typed> {
        match scope.column(name) {
            Err(error) if quoted.is_none() => self.bare_call(name).ok_or(error),
            found => {
                let column = found?;
                self.note_column(&column.sql, name);
                Ok(column)
            }
        }
    }

    fn value(&self, value: &Value) -> SqlResult<Typed> {
        Ok(match value {
            Value::Number(text, _) => number(text),
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => {
                Typed::text(text)
            }
            Value::DollarQuotedString(text) => Typed::text(&text.value),
            Value::Boolean(flag) => truth(u8::from(*flag).to_string()),
            Value::Null => Typed::null(),
            Value::Placeholder(name) => {
                let number = name.trim_start_matches('$').parse().unwrap_or(0);
                if number == 0 {
                    return Err(SqlError::new(
                        "42P02",
                        format!("there is no parameter {name}"),
                    ));
                }
                self.parameter_reference(number)
            }
            value => return Err(SqlError::unsupported(format!("the constant {value}"))),
        })
    }

    fn parameter_reference(&self, number: usize) -> Typed {
        let known = self.known_parameter(number);
        Typed {
            sql: format!("?{number}"),
            ty: known.unwrap_or(SqlType::Text),
            origin: known.map_or(Origin::Parameter(number), |_| Origin::Plain),
        }
    }

    fn unary(&self, op: UnaryOperator, typed: Typed) -> SqlResult<Typed> {
        match op {
            UnaryOperator::Not => {
                let typed = self.coerce(typed, SqlType::Bool)?;
                Ok(truth(format!("(NOT {})", typed.sql)))
            }
            UnaryOperator::Minus => Ok(Typed {
                sql: format!("(-{})", typed.sql),
                ..typed
            }),
            UnaryOperator::Plus => Ok(typed),
            op => Err(SqlError::unsupported(format!("the operator {op}"))),
        }
    }

    fn case(
        &self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
        scope: &Scope<'_>,
    ) -> SqlResult<Typed> {
        let mut tests = Vec::new();
        let mut results = Vec::new();
        for when in conditions {
            tests.push(match operand {
                Some(operand) => {
                    let left = self.expression(operand, scope)?;
                    let right = self.expression(&when.condition, scope)?;
                    self.binary(left, &BinaryOperator::Eq, right)?.sql
                }
                None => self.condition(&when.condition, scope)?,
            });
            results.push(self.expression(&when.result, scope)?);
        }
        let otherwise = otherwise.map(|e| self.expression(e, scope)).transpose()?;
        results.extend(otherwise);
        let mut results = self.unify(results, "CASE")?;
        let ty = results.first().map_or(SqlType::Text, |result| result.ty);
        let last = (results.len() > tests.len())
            .then(|| results.pop())
            .flatten();
        let mut sql = "CASE".to_owned();
        for (test, result) in tests.iter().zip(&results) {
            sql.push_str(&format!(" WHEN {test} THEN {}", result.sql));
        }
        if let Some(last) = last {
            sql.push_str(&format!(" ELSE {}", last.sql));
        }
        sql.push_str(" END");
        Ok(Typed::new(sql, ty))
    }

    fn extract(&self, field: &DateTimeField, typed: Typed) -> SqlResult<Typed> {
        let typed = if typed.is_untyped() {
            self.coerce(typed, SqlType::TimestampTz)?
        } else {
            typed
        };
        let field = field.to_string().to_lowercase();
        let sql = match (typed.ty, field.as_str()) {
            (
                SqlType::Interval | SqlType::TimestampTz | SqlType::Timestamp | SqlType::Date,
                "epoch",
            ) => format!("({} / 1000000.0)", typed.sql),
            (SqlType::TimestampTz | SqlType::Timestamp | SqlType::Date, field) => {
                format!("sim_date_part('{field}', {})", typed.sql)
            }
            (ty, field) => {
                return Err(SqlError::unsupported(format!(
                    "extract({field} from {})",
                    ty.long_name()
                )));
            }
        };
        Ok(Typed::new(sql, SqlType::Numeric))
    }

    fn array(&self, elements: &[Expr], scope: &Scope<'_>) -> SqlResult<Typed> {
        let elements = elements
            .iter()
            .map(|element| self.expression(element, scope))
            .collect::<SqlResult<Vec<_>>>()?;
        let elements = self.unify(elements, "ARRAY")?;
        let ty = elements.first().map_or(SqlType::Text, |element| element.ty);
        let list: Vec<String> = elements.into_iter().map(|element| element.sql).collect();
        Ok(Typed::new(
            format!("json_array({})", list.join(", ")),
            SqlType::Array(element_of(ty)?),
        ))
    }

    fn subscript(&self, root: &Expr, chain: &[AccessExpr], scope: &Scope<'_>) -> SqlResult<Typed> {
        let root = self.expression(root, scope)?;
        match (chain, root.ty.element()) {
            ([AccessExpr::Subscript(Subscript::Index { index })], Some(element)) => {
                let index = self.expression(index, scope)?;
                Ok(Typed::new(
                    format!(
                        "json_extract({}, '$[' || ({} - 1) || ']')",
                        root.sql, index.sql
                    ),
                    element,
                ))
            }
            _ => Err(SqlError::unsupported("this kind of field access")),
        }
    }

    fn rounded(&self, function: &str, expression: &Expr, scope: &Scope<'_>) -> SqlResult<Typed> {
        let typed = self.expression(expression, scope)?;
        Ok(Typed::new(format!("{function}({})", typed.sql), typed.ty))
    }
}

fn number(text: &str) -> Typed {
    let ty = if text.contains(['.', 'e', 'E']) {
        SqlType::Numeric
    } else if text.parse::<i32>().is_ok() {
        SqlType::Int4
    } else if text.parse::<i64>().is_ok() {
        SqlType::Int8
    } else {
        SqlType::Numeric
    };
    Typed {
        sql: text.to_owned(),
        ty,
        origin: Origin::Number,
    }
}
