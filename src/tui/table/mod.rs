//! The object table: which rows, in which order, in which columns. Rows are built for the visible range only.

pub mod arrange;
mod cell;
pub mod column;
pub mod filter;
mod order;

pub use arrange::{Arranged, Arrangement, Grouping, Sort, TableEntry};
pub use cell::CellContext;
pub use column::Column;
pub use filter::{Filter, InvalidFilter};
