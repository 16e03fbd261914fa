//! A text of SQL and Jinja, flattened so that its SQL can be read without running it.

use std::collections::HashMap;

/// The first of the characters that stand for Jinja expressions in flattened SQL; they are for private use.
const FIRST_MARK: u32 = 0xE000;
const LAST_MARK: u32 = 0xF8FF;

/// SQL in which each Jinja expression is one character.
#[derive(Debug, Default)]
pub(super) struct Flat {
    sql: String,
    pub marks: Vec<String>,
}

impl Flat {
    /// The SQL of a text, and the statements (`{% .. %}`) between; comments go.
    pub fn of(text: &str) -> (Self, Vec<String>) {
        let (mut flat, mut statements) = (Self::default(), Vec::new());
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, after) = rest.split_at(at);
            let close = match after.get(..2) {
                Some("{{") => "}}",
                Some("{%") => "%}",
                Some("{#") => "#}",
                _ => {
                    flat.sql.push_str(rest.get(..=at).unwrap_or_default());
                    rest = rest.get(at + 1..).unwrap_or_default();
                    continue;
                }
            };
            flat.sql.push_str(before);
            let inner = after.get(2..).unwrap_or_default();
            let end = inner.find(close).unwrap_or(inner.len());
            let content = inner.get(..end).unwrap_or_default();
            let content = content.trim_matches(|c: char| c == '-' || c == '+' || c.is_whitespace());
            match close {
                "}}" => flat.mark(content),
                "%}" => statements.push(content.to_owned()),
                _ => {}
            }
            rest = inner.get(end + close.len()..).unwrap_or_default();
        }
        flat.sql.push_str(rest);
        (flat, statements)
    }

    /// The SQL that an expression puts together: its string constants are text, whatever stands between is a mark.
    pub fn of_expression(expression: &str) -> Self {
        let mut flat = Self::default();
        let (mut quote, mut between) = (None, String::new());
        for c in expression.chars() {
            match quote {
                Some(open) if c == open => quote = None,
                Some(_) => flat.sql.push(c),
                None if c == '\'' || c == '"' => {
                    flat.mark_between(&mut between);
                    quote = Some(c);
                }
                None => between.push(c),
            }
        }
        flat.mark_between(&mut between);
        flat
    }

    /// What stands between two constants. A call's parentheses part words: `f('a')` is no `fa`.
    fn mark_between(&mut self, between: &mut String) {
        let expression = between.trim_matches(|c: char| c == '~' || c.is_whitespace());
        let behind = expression.trim_start_matches([')', ']', '}', ',', '~', ' ']);
        if behind.len() < expression.len() {
            self.sql.push(' ');
        }
        if !behind.is_empty() {
            self.mark(behind);
        }
        if behind.ends_with(['(', ',', '[', '{', ':', '=']) {
            self.sql.push(' ');
        }
        between.clear();
    }

    fn mark(&mut self, expression: &str) {
        let number = u32::try_from(self.marks.len()).unwrap_or(u32::MAX);
        let mark = FIRST_MARK.saturating_add(number).min(LAST_MARK);
        self.sql.extend(char::from_u32(mark));
        self.marks.push(expression.to_owned());
    }

    pub fn marked(&self, c: char) -> Option<&str> {
        let number = u32::from(c).checked_sub(FIRST_MARK)?;
        let number = usize::try_from(number).ok()?;
        self.marks.get(number).map(String::as_str)
    }

    /// Words as the server reads them, without comments; `=` is a word of its own.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for line in self.sql.lines() {
            let code = line.split("--").next().unwrap_or_default();
            let spaced = code.replace('=', " = ");
            let separates = |c: char| c.is_whitespace() || "(),;'".contains(c);
            let found = spaced.split(separates).filter(|word| !word.is_empty());
            words.extend(found.map(str::to_owned));
        }
        words
    }
}

/// What names stand for within a macro.
pub(super) struct MacroScope<'t> {
    pub assigned: HashMap<&'t str, Vec<&'t str>>,
    pub parameters: Vec<&'t str>,
}

impl<'t> MacroScope<'t> {
    pub fn of(statements: &'t [String]) -> Self {
        let mut assigned: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut parameters = Vec::new();
        for statement in statements {
            if let Some((name, value)) = statement
                .strip_prefix("set ")
                .and_then(|rest| rest.split_once('='))
            {
                assigned.entry(name.trim()).or_default().push(value.trim());
            }
            if let Some((_, list)) = statement
                .strip_prefix("macro ")
                .and_then(|rest| rest.split_once('('))
            {
                let names = list.trim_end_matches(')').split(',');
                parameters.extend(
                    names
                        .filter_map(|name| name.split('=').next())
                        .map(str::trim),
                );
            }
        }
        Self {
            assigned,
            parameters,
        }
    }
}

/// The text of `'x'` or `"x"`.
pub(super) fn constant(expression: &str) -> Option<String> {
    let quoted = |quote: char| {
        let inner = expression.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then(|| inner.to_owned())
    };
    quoted('\'').or_else(|| quoted('"'))
}
