//! Casts, asked for and implied.

use super::Planner;
use super::identifier::parts;
use super::typed::{Origin, Typed, constant, quote};
use crate::error::{SqlError, SqlResult};
use crate::types::SqlType;
use sqlparser::ast::{ArrayElemTypeDef, DataType, TimezoneInfo};

/// The type that a cast names.
pub fn type_of(data_type: &DataType) -> SqlResult<SqlType> {
    let ty = match data_type {
        DataType::Custom(name, _) => {
            let name = parts(name)?.pop().unwrap_or_default();
            SqlType::by_name(&name)
        }
        DataType::Timestamp(_, TimezoneInfo::Tz | TimezoneInfo::WithTimeZone) => {
            Some(SqlType::TimestampTz)
        }
        DataType::Timestamp(..) => Some(SqlType::Timestamp),
        DataType::Array(ArrayElemTypeDef::SquareBracket(element, _)) => {
            let element = type_of(element)?;
            Some(SqlType::Array(crate::select::typed::element_of(element)?))
        }
        other => {
            let text = other.to_string().to_lowercase();
            let bare = text.split('(').next().unwrap_or_default().trim();
            SqlType::by_name(bare)
        }
    };
    ty.ok_or_else(|| {
        let name = data_type.to_string().to_lowercase();
        SqlError::plan(format!("type \"{name}\" does not exist"))
    })
}

impl Planner<'_> {
    /// Gives an untyped expression its type, and converts between types that meet in a comparison.
    pub(super) fn coerce(&self, typed: Typed, to: SqlType) -> SqlResult<Typed> {
        match &typed.origin {
            Origin::Null => Ok(Typed { ty: to, ..typed }),
            Origin::Text(text) => Ok(Typed::new(constant(text, to)?, to)),
            Origin::Parameter(number) => {
                self.parameter(*number, to);
                Ok(Typed::new(typed.sql, to))
            }
            Origin::Number | Origin::Plain => match (typed.ty, to) {
                (from, to) if from == to => Ok(typed),
                (
                    SqlType::MzTimestamp,
                    SqlType::TimestampTz | SqlType::Timestamp | SqlType::Date,
                ) => Ok(Typed::new(format!("({} * 1000)", typed.sql), to)),
                (from, to)
                    if from.is_text() && to.is_text()
                        || from.is_number() && (to.is_number() || to == SqlType::MzTimestamp)
                        || is_calendar(from) && is_calendar(to)
                        || from.is_array() && to.is_array() =>
                {
                    Ok(Typed::new(typed.sql, to))
                }
                (from, to) => Err(SqlError::plan(format!(
                    "expected type {}, found type {}",
                    to.long_name(),
                    from.long_name()
                ))),
            },
        }
    }

    /// What an INSERT or an UPDATE does with a value for a column.
    pub(super) fn assign(&self, typed: Typed, to: SqlType) -> SqlResult<Typed> {
        match (typed.ty, to) {
            (from, to) if from == to || typed.is_untyped() => self.coerce(typed, to),
            (from, to) if from.is_number() && to.is_number() => self.cast(typed, to),
            (from, to) if from.is_text() && to.is_text() => self.cast(typed, to),
            (from, to) if is_calendar(from) && is_calendar(to) => self.cast(typed, to),
            (SqlType::Text, to) => self.cast(typed, to),
            (from, to) => Err(SqlError::plan(format!(
                "column is of type {} but expression is of type {}",
                to.long_name(),
                from.long_name()
            ))),
        }
    }

    pub(super) fn cast(&self, typed: Typed, to: SqlType) -> SqlResult<Typed> {
        use SqlType as T;
        if typed.is_untyped() {
            return self.coerce(typed, to);
        }
        let from = typed.ty;
        if from == to {
            return Ok(Typed::new(typed.sql, to));
        }
        let sql = match (from, to) {
            (T::RegType | T::RegClass | T::RegProc, T::Text | T::Varchar) => {
                format!("sim_reg_text({})", typed.sql)
            }
            (_, T::Text | T::Varchar | T::Char) => {
                return self.to_text(typed).map(|t| Typed { ty: to, ..t });
            }
            (from, to) if from.is_text() => {
                format!("sim_parse({}, {})", quote(to.short_name()), typed.sql)
            }
            (T::Uint8 | T::Int8 | T::Float4 | T::Float8 | T::Numeric, to) if to.is_integer() => {
                format!("sim_integer({}, {})", quote(to.short_name()), typed.sql)
            }
            (from, to) if from.is_integer() && to.is_integer() => typed.sql,
            (from, T::Float4 | T::Float8) if from.is_number() => {
                format!("CAST({} AS REAL)", typed.sql)
            }
            (from, T::Numeric) if from.is_number() => typed.sql,
            (T::Bool, to) if to.is_integer() => typed.sql,
            (from, T::Bool) if from.is_integer() => format!("({} <> 0)", typed.sql),
            (T::MzTimestamp, T::TimestampTz | T::Timestamp) => format!("({} * 1000)", typed.sql),
            (T::TimestampTz | T::Timestamp, T::MzTimestamp) => format!("({} / 1000)", typed.sql),
            (from, T::MzTimestamp) if from.is_number() => typed.sql,
            (T::TimestampTz | T::Timestamp, T::Date) => {
                format!("({} / 86400000000 * 86400000000)", typed.sql)
            }
            (from, to) if is_calendar(from) && is_calendar(to) => typed.sql,
            (from, to) if from.is_array() && to.is_array() => typed.sql,
            (T::Jsonb, to) if to.is_number() || to == T::Bool => {
                format!(
                    "sim_parse({}, sim_json_scalar({}))",
                    quote(to.short_name()),
                    typed.sql
                )
            }
            (from, to) => {
                return Err(SqlError::plan(format!(
                    "CAST does not support casting from {} to {}",
                    from.long_name(),
                    to.long_name()
                )));
            }
        };
        Ok(Typed::new(sql, to))
    }

    /// Any value as the text that Postgres shows.
    pub(super) fn to_text(&self, typed: Typed) -> SqlResult<Typed> {
        use SqlType as T;
        if typed.is_untyped() {
            return self.coerce(typed, T::Text);
        }
        let sql = match typed.ty {
            ty if ty.is_text() => typed.sql,
            T::Uuid | T::Bytea | T::Jsonb | T::Record => typed.sql,
            // A single item shows the names of roles; an array of them, and an item as it is, their ids (recorded: v26.24/17).
            T::AclItem => format!("sim_acl_text({})", typed.sql),
            ty => format!("sim_text({}, {})", quote(ty.short_name()), typed.sql),
        };
        Ok(Typed::new(sql, T::Text))
    }
}

fn is_calendar(ty: SqlType) -> bool {
    matches!(
        ty,
        SqlType::Timestamp | SqlType::TimestampTz | SqlType::Date
    )
}
