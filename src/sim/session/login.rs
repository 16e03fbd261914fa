//! Who may come in, and what a session starts with.

use super::{Session, variables::Variables};
use crate::catalog::Catalog;
use crate::engine::{LiveSession, Shared};
use crate::error::{Notice, SqlError, SqlResult};
use crate::wire::{Host, Login, Opened, Startup};
use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

/// The server as its sockets see it.
pub struct Door {
    shared: Shared,
}

impl Door {
    #[must_use]
    pub const fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl Host for Door {
    fn login(&self, role: &str) -> Login {
        let known = self.shared.roles().iter().find(|r| r.name == role);
        match known.and_then(|role| role.password.clone()) {
            Some(password) => Login::Password(password),
            None => Login::Trusted,
        }
    }

    async fn open(&self, startup: Startup) -> SqlResult<Opened> {
        let mut variables = Variables::of(&self.shared.release().says);
        for (name, value) in self.shared.role_settings(&startup.role) {
            variables.start(name, value);
        }
        for (name, value) in &startup.settings {
            variables.start(name, value);
        }
        let mut engine = self.shared.engine();
        let catalog = engine.catalog();
        let role = catalog.role_named(&startup.role).ok_or_else(|| {
            SqlError::new("28000", format!("role \"{}\" does not exist", startup.role))
        })?;
        let connection = engine.live.next_connection();
        let cancel = CancellationToken::new();
        let secret = secret(connection);
        let session = LiveSession {
            id: uuid(connection, engine.now()),
            role,
            role_name: startup.role.clone(),
            application: variables.get("application_name"),
            client: startup.peer.ip().to_string(),
            connected_at: engine.now(),
            secret,
            cancel,
        };
        engine.live.open(connection, session);
        drop(engine);
        let notices = if variables.is_on("welcome_message") {
            vec![welcome(&catalog, &variables, &startup.role)]
        } else {
            Vec::new()
        };
        let parameters = variables.told();
        let session = Session::new(self.shared.clone(), connection, role, variables);
        Ok(Opened {
            conversation: Box::new(session),
            parameters,
            process_id: i32::try_from(connection).unwrap_or(i32::MAX),
            secret_key: secret,
            notices,
        })
    }

    fn cancel(&self, process_id: i32, secret_key: i32) {
        let engine = self.shared.engine();
        let connection = u32::try_from(process_id).unwrap_or(0);
        let live = engine.live.sessions.get(&connection);
        if live.is_some_and(|session| session.secret == secret_key) {
            engine.live.cancel(connection);
        }
    }
}

fn welcome(catalog: &Catalog, variables: &Variables, role: &str) -> Notice {
    let version = variables.get("mz_version");
    let version = version.split(' ').next().unwrap_or_default();
    let database = variables.get("database");
    let exists = catalog.database_named(&database).is_some();
    let missing = if exists { "" } else { " (does not exist)" };
    Notice::new(format!(
        "connected to a SIMULATED Materialize {version}\n  User: {role}\n  Database: {database}{missing}\n  Cluster: {}",
        variables.get("cluster")
    ))
}

/// A key that only the client of that connection was told; it keeps accidents away, not attackers.
fn secret(connection: u32) -> i32 {
    let mixed = u64::from(connection).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
    i32::try_from(mixed & 0x7fff_ffff).unwrap_or(1)
}

/// Distinct per session and time; laid out as a version 7 UUID.
fn uuid(connection: u32, now: u64) -> String {
    let tail = u64::from(connection).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!(
        "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
        (now >> 16) & 0xffff_ffff,
        now & 0xffff,
        connection & 0xfff,
        0x8000 | (tail >> 50),
        tail & 0xffff_ffff_ffff
    )
}
