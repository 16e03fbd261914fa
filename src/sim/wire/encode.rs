//! Fields as text and as binary, by their column's type.

use crate::Value;
use crate::error::{SqlError, SqlResult};
use crate::text::{elements, show};
use crate::types::SqlType;
use bytes::{BufMut, BytesMut};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Binary,
}

impl Format {
    pub(super) fn code(self) -> i16 {
        match self {
            Self::Text => 0,
            Self::Binary => 1,
        }
    }
}

/// Microseconds from 1970 to 2000, where the binary format counts from.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// Appends one field: its length, then its bytes; length -1 for NULL.
pub(super) fn encode(
    value: &Value,
    ty: SqlType,
    format: Format,
    out: &mut BytesMut,
) -> SqlResult<()> {
    if *value == Value::Null {
        out.put_i32(-1);
        return Ok(());
    }
    let start = out.len();
    out.put_i32(0);
    match format {
        Format::Text => out.put_slice(show(value, ty).unwrap_or_default().as_bytes()),
        Format::Binary => binary(value, ty, out)?,
    }
    let length = i32::try_from(out.len() - start - 4).unwrap_or(i32::MAX);
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

fn binary(value: &Value, ty: SqlType, out: &mut BytesMut) -> SqlResult<()> {
    match (ty, value) {
        (SqlType::Bool, Value::Bool(flag)) => out.put_u8(u8::from(*flag)),
        (SqlType::Int2 | SqlType::Uint2, Value::Int(number)) => put_narrow(out, *number, 2),
        (SqlType::Int4 | SqlType::Uint4, Value::Int(number)) => put_narrow(out, *number, 4),
        (
            SqlType::Oid | SqlType::RegProc | SqlType::RegType | SqlType::RegClass,
            Value::Int(number),
        ) => {
            put_narrow(out, *number, 4);
        }
        (SqlType::Int8 | SqlType::Uint8, Value::Int(number)) => out.put_i64(*number),
        #[expect(clippy::cast_possible_truncation, reason = "a real is as wide as that")]
        (SqlType::Float4, Value::Float(number)) => out.put_f32(*number as f32),
        (SqlType::Float8, Value::Float(number)) => out.put_f64(*number),
        #[expect(clippy::cast_precision_loss, reason = "whole numbers are kept as such")]
        (SqlType::Float8, Value::Int(number)) => out.put_f64(*number as f64),
        (SqlType::Timestamp | SqlType::TimestampTz, Value::Int(micros)) => {
            out.put_i64(micros - POSTGRES_EPOCH)
        }
        (SqlType::Interval, Value::Int(micros)) => {
            out.put_i64(*micros);
            out.put_i64(0);
        }
        (SqlType::Jsonb, Value::Text(text)) => {
            out.put_u8(1);
            out.put_slice(text.as_bytes());
        }
        (SqlType::Uuid, Value::Text(text)) => uuid(text, out)?,
        (SqlType::Array(_), Value::Text(json)) => text_array(json, ty, out)?,
        (SqlType::Text | SqlType::Varchar | SqlType::Char, Value::Text(text)) => {
            out.put_slice(text.as_bytes())
        }
        (SqlType::MzTimestamp | SqlType::AclItem, value) => {
            out.put_slice(show(value, ty).unwrap_or_default().as_bytes());
        }
        _ => return Err(unsupported(ty)),
    }
    Ok(())
}

fn unsupported(ty: SqlType) -> SqlError {
    SqlError::unsupported(format!(
        "{} in binary format: cast it to text",
        ty.long_name()
    ))
}

/// The low bytes of a number, the highest of them first.
fn put_narrow(out: &mut BytesMut, number: i64, bytes: usize) {
    out.put_slice(&number.to_be_bytes()[8 - bytes..]);
}

fn uuid(text: &str, out: &mut BytesMut) -> SqlResult<()> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let number = u128::from_str_radix(&digits, 16)
        .map_err(|_| SqlError::plan(format!("invalid uuid {text}")))?;
    out.put_u128(number);
    Ok(())
}

fn text_array(json: &str, ty: SqlType, out: &mut BytesMut) -> SqlResult<()> {
    let element_type = ty
        .element()
        .filter(|element| element.is_text())
        .ok_or_else(|| unsupported(ty))?;
    let elements = elements(json);
    let has_null = elements.iter().any(Option::is_none);
    out.put_i32(i32::from(!elements.is_empty()));
    out.put_i32(i32::from(has_null));
    out.put_u32(element_type.oid());
    if !elements.is_empty() {
        out.put_i32(i32::try_from(elements.len()).unwrap_or(i32::MAX));
        out.put_i32(1);
    }
    for element in elements {
        let value = element.map_or(Value::Null, Value::Text);
        encode(&value, element_type, Format::Binary, out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_carries_its_length_and_null_has_none() {
        let mut out = BytesMut::new();
        encode(&Value::Int(258), SqlType::Int4, Format::Binary, &mut out).unwrap();
        encode(&Value::Null, SqlType::Int4, Format::Binary, &mut out).unwrap();
        encode(&Value::Int(258), SqlType::Int8, Format::Text, &mut out).unwrap();
        assert_eq!(
            out[..],
            [
                0, 0, 0, 4, 0, 0, 1, 2, 255, 255, 255, 255, 0, 0, 0, 3, b'2', b'5', b'8'
            ]
        );
    }

    #[test]
    fn what_has_no_binary_form_here_is_refused_by_name() {
        let mut out = BytesMut::new();
        let error = encode(
            &Value::Float(0.5),
            SqlType::Numeric,
            Format::Binary,
            &mut out,
        )
        .unwrap_err();
        assert_eq!(error.code, "0A000");
        assert!(error.message.contains("numeric"), "{}", error.message);
    }
}
