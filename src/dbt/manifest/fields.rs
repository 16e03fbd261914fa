//! Where the fields of a node stand in its text.

use super::field::Field;
use crate::dbt::json::{Kind, Malformed, Reader, Span};

/// A node's text and the spans of those of its fields that anything here looks at.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    text: Box<str>,
    /// Most nodes have a third of all fields.
    spans: Box<[(Field, Span)]>,
}

impl Fields {
    /// Reads an object, which is all of the text.
    ///
    /// # Errors
    /// When the text is malformed.
    pub(super) fn read(reader: &mut Reader<'_>, text: &str) -> Result<Self, Malformed> {
        let mut spans = Vec::with_capacity(32);
        reader.object(|reader, key| {
            let kind = reader.peek();
            let Some(field) = Field::of(key) else {
                return reader.skip().map(drop);
            };
            let span = if kind == Kind::Object {
                reader.object_span(|reader, key| {
                    let inner = reader.skip()?;
                    if let Some(field) = field.inner(key) {
                        put(&mut spans, field, inner);
                    }
                    Ok::<_, Malformed>(())
                })?
            } else {
                reader.skip()?
            };
            put(&mut spans, field, span);
            Ok::<_, Malformed>(())
        })?;
        Ok(Self {
            text: text.into(),
            spans: spans.into_boxed_slice(),
        })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The field as it is spelled, or `None` where it is missing.
    pub(super) fn get(&self, field: Field) -> Option<&str> {
        let found = self.spans.iter().find(|(known, _)| *known == field);
        found.and_then(|(_, span)| span.of(&self.text))
    }

    /// Puts what stands in one field in another, if anything does.
    pub(super) fn rename(&mut self, old: Field, new: Field) {
        let found = self.spans.iter().find(|(known, _)| *known == old);
        if let Some(span) = found.map(|(_, span)| *span) {
            let mut spans = std::mem::take(&mut self.spans).into_vec();
            put(&mut spans, new, span);
            self.spans = spans.into_boxed_slice();
        }
    }
}

/// Of two members of one key Python keeps the last.
fn put(spans: &mut Vec<(Field, Span)>, field: Field, span: Span) {
    match spans.iter_mut().find(|(known, _)| *known == field) {
        Some(known) => known.1 = span,
        None => spans.push((field, span)),
    }
}
