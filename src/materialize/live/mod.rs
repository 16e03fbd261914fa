//! The live picture: one SUBSCRIBE per group, aligned by their progress into one consistent snapshot.
//!
//! | module | is |
//! |---|---|
//! | [`event`] | one row of a SUBSCRIBE: progress, or a change. Pure |
//! | [`alignment`] | buffers changes until every stream has passed a time, then applies them. Pure |
//! | [`pace`] | when to publish, when to try again. Pure |
//! | `session` | one set of streams, until something breaks |
//! | `polling` | readings at an interval, where SUBSCRIBE is refused or not wanted |
//! | [`feed`] | sessions for ever, and the picture that they publish |

pub mod alignment;
pub mod event;
pub mod feed;
pub mod pace;
mod polling;
mod session;

pub use feed::{FeedOptions, LiveFeed, live};
