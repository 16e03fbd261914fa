//! Binary operators, and how two types meet.

use super::Planner;
use super::typed::{Origin, Typed, truth};
use crate::error::{SqlError, SqlResult};
use crate::types::SqlType;
use sqlparser::ast::BinaryOperator as Op;

/// How wide a number type is; wider ones win.
fn rank(ty: SqlType) -> Option<u8> {
    Some(match ty {
        SqlType::Int2 => 1,
        SqlType::Int4 | SqlType::RegProc | SqlType::RegType | SqlType::RegClass => 2,
        SqlType::Oid | SqlType::Uint2 => 3,
        SqlType::Uint4 => 4,
        SqlType::Int8 => 5,
        SqlType::Uint8 => 6,
        SqlType::Numeric => 7,
        SqlType::Float4 => 8,
        SqlType::Float8 => 9,
        _ => return None,
    })
}

/// The type in which two of them can be compared, or stand in one column.
#[must_use]
pub fn common_type(a: SqlType, b: SqlType) -> Option<SqlType> {
    use SqlType as T;
    if a == b {
        return Some(a);
    }
    if a.is_text() && b.is_text() {
        return Some(T::Text);
    }
    if let (Some(left), Some(right)) = (rank(a), rank(b)) {
        // uint8 and a signed integer meet in numeric.
        let mixed = (a == T::Uint8 && left.min(right) < 6 && b != T::Uint4 && b != T::Uint2)
            || (b == T::Uint8 && a != T::Uint4 && a != T::Uint2 && left < 6);
        if mixed {
            return Some(T::Numeric);
        }
        return Some(if left >= right { a } else { b });
    }
    match (a, b) {
        (T::Timestamp | T::Date, T::TimestampTz) | (T::TimestampTz, T::Timestamp | T::Date) => {
            Some(T::TimestampTz)
        }
        (T::Timestamp, T::Date) | (T::Date, T::Timestamp) => Some(T::Timestamp),
        // Compared in microseconds.
        (T::MzTimestamp, T::TimestampTz | T::Timestamp | T::Date) => Some(b),
        (T::TimestampTz | T::Timestamp | T::Date, T::MzTimestamp) => Some(a),
        (T::MzTimestamp, ty) if rank(ty).is_some() => Some(T::MzTimestamp),
        (ty, T::MzTimestamp) if rank(ty).is_some() => Some(T::MzTimestamp),
        (T::Array(_), T::Array(_)) | (T::List(_), T::List(_)) => Some(a),
        _ => None,
    }
}

