//! What was typed beside the command itself.

use cutover::cli::args::Common;
use cutover::config::Overrides;

/// What was typed beside the command itself.
#[derive(Clone)]
pub struct Typed {
    pub common: Common,
    pub flags: Overrides,
}
