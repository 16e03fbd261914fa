//! A workspace from what was typed.

use super::typed::Typed;
use super::{logging, settings};
use cutover::config::Need;
use cutover::ops::error::OpsError;
use cutover::ops::workspace::Workspace;
use std::sync::Arc;

/// Settings, log and workspace of the environment that the flags name.
pub fn open(typed: &Typed) -> Result<Arc<Workspace>, OpsError> {
    let settings = settings::load(typed, Need::Server)?;
    logging::start(&settings.folders.log_file(), typed.common.verbose);
    Ok(Arc::new(Workspace::new(settings)?))
}
