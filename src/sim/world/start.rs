//! Where a world starts from.

use super::clock::Timestamp;
use super::fault::Fault;
use super::latency::Latency;
use super::pace::Model;
use super::script::Scripted;
use crate::version::Release;
use std::collections::BTreeMap;
use std::time::Duration;

/// A role that can log in besides `materialize` and `mz_system`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRole {
    pub name: String,
    /// `None` lets it in without one.
    pub password: Option<String>,
    pub superuser: bool,
    /// What its sessions start with, by the names of variables, as ALTER ROLE SET gives it.
    pub settings: BTreeMap<String, String>,
}

/// Statements that run before the first client can connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartSql {
    pub role: String,
    pub sql: String,
}

/// Everything that makes one simulated server different from another.
///
/// Whatever the world file says, a server has what a fresh one has (recorded: 01): cluster `quickstart`, database `materialize`, schema
/// `public`, roles `materialize` and the system's own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct World {
    /// World time at which clients can connect; `None` is the time here.
    pub opens_at: Option<Timestamp>,
    /// How long before that the start statements ran: objects have a past of this length.
    pub age: Duration,
    /// Which Materialize the server is.
    pub release: Release,
    pub latency: Latency,
    /// Server settings as `ALTER SYSTEM SET` names them (`enable_refresh_every_mvs`), where they differ from the recorded server's.
    pub flags: BTreeMap<String, bool>,
    pub roles: Vec<LoginRole>,
    pub start: Vec<StartSql>,
    pub model: Model,
    pub events: Vec<Scripted>,
    pub faults: Vec<Fault>,
}

impl World {
    /// A fresh server.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// World time at which the start statements run, when clients can connect at `opens_at`, or else at `here`.
    #[must_use]
    pub fn begins(&self, here: Timestamp) -> Timestamp {
        self.opens_at.unwrap_or(here).minus(self.age)
    }
}
