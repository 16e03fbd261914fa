//! What a build may change, as names: what dbt sends is held to it, statement by statement.

use super::Plan;
use super::sink_move::qualified;
use crate::domain::environment::{NamePair, Resolved, Side};
use crate::domain::name::{Identifier, ObjectId};
use serde::Serialize;
use std::collections::BTreeSet;

/// The deployment side by its names, beside what must not be touched even there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bounds {
    pub database: Identifier,
    /// What is created, altered or dropped lies in one of these schemas.
    pub schemas: BTreeSet<Identifier>,
    /// What is created runs on one of these clusters.
    pub clusters: BTreeSet<Identifier>,
    /// Production's clusters: not even a query of the build may run there.
    pub production: BTreeSet<Identifier>,
    /// What stands on the side and is not in the plan's closure, by schema and name: nobody has been shown what reads it, so it is
    /// not dropped with its dependents.
    pub existing: BTreeSet<(Identifier, Identifier)>,
}

impl Bounds {
    #[must_use]
    pub fn of(resolved: &Resolved<'_>, plan: &Plan) -> Self {
        let environment = resolved.environment;
        let shown: BTreeSet<&ObjectId> = plan.closure.iter().map(|item| &item.id).collect();
        let names = |pairs: &[NamePair], side: Side| {
            let names = pairs.iter().map(|pair| pair.name(side).clone());
            names.collect::<BTreeSet<Identifier>>()
        };
        let existing = resolved
            .objects(Side::Deployment)
            .filter(|object| !shown.contains(&object.id))
            .filter_map(|object| qualified(resolved.catalog, object))
            .map(|name| (name.schema, name.name));
        Self {
            database: environment.database.clone(),
            schemas: names(&environment.schemas, Side::Deployment),
            clusters: names(&environment.clusters, Side::Deployment),
            production: names(&environment.clusters, Side::Production),
            existing: existing.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::Operation;
    use crate::domain::fixture::{World, asked, name, stamp};
    use crate::domain::plan::cleanup;

    #[test]
    fn only_names_of_the_deployment_side_may_be_changed() {
        let world = World::new();
        let bounds = world.with_inputs(|inputs| {
            let mut plan = cleanup(inputs, &stamp(), &asked(Operation::Cleanup));
            let shown = Bounds::of(inputs.resolved, &plan);
            assert!(shown.existing.is_empty(), "all of it is in the closure");
            plan.closure.clear();
            Bounds::of(inputs.resolved, &plan)
        });
        let of = |text: &str| BTreeSet::from([name(text)]);
        assert_eq!(bounds.schemas, of("prod_dbt_deploy"));
        assert_eq!(bounds.clusters, of("compute_dbt_deploy"));
        assert_eq!(bounds.production, of("compute"));
        let foo = (name("prod_dbt_deploy"), name("foo"));
        assert!(bounds.existing.contains(&foo), "{:?}", bounds.existing);
        let json = serde_json::to_value(&bounds).unwrap();
        assert_eq!(json["schemas"][0], "prod_dbt_deploy");
        assert_eq!(json["existing"][0][0], "prod_dbt_deploy");
    }
}
