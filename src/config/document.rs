//! `cutover.toml` as written: values with their places, names checked.

use super::{
    problem::{Problem, SourceLocation},
    setting::{SettingScope, setting},
};
use std::path::{Path, PathBuf};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The name of the file in a project.
pub(super) const FILE_NAME: &str = "cutover.toml";

pub(super) struct Document<'t> {
    file: PathBuf,
    text: &'t str,
    table: DeTable<'t>,
}

impl<'t> Document<'t> {
    /// Reads the text of `file`. Mistakes in syntax and names go to `problems`; what could be read is kept.
    pub fn parse(file: &Path, text: &'t str, problems: &mut Vec<Problem>) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let document = Self {
            file: file.to_path_buf(),
            text,
            table: table.into_inner(),
        };
        problems.extend(errors.iter().map(|error| {
            let byte = error.span().map_or(0, |span| span.start);
            Problem::new(
                format!("this is not valid TOML: {}", error.message()),
                "correct the line",
            )
            .at(document.place(byte))
        }));
        document.check_names(problems);
        document
    }

    /// The folder that relative paths of the file start from.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    pub fn place(&self, byte: usize) -> SourceLocation {
        SourceLocation::at_byte(&self.file, self.text, byte)
    }

    /// The value of a setting: the target's own, else the one at the top.
    pub fn value(&self, key: &str, target: Option<&str>) -> Option<&Spanned<DeValue<'t>>> {
        let own = target.and_then(|target| {
            let tables = self.table.get("environment")?.get_ref().as_table()?;
            tables.get(target)?.get_ref().as_table()?.get(key)
        });
        own.or_else(|| self.table.get(key))
    }

    fn check_names(&self, problems: &mut Vec<Problem>) {
        for (name, value) in &self.table {
            if name.get_ref() == "environment" {
                self.check_environments(value, problems);
            } else if setting(name.get_ref()).is_none() {
                let place = self.place(name.span().start);
                problems.push(Problem::unknown_setting(name.get_ref(), place));
            }
        }
    }

    fn check_environments(&self, value: &Spanned<DeValue<'t>>, problems: &mut Vec<Problem>) {
        let malformed = |byte| {
            Problem::new(
                "`environment` holds one table per dbt target",
                "write `[environment.<target>]` above the target's settings",
            )
            .at(self.place(byte))
        };
        let Some(targets) = value.get_ref().as_table() else {
            problems.push(malformed(value.span().start));
            return;
        };
        for (target, settings) in targets {
            let Some(settings) = settings.get_ref().as_table() else {
                problems.push(malformed(target.span().start));
                continue;
            };
            for (name, _) in settings {
                let place = self.place(name.span().start);
                match setting(name.get_ref()).map(|setting| setting.scope) {
                    Some(SettingScope::Anywhere) => {}
                    Some(SettingScope::Top | SettingScope::File) => problems.push(
                        Problem::new(
                            format!("`{name}` can't depend on the target", name = name.get_ref()),
                            "move it to the top of the file",
                        )
                        .at(place),
                    ),
                    None => problems.push(Problem::unknown_setting(name.get_ref(), place)),
                }
            }
        }
    }
}