impl Planner<'_> {
    pub(super) fn binary(&self, left: Typed, op: &Op, right: Typed) -> SqlResult<Typed> {
        match op {
            Op::And | Op::Or => {
                let left = self.coerce(left, SqlType::Bool)?;
                let right = self.coerce(right, SqlType::Bool)?;
                Ok(truth(format!("({} {op} {})", left.sql, right.sql)))
            }
            Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq => {
                let (left, right) = self.comparable(left, right)?;
                Ok(truth(format!("({} {op} {})", left.sql, right.sql)))
            }
            Op::StringConcat => self.concatenation(left, right),
            Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo => {
                self.arithmetic(left, op, right)
            }
            Op::Arrow | Op::LongArrow => self.json_field(left, op, right),
            op => match pattern_function(op) {
                Some((function, negated)) => {
                    let left = self.coerce(left, SqlType::Text)?;
                    let right = self.coerce(right, SqlType::Text)?;
                    let not = if negated { "NOT " } else { "" };
                    Ok(truth(format!(
                        "({not}{function}({}, {}))",
                        left.sql, right.sql
                    )))
                }
                None => Err(SqlError::unsupported(format!("the operator {op}"))),
            },
        }
    }

    /// Brings two sides of a comparison to one type.
    pub(super) fn comparable(&self, left: Typed, right: Typed) -> SqlResult<(Typed, Typed)> {
        if left.is_untyped() && right.is_untyped() {
            return Ok((
                self.coerce(left, SqlType::Text)?,
                self.coerce(right, SqlType::Text)?,
            ));
        }
        let ty = if left.is_untyped() {
            right.ty
        } else if right.is_untyped() {
            left.ty
        } else {
            common_type(left.ty, right.ty).ok_or_else(|| {
                SqlError::plan(format!(
                    "operator does not exist: {} = {}",
                    left.ty.long_name(),
                    right.ty.long_name()
                ))
            })?
        };
        Ok((self.coerce(left, ty)?, self.coerce(right, ty)?))
    }

    /// Brings the branches of a CASE, COALESCE or ARRAY to one type.
    pub(super) fn unify(&self, branches: Vec<Typed>, what: &str) -> SqlResult<Vec<Typed>> {
        let mut ty = None;
        for branch in branches.iter().filter(|branch| !branch.is_untyped()) {
            ty = Some(match ty {
                None => branch.ty,
                Some(ty) => common_type(ty, branch.ty).ok_or_else(|| {
                    SqlError::plan(format!(
                        "{what} types {} and {} cannot be matched",
                        ty.long_name(),
                        branch.ty.long_name()
                    ))
                })?,
            });
        }
        let ty = ty.unwrap_or(SqlType::Text);
        branches
            .into_iter()
            .map(|branch| self.coerce(branch, ty))
            .collect()
    }

    fn concatenation(&self, left: Typed, right: Typed) -> SqlResult<Typed> {
        if left.ty.is_array() || right.ty.is_array() {
            return Err(SqlError::unsupported("concatenating arrays"));
        }
        let left = self.to_text(left)?;
        let right = self.to_text(right)?;
        Ok(Typed::new(
            format!("({} || {})", left.sql, right.sql),
            SqlType::Text,
        ))
    }

    fn arithmetic(&self, left: Typed, op: &Op, right: Typed) -> SqlResult<Typed> {
        use SqlType as T;
        let (left, right) = self.typed_operands(left, right)?;
        let plain = |ty| Ok(Typed::new(format!("({} {op} {})", left.sql, right.sql), ty));
        match (left.ty, op, right.ty) {
            (T::TimestampTz | T::Timestamp, Op::Plus | Op::Minus, T::Interval) => plain(left.ty),
            (T::Date, Op::Plus | Op::Minus, T::Interval) => plain(T::Timestamp),
            (T::Interval, Op::Plus, T::TimestampTz | T::Timestamp) => plain(right.ty),
            (T::Interval, Op::Plus | Op::Minus, T::Interval) => plain(T::Interval),
            (T::Interval, Op::Multiply, ty) if ty.is_number() => plain(T::Interval),
            (T::Interval, Op::Divide, ty) if ty.is_number() => Ok(Typed::new(
                format!("CAST(sim_divide({}, {}) AS INTEGER)", left.sql, right.sql),
                T::Interval,
            )),
            (T::MzTimestamp, Op::Plus | Op::Minus, T::Interval) => Ok(Typed::new(
                format!("({} {op} {} / 1000)", left.sql, right.sql),
                T::MzTimestamp,
            )),
            // Whole days.
            (T::Date, Op::Minus, T::Date) => Ok(Typed::new(
                format!("(({} - {}) / 86400000000)", left.sql, right.sql),
                T::Int4,
            )),
            (a, Op::Minus, b) if is_instant(a) && is_instant(b) => {
                let (left, right) = self.comparable(left, right)?;
                Ok(Typed::new(
                    format!("({} - {})", left.sql, right.sql),
                    T::Interval,
                ))
            }
            (a, op, b) if a.is_number() && b.is_number() => {
                let ty = common_type(a, b).unwrap_or(T::Numeric);
                match op {
                    Op::Divide if ty.is_integer() => Ok(Typed::new(
                        format!("sim_quotient({}, {})", left.sql, right.sql),
                        ty,
                    )),
                    Op::Divide => Ok(Typed::new(
                        format!("sim_divide({}, {})", left.sql, right.sql),
                        ty,
                    )),
                    Op::Modulo => Ok(Typed::new(
                        format!("sim_remainder({}, {})", left.sql, right.sql),
                        ty,
                    )),
                    _ => plain(ty),
                }
            }
            (a, op, b) => Err(SqlError::plan(format!(
                "operator does not exist: {} {op} {}",
                a.long_name(),
                b.long_name()
            ))),
        }
    }

    /// Gives an untyped operand the type that the other one suggests.
    fn typed_operands(&self, left: Typed, right: Typed) -> SqlResult<(Typed, Typed)> {
        let partner = |ty: SqlType| match ty {
            SqlType::TimestampTz | SqlType::Timestamp => SqlType::Interval,
            ty => ty,
        };
        if left.is_untyped() && right.is_untyped() {
            return Ok((
                self.coerce(left, SqlType::Int4)?,
                self.coerce(right, SqlType::Int4)?,
            ));
        }
        if left.is_untyped() {
            let ty = partner(right.ty);
            return Ok((self.coerce(left, ty)?, right));
        }
        if right.is_untyped() {
            let ty = partner(left.ty);
            let right = self.coerce(right, ty)?;
            return Ok((left, right));
        }
        Ok((left, right))
    }

    fn json_field(&self, left: Typed, op: &Op, right: Typed) -> SqlResult<Typed> {
        if left.ty != SqlType::Jsonb {
            return Err(SqlError::plan(format!(
                "operator does not exist: {} {op}",
                left.ty.long_name()
            )));
        }
        let right = match right.origin {
            Origin::Number | Origin::Plain => right,
            _ => self.coerce(right, SqlType::Text)?,
        };
        Ok(if *op == Op::Arrow {
            Typed::new(
                format!("sim_json_field({}, {})", left.sql, right.sql),
                SqlType::Jsonb,
            )
        } else {
            Typed::new(
                format!("sim_json_text({}, {})", left.sql, right.sql),
                SqlType::Text,
            )
        })
    }
}

fn is_instant(ty: SqlType) -> bool {
    matches!(
        ty,
        SqlType::TimestampTz | SqlType::Timestamp | SqlType::Date | SqlType::MzTimestamp
    )
}

/// The SQLite function behind a pattern operator, and whether its answer is turned round.
fn pattern_function(op: &Op) -> Option<(&'static str, bool)> {
    Some(match op {
        Op::PGRegexMatch => ("sim_regex", false),
        Op::PGRegexNotMatch => ("sim_regex", true),
        Op::PGRegexIMatch => ("sim_iregex", false),
        Op::PGRegexNotIMatch => ("sim_iregex", true),
        Op::PGLikeMatch => ("sim_like", false),
        Op::PGNotLikeMatch => ("sim_like", true),
        Op::PGILikeMatch => ("sim_ilike", false),
        Op::PGNotILikeMatch => ("sim_ilike", true),
        Op::PGCustomBinaryOperator(parts) => match parts.last().map(String::as_str) {
            Some("~") => ("sim_regex", false),
            Some("!~") => ("sim_regex", true),
            Some("~*") => ("sim_iregex", false),
            Some("~~") => ("sim_like", false),
            _ => return None,
        },
        _ => return None,
    })
}
