//! Numbers and times.

use super::scalar::{Args, number, owned, pure, refuse, text};
use crate::error::SqlError;
use crate::types::SqlType;
use rusqlite::types::{Value as Sqlite, ValueRef};
use rusqlite::{Connection, Result};

/// A function of one number.
type OfOne = fn(f64) -> f64;

pub(super) fn register(sqlite: &Connection) -> Result<()> {
    let zero = || refuse(SqlError::plan("division by zero"));
    pure(sqlite, "sim_quotient", 2, move |c| {
        let (a, b) = (c.get::<i64>(0)?, c.get::<i64>(1)?);
        a.checked_div(b).ok_or_else(zero)
    })?;
    pure(sqlite, "sim_divide", 2, move |c| {
        let (a, b) = (number(c, 0), number(c, 1));
        if b == 0.0 { Err(zero()) } else { Ok(a / b) }
    })?;
    pure(sqlite, "sim_remainder", 2, move |c| {
        match (c.get_raw(0), c.get_raw(1)) {
            (ValueRef::Integer(a), ValueRef::Integer(b)) => {
                a.checked_rem(b).map(Sqlite::Integer).ok_or_else(zero)
            }
            _ => Ok(Sqlite::Real(number(c, 0) % number(c, 1))),
        }
    })?;
    pure(sqlite, "sim_power", 2, |c| {
        Ok(number(c, 0).powf(number(c, 1)))
    })?;
    let of_one: [(&str, OfOne); 5] = [
        ("sim_sqrt", f64::sqrt),
        ("sim_ln", f64::ln),
        ("sim_exp", f64::exp),
        ("sim_ceil", f64::ceil),
        ("sim_floor", f64::floor),
    ];
    for (name, function) in of_one {
        pure(sqlite, name, 1, move |c| Ok(function(number(c, 0))))?;
    }
    pure(sqlite, "sim_integer", 2, |c| {
        let ty = SqlType::by_name(&text(c, 0)?).unwrap_or(SqlType::Int8);
        integer(c.get_raw(1), ty)
    })?;
    pure(sqlite, "sim_to_timestamp", 1, |c| {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "microseconds of any sane instant fit"
        )]
        let micros = (number(c, 0) * 1e6).round() as i64;
        Ok(micros)
    })?;
    pure(sqlite, "sim_date_trunc", 2, |c| {
        let micros = c.get::<i64>(1)?;
        let unit = match text(c, 0)?.as_str() {
            "second" => 1_000_000,
            "minute" => 60_000_000,
            "hour" => 3_600_000_000,
            "day" => 86_400_000_000_i64,
            other => {
                return Err(refuse(SqlError::unsupported(format!(
                    "date_trunc({other})"
                ))));
            }
        };
        Ok(micros - micros.rem_euclid(unit))
    })?;
    pure(sqlite, "sim_date_part", 2, |c| {
        let shown = crate::time::show_timestamp(c.get::<i64>(1)?);
        let field = text(c, 0)?;
        let range = match field.as_str() {
            "year" => 0..4,
            "month" => 5..7,
            "day" => 8..10,
            "hour" => 11..13,
            "minute" => 14..16,
            "second" => 17..shown.len(),
            _ => return Err(refuse(SqlError::unsupported(format!("extract({field})")))),
        };
        Ok(shown.get(range).and_then(|part| part.parse::<f64>().ok()))
    })?;
    pure(sqlite, "sim_greatest", -1, |c| Ok(extreme(c, true)))?;
    pure(sqlite, "sim_least", -1, |c| Ok(extreme(c, false)))
}

fn extreme(context: Args<'_>, greatest: bool) -> Sqlite {
    let fields = (0..context.len()).map(|at| context.get_raw(at));
    let texts = fields.clone().all(|f| matches!(f, ValueRef::Text(_)));
    let best = fields.enumerate().reduce(|a, b| {
        let larger = if texts {
            text(context, b.0).ok() > text(context, a.0).ok()
        } else {
            number(context, b.0) > number(context, a.0)
        };
        if larger == greatest { b } else { a }
    });
    best.map_or(Sqlite::Null, |(_, field)| owned(field))
}

fn integer(field: ValueRef<'_>, ty: SqlType) -> Result<i64> {
    let out_of_range = |shown: String| {
        refuse(SqlError::plan(format!(
            "\"{shown}\" {} out of range",
            ty.long_name()
        )))
    };
    let (low, high) = match ty {
        SqlType::Int2 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        SqlType::Int4 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        SqlType::Uint2 => (0, i64::from(u16::MAX)),
        SqlType::Uint4 | SqlType::Oid => (0, i64::from(u32::MAX)),
        SqlType::Uint8 => (0, i64::MAX),
        _ => (i64::MIN, i64::MAX),
    };
    let number = match field {
        ValueRef::Integer(number) => number,
        ValueRef::Real(number) => {
            if number.abs() >= 9.2e18 {
                return Err(out_of_range(format!("{number}")));
            }
            #[allow(clippy::cast_possible_truncation, reason = "checked above")]
            let whole = number.round() as i64;
            whole
        }
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text).into_owned();
            text.parse().map_err(|_| out_of_range(text))?
        }
        _ => 0,
    };
    if (low..=high).contains(&number) {
        Ok(number)
    } else {
        Err(out_of_range(number.to_string()))
    }
}
