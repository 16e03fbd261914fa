//! Which tests come with what is selected.

use super::error::SelectionError;
use std::str::FromStr;

/// Which tests come with selected nodes although nothing selects them themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndirectSelection {
    /// Every test of a selected node.
    #[default]
    Eager,
    /// Tests whose nodes are all selected.
    Cautious,
    /// Tests whose nodes are all selected or upstream of what is.
    Buildable,
    /// None.
    Empty,
}

impl FromStr for IndirectSelection {
    type Err = SelectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_lowercase().as_str() {
            "eager" => Ok(Self::Eager),
            "cautious" => Ok(Self::Cautious),
            "buildable" => Ok(Self::Buildable),
            "empty" => Ok(Self::Empty),
            _ => Err(SelectionError::Indirect(text.to_owned())),
        }
    }
}
