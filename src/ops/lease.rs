//! Holding the deployment side while an operation goes by its names.

use super::error::OpsError;
use super::planning::Planned;
use super::run::{Run, Stop};
use super::workspace::{Observation, Workspace};
use crate::domain::action::Operation;
use crate::domain::failure::told;
use crate::domain::guard::{abandoned, place};
use crate::domain::lease::{Holder, LeasePlace, PREFIX};
use crate::domain::name::{Identifier, QualifiedName};
use crate::domain::plan::{Confirmed, Plan, Statement};
use crate::materialize::error::Error;
use crate::materialize::lease::{Marker, Stands};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::sleep;

/// How long a marker whose session has ended is left alone: until then its holder has noticed, and stopped.
const GRACE: Duration = Duration::from_secs(5);

/// How often a holder looks after its marker while dbt builds.
const WATCH: Duration = Duration::from_secs(2);

impl Workspace {
    /// The marker that we hold, if we do.
    pub(super) fn lease(&self) -> Option<Arc<Marker>> {
        let lease = self.lease.lock();
        lease.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, marker: Option<Marker>) -> Option<Arc<Marker>> {
        let mut lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *lease, marker.map(Arc::new))
    }

    /// Sets a marker. It counts only with a look after it: who finds an older one withdraws.
    pub(super) async fn take_lease(
        &self,
        place: &LeasePlace,
        operation: Operation,
    ) -> Result<(), Error> {
        let seed = (std::process::id(), std::time::SystemTime::now());
        // Seeded anew by the system for every one.
        let name = format!("{PREFIX}{:016x}", RandomState::new().hash_one(seed));
        let holder = Holder {
            operation,
            by: self.connector().settings().user.clone(),
            host: rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned(),
            process: std::process::id(),
            at: self.stamp().at,
            session: None,
        };
        let name = Identifier::new(name)
            .map_err(|error| Error::decode("the marker", error.to_string()))?;
        let marker = Marker::set(self.connector(), place.clone(), name, holder).await?;
        self.keep(Some(marker));
        Ok(())
    }

    /// A new plan from a look after our marker stands, where the plan goes by names: what it sees stays so.
    pub(super) async fn look_under_lease(&self, shown: &Plan) -> Result<Planned, OpsError> {
        let taken = match &shown.lease {
            Some(place) => self.take_lease(place, shown.operation).await,
            None => Ok(()),
        };
        let planned = match taken {
            Err(error) if error.server().is_none() => return Err(error.into()),
            _ => self.look_again(&shown.request).await?,
        };
        // Where a name is gone the marker is refused too, and the names are what is to be told.
        if let (Err(error), Ok(())) = (taken, Confirmed::newly(shown).holds(&planned.plan)) {
            return Err(error.into());
        }
        match self.clear_abandoned(&planned.observation).await? {
            true => self.look_again(&shown.request).await,
            false => Ok(planned),
        }
    }

    /// After a lost connection: the marker again, where it is not to be relied on any more. Without a schema to put it in there is none: what is
    /// left needs none then.
    ///
    /// # Errors
    /// When the server can't be reached.
    pub(super) async fn renew_lease(&self, operation: Operation) -> Result<(), Error> {
        let Some(old) = self.lease() else {
            return Ok(());
        };
        if matches!(old.stands().await, Ok(Stands::Still)) {
            return Ok(());
        }
        match self.take_lease(old.place(), operation).await {
            Ok(()) => {}
            Err(error) if error.server().is_none() => return Err(error),
            Err(error) => {
                tracing::debug!(error = told(&error), "no place for a marker any more");
                self.keep(None);
            }
        }
        // The session of the old one may be gone: who holds the new one drops it by its name.
        if let Some(new) = self.lease() {
            let left = old.place().put(old.name());
            if let Err(error) = new.drop_at(&left).await {
                tracing::debug!(error = told(&error), "the earlier marker is gone");
            }
        }
        Ok(())
    }

    /// Gives the deployment side free.
    pub(super) async fn release_lease(&self) {
        if let Some(marker) = self.keep(None) {
            marker.drop_it().await;
        }
    }

    /// Drops the markers that nobody holds any more, once their holders have surely stopped. Tells whether there were some: then what was
    /// seen is to be read anew.
    ///
    /// # Errors
    /// When the server can't be read.
    pub(super) async fn clear_abandoned(&self, seen: &Observation) -> Result<bool, OpsError> {
        let left = |seen: &Observation| -> Vec<QualifiedName> {
            seen.with_inputs(|inputs| {
                let leases = abandoned(inputs);
                leases.filter_map(|lease| place(inputs, lease)).collect()
            })
        };
        let before = left(seen);
        let Some(marker) = self.lease().filter(|_| !before.is_empty()) else {
            return Ok(false);
        };
        sleep(GRACE).await;
        for name in before {
            if let Err(error) = marker.drop_at(&name).await {
                tracing::warn!(error = told(&error), marker = %name, "an abandoned marker is left");
            }
        }
        Ok(true)
    }
}

impl Run<'_> {
    /// The marker goes along with its schema; what comes after that finds no names to move.
    pub(super) fn lease_goes_with(&self, done: &Statement) {
        let Some(marker) = self.workspace.lease() else {
            return;
        };
        let LeasePlace {
            database,
            deployment,
            ..
        } = marker.place();
        if Statement::drop_schema(database, deployment, true).sql() == done.sql() {
            self.workspace.keep(None);
        }
    }

    /// Between two statements by name: the side must still be the one that was looked at.
    pub(super) async fn holds_lease(&self) -> Result<(), Stop> {
        let Some(marker) = self.workspace.lease() else {
            return Ok(());
        };
        match marker.stands().await {
            Ok(stands) => self.still(&marker, stands),
            Err(error) => Err(self.stop(&error)),
        }
    }

    fn still(&self, marker: &Marker, stands: Stands) -> Result<(), Stop> {
        let why = match stands {
            Stands::Still => return Ok(()),
            Stands::In(schema) => format!(
                "somebody moved names meanwhile: what was {} is {schema} now",
                marker.place().deployment
            ),
            Stands::Nowhere => "somebody dropped the marker of this operation (its lease), so others may be at work here".to_owned(),
        };
        Err(match self.touched {
            true => Stop::Partly(why.into()),
            false => Stop::Untouched(why.into()),
        })
    }

    /// Ends when the lease does, with why; never without one.
    pub(super) async fn lease_lost(&self) -> Stop {
        let Some(marker) = self.workspace.lease() else {
            return std::future::pending().await;
        };
        loop {
            sleep(WATCH).await;
            let stood = match marker.stands().await {
                Ok(stands) => self.still(&marker, stands),
                Err(error) if marker.is_lost() => Err(self.stop(&error)),
                // A refusal or a late answer says nothing about the lease.
                Err(error) => {
                    tracing::warn!(error = told(&error), "the lease can't be looked after");
                    Ok(())
                }
            };
            if let Err(stop) = stood {
                return stop;
            }
        }
    }
}
