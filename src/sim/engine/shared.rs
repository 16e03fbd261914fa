//! The handle on the server's state that every session holds.

use super::Engine;
use super::prepare::prepare;
use crate::catalog::Catalog;
use crate::error::{SqlError, SqlResult};
use crate::inventory::Millis;
use crate::version::Release;
use crate::world::{
    Action, Clock, Disturbance, Dynamics, Faults, Latency, LoginRole, Script, Timestamp, World,
};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The longest step of world time between two looks at the world: SUBSCRIBE tells its progress at least this often.
const STEP: Duration = Duration::from_secs(1);
/// The same while a world ages, before anybody can listen: lag is sampled each time, and kept once a minute.
const STRIDE: Duration = Duration::from_secs(10);

/// Rows as text.
pub type Texts = Vec<Vec<Option<String>>>;

/// How statements of a role run without a connection; the rows of the last one come back. Who opens a world brings it along, since
/// sessions stand above the state that they share.
pub type Run = fn(&Shared, &str, &str) -> SqlResult<Texts>;

struct Inner {
    engine: Mutex<Engine>,
    clock: Clock,
    faults: Faults,
    script: Mutex<Script>,
    roles: Vec<LoginRole>,
    release: Release,
    latency: Latency,
    run: Run,
    /// Counts changes, so that subscriptions wake.
    changes: watch::Sender<u64>,
}

/// Clones are handles on the same server.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

/// The locked engine.
pub struct Guard<'a>(MutexGuard<'a, Engine>);

impl Deref for Guard<'_> {
    type Target = Engine;
    fn deref(&self) -> &Engine {
        &self.0
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut Engine {
        &mut self.0
    }
}

impl Shared {
    /// Opens a world: its start statements run, then it ages, then clients may connect.
    ///
    /// # Errors
    /// When a start statement is refused; the message names it.
    pub fn open(world: World, clock: Clock, run: Run) -> SqlResult<Self> {
        let begins = clock.now();
        let faults = Faults::default();
        let dynamics = Dynamics::new(world.model.clone(), begins);
        let mut engine = Engine::open(
            dynamics,
            faults.clone(),
            begins.millis(),
            world.release.version,
        )?;
        prepare(&mut engine, &world)?;
        let shared = Self(Arc::new(Inner {
            engine: Mutex::new(engine),
            faults: faults.clone(),
            script: Mutex::default(),
            roles: world.roles.clone(),
            release: world.release.clone(),
            latency: world.latency,
            run,
            changes: watch::channel(0).0,
            clock,
        }));
        for start in &world.start {
            shared.execute(&start.role, &start.sql).map_err(|error| {
                SqlError::plan(format!(
                    "{} (in the world's start: {})",
                    error.message, start.sql
                ))
            })?;
        }
        shared.0.clock.advance(world.age);
        *lock(&shared.0.script) = Script::new(&world.events, shared.0.clock.now());
        shared.pump_by(STRIDE);
        for fault in world.faults {
            faults.arm(fault);
        }
        Ok(shared)
    }

    #[must_use]
    pub fn engine(&self) -> Guard<'_> {
        Guard(lock(&self.0.engine))
    }

    #[must_use]
    pub fn clock(&self) -> Clock {
        self.0.clock.clone()
    }

    #[must_use]
    pub fn faults(&self) -> Faults {
        self.0.faults.clone()
    }

    #[must_use]
    pub fn logical_time(&self) -> Timestamp {
        Timestamp(self.engine().now())
    }

    /// When the world tells something, or its script does.
    #[must_use]
    pub fn next_due(&self) -> Timestamp {
        let tick = Timestamp(self.engine().next_tick());
        let scripted = lock(&self.0.script).next();
        scripted.map_or(tick, |scripted| scripted.min(tick))
    }

    /// What a role's sessions start with.
    pub(crate) fn role_settings(&self, role: &str) -> impl Iterator<Item = (&String, &String)> {
        let of_role = self.0.roles.iter().filter(move |it| it.name == role);
        of_role.flat_map(|it| &it.settings)
    }

    pub(crate) fn roles(&self) -> &[LoginRole] {
        &self.0.roles
    }

    /// When the world tells something first after that time.
    pub(crate) fn next_tick(&self, after: Timestamp) -> Timestamp {
        Timestamp(self.engine().tick_after(after.millis()))
    }

    pub(crate) fn latency(&self) -> Latency {
        self.0.latency
    }

    pub(crate) fn release(&self) -> &Release {
        &self.0.release
    }

    /// Brings the world up to the clock, performs what is due, and wakes subscriptions.
    pub fn pump(&self) {
        self.pump_by(STEP);
    }

    fn pump_by(&self, step: Duration) {
        let target = self.0.clock.now();
        loop {
            let due = lock(&self.0.script).take_due(self.logical_time());
            if let Some(action) = due {
                self.perform(action);
                continue;
            }
            let now = self.logical_time();
            if now >= target {
                break;
            }
            let next = now.plus(step).min(target);
            let event = lock(&self.0.script).next().filter(|at| *at > now);
            let next = event.map_or(next, |at| at.min(next));
            self.engine().advance(next.millis());
            self.control_clusters();
            self.wake();
        }
        self.wake();
    }

    fn control_clusters(&self) {
        if let Err(error) = self.engine().control_clusters() {
            tracing::warn!(%error, "clusters could not be changed");
        }
    }

    fn perform(&self, action: Action) {
        match action {
            Action::Arm(fault) => self.0.faults.arm(fault),
            Action::Disturb(disturbance) => {
                if let Err(error) = self.disturb(&disturbance) {
                    tracing::warn!(?disturbance, %error, "a scripted disturbance found no target");
                }
            }
            Action::Run { role, sql } => {
                if let Err(error) = self.execute(&role, &sql) {
                    tracing::warn!(sql, %error, "a scripted statement was refused");
                }
            }
        }
    }

    /// # Errors
    /// When the disturbance names what does not exist.
    pub fn disturb(&self, disturbance: &Disturbance) -> Result<(), crate::world::UnknownTarget> {
        let disturbed = self.engine().dynamics_mut().disturb(disturbance);
        self.wake();
        disturbed
    }

    /// Runs statements as a role, outside of any connection, and gives the last one's rows as text.
    ///
    /// # Errors
    /// What the server says against one of them.
    pub fn execute(&self, role: &str, sql: &str) -> SqlResult<Texts> {
        (self.0.run)(self, role, sql)
    }

    /// Changes a copy of the catalog and installs it, all at once; `change` is told the time.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Catalog, Millis) -> SqlResult<T>,
    ) -> SqlResult<T> {
        let clock = self.0.clock.now().millis();
        let mut engine = self.engine();
        let mut catalog = Catalog::clone(&engine.current());
        let now = clock.max(engine.now() + 1);
        let result = change(&mut catalog, now)?;
        engine.install(catalog, clock)?;
        drop(engine);
        self.wake();
        Ok(result)
    }

    /// Installs a copy that was changed over a transaction, unless the catalog was changed meanwhile.
    pub(crate) fn commit(&self, base: u64, catalog: Catalog) -> SqlResult<()> {
        let clock = self.0.clock.now().millis();
        let mut engine = self.engine();
        if engine.current().revision != base {
            return Err(SqlError::serialization());
        }
        engine.install(catalog, clock)?;
        drop(engine);
        self.wake();
        Ok(())
    }

    /// Tells waiting subscriptions to look again.
    pub(crate) fn wake(&self) {
        self.0.changes.send_modify(|count| *count += 1);
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }
}

/// The state is valid after every single change, so a panic elsewhere can't have left it half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
