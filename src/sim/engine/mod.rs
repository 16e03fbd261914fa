//! The server's state: the catalog, the rows, the moving world, the live sessions. Everything here is synchronous and quick;
//! [`Shared`] is the handle that sessions hold.

mod controller;
mod inventory;
mod live;
mod past;
mod prepare;
mod shared;
mod state;

pub use live::{Live, LiveSession, LiveSubscription};
pub use shared::{Guard, Run, Shared, Texts};
pub use state::{Engine, Reading};
