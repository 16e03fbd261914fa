//! Session variables in libpq's `options` text.

/// The settings in a libpq `options` text: `-c name=value` and `--name=value`, spaces escaped by a backslash.
///
/// # Errors
/// The part that is neither.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut parts = words(text).into_iter();
    let mut options = Vec::new();
    while let Some(part) = parts.next() {
        let setting = if part == "-c" {
            parts.next()
        } else {
            part.strip_prefix("--")
                .or_else(|| part.strip_prefix("-c"))
                .map(str::to_owned)
        };
        match setting
            .as_deref()
            .and_then(|setting| setting.split_once('='))
        {
            Some((name, value)) => options.push((name.to_owned(), value.to_owned())),
            None => return Err(part),
        };
    }
    Ok(options)
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                if let (Some(word), Some(escaped)) = (words.last_mut(), chars.next()) {
                    word.push(escaped);
                }
            }
            c if c.is_whitespace() => words.push(String::new()),
            c => {
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_both_forms() {
        let options = parse("--cluster=compute -c search_path=a,\\ b  -ctimezone=UTC").unwrap();
        let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            options,
            [
                option("cluster", "compute"),
                option("search_path", "a, b"),
                option("timezone", "UTC"),
            ]
        );
        assert_eq!(parse("nonsense"), Err("nonsense".to_owned()));
    }
}
