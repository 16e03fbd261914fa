//! The cockpit: event -> update -> effects -> view.
//!
//! | part | does |
//! |---|---|
//! | [`event`], [`effect`], [`port`] | the seam: what comes in, what goes out, and who carries it |
//! | [`screens`] | a folder for each screen, with its state, its part of update and view, and what is copied of it; and the table of them |
//! | [`state`] | plain data; [`update`] alone changes it, without IO and without a clock |
//! | [`view`] | draws a state and changes nothing; [`layout`] says where, [`prose`] what the texts say |
//! | [`table`], [`observed`] | the table of objects, and what was seen of them over time |
//! | [`event_loop`], [`terminal`] | the loop, and the terminal that is always given back |
//! | `input`, `signals` | keys and signals, as streams for the loop |
//! | [`keymap`], [`theme`], [`glyphs`] | tables that the configuration can change |

pub mod effect;
pub mod event;
pub mod event_loop;
pub mod export;
pub mod glyphs;
mod input;
pub mod keymap;
pub mod layout;
pub mod observed;
pub mod port;
pub mod prose;
pub mod screens;
mod signals;
pub mod state;
pub mod table;
pub mod terminal;
pub mod theme;
mod update;
mod view;
pub mod wording;

pub use event_loop::{CockpitOptions, ExitSummary, run};
pub use update::update;
pub use view::view;
