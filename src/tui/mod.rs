//! The cockpit: event -> update -> effects -> view.
