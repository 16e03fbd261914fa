//! Text that several hold and none copies: the definitions of ten thousand objects are most of a picture's memory.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A part of a text that is shared.
#[derive(Clone)]
pub struct SharedText {
    whole: Arc<str>,
    start: usize,
    end: usize,
}

impl SharedText {
    /// `None` when this is no part of the whole.
    #[must_use]
    pub fn part(whole: &Arc<str>, range: Range<usize>) -> Option<Self> {
        whole.get(range.clone())?;
        Some(Self {
            whole: Arc::clone(whole),
            start: range.start,
            end: range.end,
        })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.whole.get(self.start..self.end).unwrap_or_default()
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<String> for SharedText {
    fn from(text: String) -> Self {
        Self {
            start: 0,
            end: text.len(),
            whole: text.into(),
        }
    }
}

impl PartialEq for SharedText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for SharedText {}

impl fmt::Debug for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_the_text_itself() {
        let whole: Arc<str> = "añb".into();
        let part = SharedText::part(&whole, 1..3).unwrap();
        assert_eq!(&*part, "ñ");
        assert_eq!(part, SharedText::from("ñ".to_owned()));
        assert_eq!(part.as_ptr(), whole[1..].as_ptr());
        assert_eq!(
            SharedText::part(&whole, 2..3).as_deref(),
            None,
            "within a letter"
        );
        assert_eq!(SharedText::part(&whole, 0..9).as_deref(), None);
    }
}
