//! CREATE TYPE of lists and maps.

use super::Name;
use super::tokens::Cursor;
use crate::error::{SqlError, SqlResult};

/// The parts of a type: `("ELEMENT TYPE", text)`.
type Parts = Vec<(&'static str, Name)>;

/// `CREATE TYPE name AS LIST (ELEMENT TYPE = text)`.
#[derive(Debug, Clone)]
pub struct CreateType {
    pub name: Name,
    /// `list` or `map`.
    pub category: &'static str,
    pub parts: Parts,
}

pub fn parse_type(cursor: &mut Cursor<'_>) -> SqlResult<CreateType> {
    let name = cursor.name()?;
    cursor.expect("as")?;
    let (category, wanted): (_, &[&str]) = if cursor.accept("list") {
        ("list", &["ELEMENT TYPE"])
    } else if cursor.accept("map") {
        ("map", &["KEY TYPE", "VALUE TYPE"])
    } else {
        return Err(SqlError::unsupported("CREATE TYPE of records"));
    };
    let parts = cursor.list(|cursor| part(cursor, wanted))?;
    if let Some(lacking) = wanted
        .iter()
        .find(|wanted| !parts.iter().any(|(option, _)| option == *wanted))
    {
        return Err(SqlError::plan(format!(
            "{lacking} option is required in CREATE TYPE"
        )));
    }
    cursor.end()?;
    Ok(CreateType {
        name,
        category,
        parts,
    })
}

fn part(cursor: &mut Cursor<'_>, wanted: &[&'static str]) -> SqlResult<(&'static str, Name)> {
    for option in wanted {
        if cursor.accept(&option.to_lowercase()) {
            cursor.accept_token(&sqlparser::tokenizer::Token::Eq);
            return Ok((option, cursor.name()?));
        }
    }
    Err(cursor.unexpected(wanted.first().copied().unwrap_or_default()))
}
