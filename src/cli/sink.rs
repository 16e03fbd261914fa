//! Where everything that is printed leaves the process: stdout, stderr, and what each of them must not carry.
//!
//! A terminal obeys control characters, a CI system obeys words in its log, and both are read by others: secrets are hidden. Nothing
//! reaches either but through here, so no caller can forget: names, comments, the server's errors and dbt's words come as they are.

use crate::domain::escape::{is_obeyed, visible, visible_lines};
use crate::domain::plan::commented;
use crate::ops::secrets::{hide, hide_in_json, is_public};
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

/// The pipe that stdout led to is closed: an end like any other.
#[derive(Debug)]
pub struct Closed;

/// Words for people that may stand in several lines; those after the first are set in, so that no text can pass for a line of ours.
#[derive(Debug, Default)]
pub struct Words(String);

impl Words {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self::default().and(text)
    }

    /// More text in the same line.
    #[must_use]
    pub fn and(mut self, text: &str) -> Self {
        for (at, line) in hide(text).split('\n').enumerate() {
            if at > 0 {
                self.0.push_str("\n  ");
            }
            self.0.push_str(&visible(line.trim_end_matches('\r')));
        }
        self
    }

    /// More text in a colour of ours, given by the numbers of an SGR sequence.
    #[must_use]
    pub fn and_painted(mut self, text: &str, code: &str) -> Self {
        self.0
            .push_str(&format!("\x1b[{code}m{}\x1b[0m", visible(&hide(text))));
        self
    }

    /// The lines as they are printed.
    fn lines(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.split('\n').map(without_commands)
    }
}

/// Words on stderr. That nobody hears them is no reason to fail.
pub fn say(words: &Words) {
    let mut err = io::stderr().lock();
    for line in words.lines() {
        let _ = writeln!(err, "{line}");
    }
}

/// A question on stderr, with the cursor left behind it. `false`: nobody can be asked.
#[must_use]
pub fn ask(question: &str) -> bool {
    let mut err = io::stderr().lock();
    let text = hide(question);
    let text = visible(&text);
    let asked = write!(err, "{}", without_commands(&text)).and_then(|()| err.flush());
    asked.is_ok()
}

/// Whether somebody sees what is said.
#[must_use]
pub fn is_heard() -> bool {
    io::stderr().is_terminal()
}

/// One line of data on stdout.
///
/// # Errors
/// When nobody reads any more.
pub fn data(line: &str) -> Result<(), Closed> {
    write_line(&without_commands(&visible(&hide(line))))
}

/// A JSON text on stdout, as a serializer wrote it: what would be obeyed, by a terminal, a CI system or psql, becomes `\uXXXX`, which reads
/// back as the same value. Secrets are hidden in its values.
///
/// # Errors
/// When nobody reads any more.
pub fn json(text: &str) -> Result<(), Closed> {
    write_line(&plain_json(&hide_in_json(text)))
}

/// A script of SQL on stdout: byte for byte where psql may run it, else as comments with everything obeyed written out and secrets hidden.
///
/// # Errors
/// When nobody reads any more.
pub fn sql(script: &[String], runnable: bool) -> Result<(), Closed> {
    script.iter().try_for_each(|statement| {
        if runnable {
            return write_line(statement);
        }
        let comment = commented(&visible_lines(&hide(statement)));
        let mut lines = comment.split('\n');
        lines.try_for_each(|line| write_line(&without_commands(line)))
    })
}

/// Whether a script of SQL can be printed as it is: it holds nothing that a terminal or a CI system obeys. An escape would make other
/// SQL of it.
#[must_use]
pub fn is_harmless(script: &[String]) -> bool {
    let mut lines = script.iter().flat_map(|statement| statement.split('\n'));
    lines.all(|line| {
        !line.contains(|c| is_obeyed(c) && c != '\t')
            && matches!(without_commands(line), Cow::Borrowed(_))
    })
}

/// Whether a script of SQL can be printed as it is: it holds no secret.
#[must_use]
pub fn holds_no_secret(script: &[String]) -> bool {
    script.iter().all(|statement| is_public(statement))
}

/// A text of the program itself: a script, a manual page, a table of its own.
///
/// # Errors
/// When it can't be written and somebody still reads.
pub fn own(text: &[u8]) -> io::Result<()> {
    match io::stdout()
        .write_all(text)
        .and_then(|()| io::stdout().flush())
    {
        // A closed pipe is an end like any other; a full disk is not.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

fn write_line(line: &str) -> Result<(), Closed> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|_| Closed)
}

/// JSON with everything obeyed as `\uXXXX`. Beside its own line ends a serializer leaves only characters above ASCII unescaped, and
/// those stand within strings.
///
/// To psql, which knows no `\"`, a string of JSON is a quoted name that ends at its first quote, and what follows would be obeyed. So a
/// quote within a string is written `\u0022`: then psql sees names, brackets and numbers, and neither a semicolon nor a backslash.
fn plain_json(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        if c == '\\' {
            // An escape of the serializer's; it stands within a string, as every backslash does.
            match characters.next() {
                Some((_, '"')) => plain.push_str("\\u0022"),
                Some((_, escaped)) => plain.extend([c, escaped]),
                None => plain.push(c),
            }
        } else if (is_obeyed(c) && c != '\n') || begins_command(&text[at..]) {
            // All of them lie in the plane that `\uXXXX` reaches.
            plain.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            plain.push(c);
        }
    }
    plain
}

/// A line in which no CI system finds a command: the first character of each is written out.
///
/// GitHub reads `::word::` where a line begins and `##[word]` anywhere in it, Azure Pipelines `##vso[` and `##[`, TeamCity
/// `##teamcity[`, GitLab `section_start:` and `section_end:`.
fn without_commands(line: &str) -> Cow<'_, str> {
    let start = line.len() - line.trim_start().len();
    let is_command = |at: usize| {
        let rest = &line[at..];
        (at == start && rest.starts_with("::")) || begins_command(rest)
    };
    if !line.char_indices().any(|(at, _)| is_command(at)) {
        return Cow::Borrowed(line);
    }
    let mut shown = String::with_capacity(line.len() + 8);
    for (at, c) in line.char_indices() {
        if is_command(at) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether a text begins with what is obeyed anywhere in a line.
fn begins_command(text: &str) -> bool {
    let bracketed = text.strip_prefix("##").is_some_and(|rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric())
            .starts_with('[')
    });
    bracketed || text.starts_with("section_start:") || text.starts_with("section_end:")
}

/// clap's own ends. Help and version are texts of ours, in clap's colours where a terminal shows them; words about a mistyped command
/// line repeat what was typed.
pub fn clap(error: &clap::Error) {
    if !error.use_stderr() {
        // A closed pipe is an end like any other.
        let _ = error.print();
        return;
    }
    let text = error.render().to_string();
    text.trim_end()
        .split('\n')
        .for_each(|line| say(&Words::new(line)));
}

#[cfg(test)]
mod tests;
