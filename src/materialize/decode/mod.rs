//! From rows of text to the types of the domain. Pure: the same code serves one-shot reads and the live feed.

pub mod access;
pub mod background;
pub mod catalog;
pub mod changes;
pub mod identity;
pub mod readings;
pub mod shapes;
pub mod store;
pub mod traffic;
