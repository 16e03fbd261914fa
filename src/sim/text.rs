//! Values as Postgres shows them in text.

use super::time::{show_interval, show_timestamp, show_timestamptz};
use super::types::SqlType;
use super::value::Value;

/// A value in text format; `None` for NULL.
#[must_use]
pub fn show(value: &Value, ty: SqlType) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => if *flag { "t" } else { "f" }.to_owned(),
        Value::Int(number) => show_integer(*number, ty),
        Value::Float(number) => show_number(*number, ty),
        Value::Text(text) if ty.is_array() => show_array(text),
        Value::Text(text) if ty == SqlType::Char && text.is_empty() => "\0".to_owned(),
        Value::Text(text) => text.clone(),
    })
}

fn show_integer(number: i64, ty: SqlType) -> String {
    match ty {
        SqlType::TimestampTz => show_timestamptz(number),
        SqlType::Timestamp => show_timestamp(number),
        SqlType::Date => show_timestamp(number).chars().take(10).collect(),
        SqlType::Interval => show_interval(number),
        SqlType::Bool => if number == 0 { "f" } else { "t" }.to_owned(),
        _ => number.to_string(),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "fractional microseconds are below what the types hold"
)]
fn show_number(number: f64, ty: SqlType) -> String {
    match ty {
        SqlType::Interval | SqlType::TimestampTz | SqlType::Timestamp => {
            show_integer(number.round() as i64, ty)
        }
        SqlType::Float4 | SqlType::Float8 if number.abs() >= 1e16 || is_tiny(number) => {
            scientific(number)
        }
        _ => format!("{number}"),
    }
}

fn is_tiny(number: f64) -> bool {
    number != 0.0 && number.abs() < 1e-4
}

/// `4.1e-9` as Postgres writes it: an exponent of two digits.
fn scientific(number: f64) -> String {
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent
                .strip_prefix('-')
                .map_or(('+', exponent), |digits| ('-', digits));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text,
    }
}

/// The elements of a stored array.
#[must_use]
pub fn elements(json: &str) -> Vec<Option<String>> {
    let elements: Vec<serde_json::Value> = serde_json::from_str(json).unwrap_or_default();
    elements
        .into_iter()
        .map(|element| match element {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text),
            other => Some(other.to_string()),
        })
        .collect()
}

/// `{a,"b c",NULL}`.
#[must_use]
pub fn show_array(json: &str) -> String {
    let elements: Vec<String> = elements(json)
        .into_iter()
        .map(|element| match element {
            None => "NULL".to_owned(),
            Some(text) if needs_quotes(&text) => {
                format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
            Some(text) => text,
        })
        .collect();
    format!("{{{}}}", elements.join(","))
}

fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text.eq_ignore_ascii_case("null")
        || text
            .chars()
            .any(|c| c.is_whitespace() || matches!(c, ',' | '"' | '\\' | '{' | '}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_recorded() {
        let shown = |value: Value, ty| show(&value, ty).unwrap();
        assert_eq!(shown(Value::Bool(true), SqlType::Bool), "t");
        assert_eq!(shown(Value::Int(1_000_000), SqlType::Interval), "00:00:01");
        assert_eq!(shown(Value::Float(0.0), SqlType::Float8), "0");
        assert_eq!(shown(Value::Float(4.5e-9), SqlType::Float8), "4.5e-09");
        assert_eq!(show(&Value::Null, SqlType::Text), None);
    }

    #[test]
    fn arrays_quote_what_needs_it() {
        let json = r#"["s2=U/u1","a b","",null]"#;
        assert_eq!(show_array(json), r#"{s2=U/u1,"a b","",NULL}"#);
    }
}
