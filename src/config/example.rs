//! `config.example.toml`, written from the table of settings.

use super::setting::{SECTIONS, SettingRow, SettingScope};
use std::fmt::{self, Write};

const HEAD: &str = "\
# cutover.toml: settings of cutover, kept beside dbt_project.yml. Every setting with its default; none is needed.
#
# Stronger than this file are environment variables (CUTOVER_<SETTING>, such as CUTOVER_LAG_THRESHOLD) and, above all,
# flags. Relative paths start from this file's folder. Lines with `#` right before a name show settings without a default.
# `cutover config show` tells every value and where it comes from; `cutover config check` tells all mistakes at once.
";

const TAIL: &str = "
# --- Per dbt target, stronger than the settings above ---

#[environment.production]
#badge = \"PRODUCTION\"
#read_only = true
";

/// Every setting with its default and a reason, as a `cutover.toml` that changes nothing.
#[must_use]
pub fn example() -> String {
    let mut text = HEAD.to_owned();
    // A `String` takes everything that is written to it.
    let _ = write(&mut text);
    text + TAIL
}

fn write(text: &mut String) -> fmt::Result {
    for section in SECTIONS {
        writeln!(text, "\n# --- {} ---", section.title)?;
        for note in section.notes {
            writeln!(text, "# {note}")?;
        }
        for row in section.rows {
            text.push('\n');
            write_row(text, *row)?;
        }
    }
    Ok(())
}

fn write_row(text: &mut String, row: &dyn SettingRow) -> fmt::Result {
    let setting = row.setting();
    for line in setting.reason {
        writeln!(text, "# {line}")?;
    }
    let key = setting.key;
    if setting.scope == SettingScope::File {
        writeln!(text, "#[{key}]")?;
        return setting
            .example
            .map_or(Ok(()), |example| writeln!(text, "#{example}"));
    }
    if let Some(default) = row.default() {
        writeln!(text, "{key} = {default}")?;
    }
    setting
        .example
        .map_or(Ok(()), |example| writeln!(text, "#{key} = {example}"))
}
