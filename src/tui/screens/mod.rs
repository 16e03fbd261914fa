//! The screens, each in a folder of its own: its state, what changes that, how it is drawn, and what is taken out of it.

pub mod changes;
pub mod cockpit;
pub mod history;
mod parts;
pub mod run;
mod screen;
pub mod traffic;

pub(super) use parts::parts_of;
pub use screen::Screen;
