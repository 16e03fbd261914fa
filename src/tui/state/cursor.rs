//! A list with a cursor, and a text with an offset.

/// A list with a cursor, scrolled so that the cursor is visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    pub at: usize,
    pub offset: usize,
}

impl Cursor {
    /// Moves by `by` lines within `length`, keeping the cursor inside a window of `height`.
    pub fn step(&mut self, by: isize, length: usize, height: usize) {
        self.at = self.at.saturating_add_signed(by);
        self.settle(length, height);
    }

    /// Brings cursor and offset back into bounds.
    pub fn settle(&mut self, length: usize, height: usize) {
        self.at = self.at.min(length.saturating_sub(1));
        let height = height.max(1);
        self.offset = self
            .offset
            .min(self.at)
            .max((self.at + 1).saturating_sub(height))
            .min(length.saturating_sub(height));
    }
}

/// An offset after a move by lines, never past its limit.
#[must_use]
pub fn scrolled(offset: usize, by: isize, limit: usize) -> usize {
    offset.saturating_add_signed(by).min(limit)
}
