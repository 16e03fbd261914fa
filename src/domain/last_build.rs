//! The last build on a side as the audit trail of this machine tells it: proof of what the side holds, as far as its ids and definitions
//! still stand there.

use super::definition::identity;
use super::environment::{Resolved, Side};
use super::object::ObjectKind;
use super::quantity::count;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What the audit trail tells of the last deploy or sync on the schemas of a side, by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastBuild {
    /// It ended, and this is what it left.
    Whole(Built),
    /// It began at this time (RFC 3339, by the writer's clock), and no end of a whole build is on record.
    Unfinished(String),
    /// There is nothing to go by, and why: a clause.
    Untold(String),
}

/// What a build left, as its record and the catalog said right after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// First 12 hex digits of the manifest's hash.
    pub manifest: String,
    /// The project that it tells of, as [`super::record::Record::project`].
    pub project: Option<String>,
    pub commit: Option<String>,
    /// `CI_TAG` of the job.
    pub tag: Option<String>,
    /// [`contents`] of the side.
    pub contents: String,
}

/// The last builds on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastBuilds {
    pub production: LastBuild,
    pub deployment: LastBuild,
}

impl LastBuilds {
    #[must_use]
    pub fn on(&self, side: Side) -> &LastBuild {
        match side {
            Side::Production => &self.production,
            Side::Deployment => &self.deployment,
        }
    }
}

impl LastBuild {
    /// What the side holds, where its objects are still those that the build left.
    ///
    /// # Errors
    /// Why nothing proves it, as a clause.
    pub fn proven(&self, resolved: &Resolved<'_>, side: Side) -> Result<&Built, String> {
        match self {
            Self::Whole(built) if built.contents == contents(resolved, side) => Ok(built),
            Self::Whole(built) => Err(format!(
                "its objects are not those that the last build of this machine left (manifest {})",
                built.manifest
            )),
            Self::Unfinished(at) => Err(format!(
                "the last build of this machine, of {at}, did not end as a whole one"
            )),
            Self::Untold(why) => Err(why.clone()),
        }
    }
}

/// 12 hex digits over the ids and definitions of all objects in the side's schemas. They are the same after a swap.
#[must_use]
pub fn contents(resolved: &Resolved<'_>, side: Side) -> String {
    let objects: BTreeSet<String> = resolved
        .objects(side)
        .map(|object| identity(object, resolved))
        .collect();
    let mut hash = Sha256::new();
    for object in objects {
        hash.update(object.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    digest[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What ids do not tell: `, with the rows of its 2 tables as they were then`; empty without tables.
#[must_use]
pub fn unproven_rows(resolved: &Resolved<'_>, side: Side) -> String {
    let tables = resolved
        .objects(side)
        .filter(|object| object.kind == ObjectKind::Table)
        .count();
    match tables {
        0 => String::new(),
        tables => format!(
            "; that the rows of its {} are that build's is taken for granted",
            count(tables, "table")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::World;

    fn left(world: &World) -> LastBuild {
        world.with_inputs(|inputs| {
            LastBuild::Whole(Built {
                manifest: "0123456789ab".to_owned(),
                project: None,
                commit: None,
                tag: None,
                contents: contents(inputs.resolved, Side::Deployment),
            })
        })
    }

    fn proven(world: &World, last: &LastBuild, side: Side) -> Result<String, String> {
        world.with_inputs(|inputs| {
            let built = last.proven(inputs.resolved, side);
            built.map(|built| built.manifest.clone())
        })
    }

    #[test]
    fn contents_are_known_again_by_ids_and_definitions_through_a_swap() {
        let mut world = World::new();
        let last = left(&world);
        let held = Ok("0123456789ab".to_owned());
        assert_eq!(proven(&world, &last, Side::Deployment), held);
        assert!(proven(&world, &last, Side::Production).is_err());
        world.swap();
        assert_eq!(proven(&world, &last, Side::Production), held);
        world.swap();
        let foo = world.id(Side::Deployment, "foo");
        world.redefine(&foo, "CREATE MATERIALIZED VIEW foo AS SELECT 'by hand'");
        let why = proven(&world, &last, Side::Deployment).unwrap_err();
        assert!(why.contains("manifest 0123456789ab"), "{why}");
    }

    #[test]
    fn built_again_under_the_same_names_is_something_else() {
        let mut world = World::new();
        let last = left(&world);
        let foobar = world.id(Side::Deployment, "foobar");
        world.remove(&foobar);
        let bar = world.id(Side::Deployment, "bar");
        world.add(
            Side::Deployment,
            "foobar",
            ObjectKind::MaterializedView,
            &[&bar],
        );
        assert!(proven(&world, &last, Side::Deployment).is_err());
    }

    #[test]
    fn without_a_whole_build_on_record_nothing_is_proven() {
        let world = World::new();
        let cut_off = LastBuild::Unfinished("2026-11-20T10:00:00Z".to_owned());
        let why = proven(&world, &cut_off, Side::Deployment).unwrap_err();
        assert!(why.contains("2026-11-20T10:00:00Z"), "{why}");
        let untold = LastBuild::Untold("nobody built".to_owned());
        assert_eq!(
            proven(&world, &untold, Side::Deployment),
            Err("nobody built".to_owned())
        );
    }
}
