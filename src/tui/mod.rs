//! The cockpit: event -> update -> effects -> view.
//!
//! | part | does |
//! |---|---|
//! | [`event`], [`effect`], [`port`] | the seam: what comes in, what goes out, and who carries it |
//! | [`state`] | plain data; [`update`] alone changes it, without IO and without a clock |
//! | [`view`] | draws a state and changes nothing; [`layout`] says where, [`prose`] what the texts say |
//! | [`table`], [`observed`], [`estimate`], [`chain`], [`diff`], [`traffic`] | what the screens compute |
//! | [`event_loop`], [`terminal`] | the loop, and the terminal that is always given back |
//! | `input`, `signals` | keys and signals, as streams for the loop |
//! | [`keymap`], [`theme`], [`glyphs`] | tables that the configuration can change |

pub mod chain;
pub mod diff;
pub mod effect;
pub mod estimate;
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
mod signals;
pub mod state;
pub mod table;
pub mod terminal;
pub mod theme;
pub mod traffic;
mod update;
mod view;
pub mod wording;

pub use event_loop::{CockpitOptions, ExitSummary, run};
pub use update::update;
pub use view::view;
