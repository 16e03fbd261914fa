//! The cockpit: event -> update -> effects -> view.

pub mod effect;
pub mod event;
pub mod port;
