//! Escapes in JSON strings.

/// Decodes the escapes of a string. Half a surrogate pair, which Python keeps and Rust can't hold, becomes U+FFFD
/// followed by its four digits, so that two different halves stay different.
pub(super) fn unescape(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = *rest.as_bytes().get(at + 1)?;
        rest = rest.get(at + 2..)?;
        match escape {
            b'"' | b'\\' | b'/' => out.push(char::from(escape)),
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => rest = unescape_unicode(rest, &mut out)?,
            _ => return None,
        }
    }
    out.push_str(rest);
    Some(out)
}

fn unescape_unicode<'r>(rest: &'r str, out: &mut String) -> Option<&'r str> {
    let digits = rest.get(..4)?;
    let unit = hex(digits)?;
    let behind = &rest[4..];
    let pair = behind
        .strip_prefix("\\u")
        .filter(|_| (0xd800..0xdc00).contains(&unit))
        .and_then(|low| hex(low.get(..4)?))
        .filter(|low| (0xdc00..0xe000).contains(low));
    if let Some(low) = pair {
        out.push(char::from_u32(
            0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
        )?);
        return behind.get(6..);
    }
    match char::from_u32(unit) {
        Some(c) => out.push(c),
        None => {
            out.push(char::REPLACEMENT_CHARACTER);
            out.push_str(&digits.to_ascii_lowercase());
        }
    }
    Some(behind)
}

fn hex(digits: &str) -> Option<u32> {
    if digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        u32::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}
