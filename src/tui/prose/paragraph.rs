//! A text with its roles, and how it wraps.

use crate::tui::theme::ThemeRole;
use crate::tui::wording;
use unicode_width::UnicodeWidthStr;

/// A text of one role behind a lead of another; it wraps under itself, beside the lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    pub lead: String,
    pub lead_role: ThemeRole,
    pub role: ThemeRole,
    pub text: String,
}

impl Paragraph {
    #[must_use]
    pub fn new(role: ThemeRole, text: impl Into<String>) -> Self {
        Self {
            lead: String::new(),
            lead_role: ThemeRole::Muted,
            role,
            text: text.into(),
        }
    }

    /// Set in by `columns`.
    #[must_use]
    pub fn indented(role: ThemeRole, columns: usize, text: impl Into<String>) -> Self {
        Self {
            lead: " ".repeat(columns),
            ..Self::new(role, text)
        }
    }

    /// A fact with its name before it.
    #[must_use]
    pub fn fact(label: &str, role: ThemeRole, text: impl Into<String>) -> Self {
        Self {
            lead: format!("{label:<11} "),
            ..Self::new(role, text)
        }
    }

    #[must_use]
    pub fn blank() -> Self {
        Self::new(ThemeRole::Text, "")
    }
}

/// The paragraphs as lines of at most `width` columns.
#[must_use]
pub fn wrap(paragraphs: &[Paragraph], width: u16) -> Vec<Paragraph> {
    paragraphs
        .iter()
        .flat_map(|paragraph| wrap_one(paragraph, usize::from(width)))
        .collect()
}

pub(super) fn wrap_one(paragraph: &Paragraph, width: usize) -> Vec<Paragraph> {
    let lead = paragraph.lead.width();
    // A lead that leaves no room for its text is dropped rather than the text.
    let (lead_text, room) = if lead + 8 <= width {
        (paragraph.lead.clone(), width - lead)
    } else {
        (String::new(), width)
    };
    wording::wrap(&wording::shown_lines(&paragraph.text), room)
        .into_iter()
        .enumerate()
        .map(|(at, text)| Paragraph {
            lead: if at == 0 {
                lead_text.clone()
            } else {
                " ".repeat(lead_text.width())
            },
            text,
            ..paragraph.clone()
        })
        .collect()
}
