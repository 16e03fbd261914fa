//! Macros and what they call.

use super::UniqueId;
use crate::dbt::json::{Malformed, Reader, Span, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// A macro of the project, of a package, or of dbt itself.
#[derive(Debug, Clone)]
pub struct Macro {
    pub unique_id: UniqueId,
    text: Arc<str>,
    sql: Span,
    depends_on: Arc<[Option<UniqueId>]>,
    name: Span,
    file: Span,
}

impl Macro {
    /// Reads an object, which is all of the text.
    pub(super) fn read(
        unique_id: UniqueId,
        reader: &mut Reader<'_>,
        text: &str,
    ) -> Result<Self, Malformed> {
        let mut read = Self {
            unique_id,
            text: text.into(),
            sql: Span::default(),
            depends_on: Arc::default(),
            name: Span::default(),
            file: Span::default(),
        };
        reader.object(|reader, key| {
            match key {
                "macro_sql" => read.sql = reader.skip()?,
                "name" => read.name = reader.skip()?,
                "original_file_path" => read.file = reader.skip()?,
                "depends_on" => {
                    let calls = reader.value()?;
                    read.depends_on = calls.get("macros").map(ids).unwrap_or_default().into();
                }
                _ => {
                    reader.skip()?;
                }
            }
            Ok::<_, Malformed>(())
        })?;
        Ok(read)
    }

    /// The whole macro as the manifest spells it.
    pub(super) fn spelled(&self) -> &str {
        &self.text
    }

    /// The block from `{%` to `%}`.
    #[must_use]
    pub fn sql(&self) -> Cow<'_, str> {
        self.decoded(self.sql)
    }

    /// The block as the manifest spells it, escapes included: equal spellings mean equal blocks.
    #[must_use]
    pub fn written_sql(&self) -> Option<&str> {
        self.sql.of(&self.text)
    }

    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        self.decoded(self.name)
    }

    #[must_use]
    pub fn original_file_path(&self) -> Cow<'_, str> {
        self.decoded(self.file)
    }

    /// The macros that this one calls; `None` where dbt found no such macro.
    #[must_use]
    pub fn depends_on(&self) -> &[Option<UniqueId>] {
        &self.depends_on
    }

    fn decoded(&self, span: Span) -> Cow<'_, str> {
        match span.of(&self.text).map(|text| Reader::new(text).string()) {
            Some(Ok(text)) => text,
            _ => Cow::Borrowed(""),
        }
    }
}

/// The ids of a `depends_on` list; `None` for every item that is no text.
pub(super) fn ids(list: &Value) -> Vec<Option<UniqueId>> {
    list.items()
        .iter()
        .map(|item| item.as_text().map(UniqueId::from))
        .collect()
}
