//! Literals as Python reads and prints them.

use super::SyntaxError;
use std::fmt::Write as _;

/// Python's `repr` of a text: the quotes that need no escape, and escapes for what can't be printed.
pub(super) fn text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut shown = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            '\\' => shown.push_str("\\\\"),
            c if c == quote => {
                shown.push('\\');
                shown.push(c);
            }
            c if is_printable(c) => shown.push(c),
            c => shown.push_str(&escaped(c)),
        }
    }
    shown.push(quote);
    shown
}

fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // Behind another character, Rust escapes exactly what can't be printed.
    let pair: String = ['a', c].iter().collect();
    pair.escape_debug().nth(1) == Some(c)
}

fn escaped(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

/// Python's `repr` of a float: the shortest digits, an exponent below 0.0001 and from 1e16 on.
pub(super) fn float(value: f64) -> String {
    if value.is_infinite() {
        return if value < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) || value == 0.0 {
        return format!("{value:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Decimal digits of an integer of any length, written with a prefix (`0x1F`) or without one.
pub(super) fn integer(written: &str) -> String {
    let written = written.replace('_', "").to_lowercase();
    let radix = match written.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => {
            let digits = written.trim_start_matches('0');
            return if digits.is_empty() { "0" } else { digits }.to_owned();
        }
    };
    // The lowest digit first.
    let mut decimal = vec![0_u32];
    for digit in written.chars().skip(2).filter_map(|c| c.to_digit(radix)) {
        let mut carry = digit;
        for place in &mut decimal {
            let value = *place * radix + carry;
            *place = value % 10;
            carry = value / 10;
        }
        while carry > 0 {
            decimal.push(carry % 10);
            carry /= 10;
        }
    }
    let digits = decimal.iter().rev().map(|digit| digit.to_string());
    let digits: String = digits.collect();
    match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => digits.to_owned(),
    }
}

/// What stands between the quotes of a literal, with its escapes read.
pub(super) fn unescaped(written: &str) -> Result<String, SyntaxError> {
    // Jinja spells what is not ASCII as an escape first, so a backslash before it takes that escape's own backslash.
    let mut ascii = String::with_capacity(written.len());
    for c in written.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            ascii.push_str(&escaped(c));
        }
    }
    let mut text = String::with_capacity(ascii.len());
    let mut rest = ascii.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        let Some(escape) = rest.next() else {
            return Err(SyntaxError::new("a text ends in a backslash"));
        };
        match escape {
            '\n' => {}
            'a' => text.push('\u{7}'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'v' => text.push('\u{b}'),
            '\\' | '\'' | '"' => text.push(escape),
            'x' => text.push(hexadecimal(&mut rest, 2)?),
            'u' => text.push(hexadecimal(&mut rest, 4)?),
            'U' => text.push(hexadecimal(&mut rest, 8)?),
            '0'..='7' => {
                let mut code = escape.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    let Some(digit) = rest.clone().next().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    rest.next();
                    code = code * 8 + digit;
                }
                text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            unknown => {
                let _ = write!(text, "\\{unknown}");
            }
        }
    }
    Ok(text)
}

fn hexadecimal(rest: &mut std::str::Chars<'_>, digits: usize) -> Result<char, SyntaxError> {
    let written: String = rest.by_ref().take(digits).collect();
    let is_whole = written.len() == digits && written.bytes().all(|b| b.is_ascii_hexdigit());
    let code = u32::from_str_radix(&written, 16).ok().filter(|_| is_whole);
    match code {
        // One half of a pair is no character of its own, in Rust.
        Some(code @ 0..=0x10_ffff) => {
            Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
        }
        _ => Err(SyntaxError::new(format!("`\\{written}` is no character"))),
    }
}
