//! Parameters that a client binds.

use super::encode::Format;
use crate::Value;
use crate::error::{SqlError, SqlResult};
use crate::types::SqlType;

/// Reads a bound parameter of a type.
///
/// # Errors
/// When the bytes are not of the type, or the type can't be bound here.
pub(super) fn decode(bytes: Option<&[u8]>, ty: SqlType, format: Format) -> SqlResult<Value> {
    let Some(bytes) = bytes else {
        return Ok(Value::Null);
    };
    match format {
        Format::Text => text(bytes, ty),
        Format::Binary => binary(bytes, ty),
    }
}

fn invalid(ty: SqlType) -> SqlError {
    SqlError::new(
        "22P03",
        format!(
            "incorrect data format for a parameter of type {}",
            ty.long_name()
        ),
    )
}

fn utf8(bytes: &[u8], ty: SqlType) -> SqlResult<&str> {
    std::str::from_utf8(bytes).map_err(|_| invalid(ty))
}

fn text(bytes: &[u8], ty: SqlType) -> SqlResult<Value> {
    let words = utf8(bytes, ty)?;
    if ty == SqlType::Bool {
        return match words.to_lowercase().as_str() {
            "t" | "true" | "on" | "1" => Ok(Value::Bool(true)),
            "f" | "false" | "off" | "0" => Ok(Value::Bool(false)),
            _ => Err(invalid(ty)),
        };
    }
    if ty.is_integer() {
        return words
            .trim()
            .parse()
            .map(Value::Int)
            .map_err(|_| invalid(ty));
    }
    if ty.is_number() {
        return words
            .trim()
            .parse()
            .map(Value::Float)
            .map_err(|_| invalid(ty));
    }
    Ok(Value::from(words))
}

fn binary(bytes: &[u8], ty: SqlType) -> SqlResult<Value> {
    match (ty, bytes) {
        (SqlType::Bool, [flag]) => Ok(Value::Bool(*flag != 0)),
        (SqlType::Float8, bytes) => bytes
            .try_into()
            .map(|bytes| Value::Float(f64::from_be_bytes(bytes)))
            .map_err(|_| invalid(ty)),
        (SqlType::Float4, bytes) => bytes
            .try_into()
            .map(|bytes| Value::Float(f32::from_be_bytes(bytes).into()))
            .map_err(|_| invalid(ty)),
        (ty, bytes) if ty.is_integer() => integer(bytes).ok_or_else(|| invalid(ty)),
        (ty, bytes) if ty.is_text() => utf8(bytes, ty).map(Value::from),
        _ => Err(SqlError::unsupported(format!(
            "a binary parameter of type {}",
            ty.long_name()
        ))),
    }
}

fn integer(bytes: &[u8]) -> Option<Value> {
    let number = match bytes.len() {
        2 => i64::from(i16::from_be_bytes(bytes.try_into().ok()?)),
        4 => i64::from(i32::from_be_bytes(bytes.try_into().ok()?)),
        8 => i64::from_be_bytes(bytes.try_into().ok()?),
        _ => return None,
    };
    Some(Value::Int(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_in_both_formats() {
        let text = |words: &str, ty| decode(Some(words.as_bytes()), ty, Format::Text).unwrap();
        assert_eq!(text("prod", SqlType::Text), Value::from("prod"));
        assert_eq!(text("-7", SqlType::Int4), Value::Int(-7));
        assert_eq!(text("t", SqlType::Bool), Value::Bool(true));
        let binary = |bytes: &[u8], ty| decode(Some(bytes), ty, Format::Binary).unwrap();
        assert_eq!(binary(&[255, 255, 255, 249], SqlType::Int4), Value::Int(-7));
        assert_eq!(binary(b"prod", SqlType::Text), Value::from("prod"));
        assert_eq!(
            decode(None, SqlType::Int4, Format::Binary).unwrap(),
            Value::Null
        );
        assert_eq!(
            decode(Some(b"x"), SqlType::Int4, Format::Text)
                .unwrap_err()
                .code,
            "22P03"
        );
    }
}
