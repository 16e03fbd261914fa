//! Macros and what they call.

use super::UniqueId;
use crate::dbt::json::{Reader, Span, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// A macro of the project, of a package, or of dbt itself.
#[derive(Debug, Clone)]
pub struct Macro {
    pub unique_id: UniqueId,
    pub(super) document: Arc<str>,
    pub(super) sql: Span,
    pub(super) depends_on: Vec<Option<UniqueId>>,
    pub(super) name: Span,
    pub(super) file: Span,
}

impl Macro {
    /// The block from `{%` to `%}`.
    #[must_use]
    pub fn sql(&self) -> Cow<'_, str> {
        self.text(self.sql)
    }

    /// The block as the manifest spells it, escapes included: equal spellings mean equal blocks.
    #[must_use]
    pub fn written_sql(&self) -> Option<&str> {
        self.sql.of(&self.document)
    }

    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        self.text(self.name)
    }

    #[must_use]
    pub fn original_file_path(&self) -> Cow<'_, str> {
        self.text(self.file)
    }

    /// The macros that this one calls; `None` where dbt found no such macro.
    #[must_use]
    pub fn depends_on(&self) -> &[Option<UniqueId>] {
        &self.depends_on
    }

    fn text(&self, span: Span) -> Cow<'_, str> {
        match span
            .of(&self.document)
            .map(|text| Reader::new(text).string())
        {
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
