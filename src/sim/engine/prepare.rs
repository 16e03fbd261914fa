//! What a world gives to a new server.

use super::Engine;
use crate::catalog::id::Id;
use crate::catalog::{Catalog, Role};
use crate::error::SqlResult;
use crate::world::World;

/// Gives a new server the roles of its world, its sizes and its settings.
///
/// # Errors
/// When the catalog can't be installed.
pub(super) fn prepare(engine: &mut Engine, world: &World) -> SqlResult<()> {
    let mut catalog = Catalog::clone(&engine.current());
    for (name, on) in &world.flags {
        let value = if *on { "true" } else { "false" };
        catalog.settings.insert(name.clone(), value.to_owned());
    }
    let sizes = world.model.sizes.iter();
    catalog.sizes = sizes
        .map(|size| (size.name.clone(), size.credits_per_hour))
        .collect();
    for login in &world.roles {
        if catalog.role_named(&login.name).is_none() {
            catalog.counters.role += 1;
            let id = Id::user(catalog.counters.role);
            let role = Role {
                oid: catalog.next_oid(),
                name: login.name.clone(),
                can_login: Some(true),
                superuser: login.superuser.then_some(true),
            };
            catalog.roles.insert(id, role);
        }
    }
    let now = engine.now();
    engine.install(catalog, now)
}
