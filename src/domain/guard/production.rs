//! The guard that keeps a build off production: what is not proven to lie on the deployment side is not built.

use super::inputs::{PlanInputs, about};
use crate::domain::environment::{Environment, NamePair, Strategy};
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::name::DEPLOY_SUFFIX;
use crate::domain::rendered::{
    ClusterName, ClusterUse, Decider, DoubtAbout, Rendered, RenderedCluster, RenderedName,
    RenderedRelation,
};
use std::collections::BTreeMap;

/// What is wrong with a place, and who put it there: one finding each.
type Group = (Wrong, Decider, String);

/// Which part of a place is not the deployment side's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    Database,
    Schema,
    Name,
    Cluster,
    /// The cluster of a query: a test's, or that of the DELETE before a seed.
    Session,
    NoCluster,
    Unknown,
}

/// Everything that would be built elsewhere than on the deployment side, and everything of which nobody can tell.
#[must_use]
pub fn builds_into_production(inputs: &PlanInputs<'_>, rendered: &Rendered) -> Vec<Finding> {
    let environment = inputs.resolved.environment;
    let mut groups: BTreeMap<Group, Vec<String>> = BTreeMap::new();
    let mut unshown = Vec::new();
    for relation in &rendered.relations {
        if let Some(place) = &relation.place {
            if relation.planned.is_none() {
                unshown.push(relation.display());
            }
            for (wrong, decider, value) in misplaced(environment, relation, place) {
                let objects = groups.entry((wrong, decider, value)).or_default();
                objects.push(relation.display());
            }
        }
        for (wrong, value) in misclustered(environment, &relation.clusters) {
            let group = (wrong, relation.by.cluster.clone(), value);
            groups.entry(group).or_default().push(relation.display());
        }
    }
    let mut findings: Vec<Finding> = groups
        .into_iter()
        .flat_map(|((wrong, decider, value), objects)| {
            let message = message(environment, wrong, &decider, &value, &objects);
            let remedy = remedy(environment, wrong, &decider);
            about(
                FindingId::BuildsIntoProduction,
                Severity::Block,
                message,
                remedy,
                objects,
            )
        })
        .collect();
    findings.extend(doubts(rendered));
    findings.extend(about(
        FindingId::BuildsUnshown,
        Severity::Block,
        "dbt's own selection would build what this plan does not show.",
        "Rename the folder or the model whose names are alike, or use --runner compiled.",
        unshown,
    ));
    findings
}

fn misplaced(
    environment: &Environment,
    relation: &RenderedRelation,
    place: &RenderedName,
) -> Vec<(Wrong, Decider, String)> {
    let by = &relation.by;
    let mut wrong = Vec::new();
    if place.database != environment.database.as_str() {
        wrong.push((Wrong::Database, by.database.clone(), place.database.clone()));
    }
    let in_its_twin = match &relation.planned {
        Some(planned) => planned.schema.as_str() == place.schema,
        None => is_deployment(&environment.schemas, &place.schema),
    };
    if !in_its_twin {
        wrong.push((Wrong::Schema, by.schema.clone(), place.schema.clone()));
    }
    let is_renamed =
        |planned: &crate::domain::name::QualifiedName| planned.name.as_str() != place.name;
    if relation.planned.as_ref().is_some_and(is_renamed) {
        wrong.push((Wrong::Name, by.name.clone(), place.name.clone()));
    }
    wrong
}

fn misclustered(environment: &Environment, clusters: &[RenderedCluster]) -> Vec<(Wrong, String)> {
    let mut wrong: Vec<(Wrong, String)> = clusters
        .iter()
        .filter_map(|cluster| match (&cluster.name, cluster.of) {
            (ClusterName::Unknown(reason), _) => Some((Wrong::Unknown, reason.clone())),
            (ClusterName::None, ClusterUse::Session) => None,
            (ClusterName::None, _) => Some((Wrong::NoCluster, String::new())),
            (ClusterName::Named(_), of) => {
                let read = cluster.name.as_read().unwrap_or_default();
                let (wrong, stays) = match of {
                    ClusterUse::Session => {
                        (Wrong::Session, !is_production(&environment.clusters, &read))
                    }
                    ClusterUse::Relation | ClusterUse::Index => {
                        (Wrong::Cluster, is_deployment(&environment.clusters, &read))
                    }
                };
                (!stays).then_some((wrong, read))
            }
        })
        .collect();
    wrong.sort();
    wrong.dedup();
    wrong
}

fn is_deployment(pairs: &[NamePair], name: &str) -> bool {
    pairs.iter().any(|pair| pair.deployment.as_str() == name)
}

fn is_production(pairs: &[NamePair], name: &str) -> bool {
    pairs.iter().any(|pair| pair.production.as_str() == name)
}

/// "production's schema `prod`", "schema `other`, which is not the deployment side's".
fn place_of(pairs: &[NamePair], noun: &str, value: &str) -> String {
    if is_production(pairs, value) {
        format!("production's {noun} `{value}`")
    } else {
        format!("{noun} `{value}`, which is not its {noun} on the deployment side")
    }
}

fn message(
    environment: &Environment,
    wrong: Wrong,
    decider: &Decider,
    value: &str,
    objects: &[String],
) -> String {
    let noun = match wrong {
        // A seed is known by its relation's name.
        Wrong::Session => "query",
        _ => "relation",
    };
    let what = match wrong {
        Wrong::Session if objects.len() > 1 => format!("{} queries", objects.len()),
        _ => crate::domain::quantity::count(objects.len(), noun),
    };
    let who = &decider.words;
    match wrong {
        Wrong::Database => format!(
            "{what} would be built in database `{value}`, not in `{}`: {who} decides.",
            environment.database
        ),
        Wrong::Schema => format!(
            "{what} would be built in {}: {who} decides.",
            place_of(&environment.schemas, "schema", value)
        ),
        Wrong::Name => format!(
            "{what} would get the name `{value}`, which is not that of its twin: {who} decides."
        ),
        Wrong::Cluster => format!(
            "{what} would be built on {}: {who} decides.",
            place_of(&environment.clusters, "cluster", value)
        ),
        Wrong::Session => format!(
            "{what} of the build would run on production's cluster `{value}`: {who} decides."
        ),
        Wrong::NoCluster => {
            format!(
                "{what} would be built on whatever cluster the session has, since {who} leaves it open."
            )
        }
        Wrong::Unknown => {
            format!("Nobody can tell the cluster of {what}: {who} answers {value:?}.")
        }
    }
}

fn remedy(environment: &Environment, wrong: Wrong, decider: &Decider) -> String {
    let suffix = format!("{{{{ '{DEPLOY_SUFFIX}' if var('deploy', false) }}}}");
    let target = &environment.target;
    match (wrong, environment.strategy, decider.is_overridden) {
        (Wrong::Schema, Strategy::Swap, true) => {
            format!("Let the macro end every schema with `{suffix}`, in every branch.")
        }
        (Wrong::Cluster | Wrong::Session | Wrong::NoCluster, Strategy::Swap, true) => format!(
            "Let `generate_cluster_name` give a cluster of `vars.deployment.{target}.clusters`, and `generate_deploy_cluster_name` that name with `{DEPLOY_SUFFIX}` at its end."
        ),
        (Wrong::Database, _, _) => format!(
            "Let both sides lie in `{}`: the swap works within one database.",
            environment.database
        ),
        (Wrong::Name, _, _) => {
            "Let the name not depend on the `deploy` variable or the target.".to_owned()
        }
        (Wrong::Unknown, _, _) => {
            "Mend the macro: dbt itself would fail on it, or build on a cluster that nobody chose."
                .to_owned()
        }
        (_, Strategy::Swap, _) => format!(
            "List it in `vars.deployment.{target}` with its twin, or give the model a schema and a cluster of the environment."
        ),
        (_, Strategy::Targets, _) => {
            "Let the dbt target of the other side build into that side's schemas and clusters, as cutover.toml names them."
                .to_owned()
        }
    }
}

/// What proves nothing is told by the macro or hook that proves nothing.
fn doubts(rendered: &Rendered) -> Vec<Finding> {
    let finding = |doubt: &crate::domain::rendered::Doubt| {
        let remedy = match doubt.about {
            DoubtAbout::Schema => {
                "Let it name its relation by `{{ this }}`, or by what dbt hands to the macro, take it out of the build, or use --runner compiled."
            }
            DoubtAbout::Cluster => {
                "Let it take its cluster from `adapter.generate_final_cluster_name(...)`, as the adapter's own does, or use --runner compiled."
            }
        };
        about(
            FindingId::BuildsIntoProduction,
            Severity::Block,
            format!("{} {}.", doubt.decider, doubt.reason),
            remedy,
            doubt.objects.clone(),
        )
    };
    rendered.doubts.iter().flat_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::{World, name};
    use crate::domain::name::QualifiedName;
    use crate::domain::rendered::{Deciders, Doubt, DoubtAbout};
    use std::sync::Arc;

    /// `foo` where a deploy puts it, on the deployment side's cluster with an index there.
    fn foo() -> RenderedRelation {
        let decider = |words: &str, is_overridden| Decider {
            words: words.to_owned(),
            is_overridden,
        };
        RenderedRelation {
            id: "model.shop.foo".to_owned(),
            place: Some(RenderedName {
                database: "db".to_owned(),
                schema: "prod_dbt_deploy".to_owned(),
                name: "foo".to_owned(),
            }),
            planned: Some(QualifiedName {
                database: name("db"),
                schema: name("prod_dbt_deploy"),
                name: name("foo"),
            }),
            clusters: vec![
                on(ClusterUse::Relation, "compute_dbt_deploy"),
                on(ClusterUse::Index, "compute_dbt_deploy"),
            ],
            by: Arc::new(Deciders {
                database: decider("the adapter's own `generate_database_name`", false),
                schema: decider("`generate_schema_name` in macros/schema.sql", true),
                name: decider("the adapter's own `generate_alias_name`", false),
                cluster: decider("`generate_deploy_cluster_name` in macros/c.sql", true),
            }),
        }
    }

    fn on(of: ClusterUse, name: &str) -> RenderedCluster {
        RenderedCluster {
            of,
            name: ClusterName::Named(name.to_owned()),
        }
    }

    fn found(rendered: &Rendered) -> Vec<Finding> {
        World::new().with_inputs(|inputs| builds_into_production(inputs, rendered))
    }

    /// The messages about one relation that was changed; every one of them blocks and can't be allowed.
    fn told(change: impl FnOnce(&mut RenderedRelation)) -> Vec<String> {
        let mut relation = foo();
        change(&mut relation);
        let findings = found(&Rendered {
            relations: vec![relation],
            doubts: Vec::new(),
        });
        let told = findings.into_iter().map(|finding| {
            assert_eq!(finding.severity, Severity::Block);
            assert!(!finding.id.can_be_allowed());
            finding.message
        });
        told.collect()
    }

    fn placed(change: impl FnOnce(&mut RenderedName)) -> Vec<String> {
        told(|relation| change(relation.place.as_mut().unwrap()))
    }

    #[test]
    fn what_lies_on_the_deployment_side_is_silent() {
        assert!(told(|_| {}).is_empty());
        let session = |relation: &mut RenderedRelation| {
            let elsewhere = on(ClusterUse::Session, "elsewhere");
            relation.clusters.push(elsewhere);
        };
        assert!(
            told(session).is_empty(),
            "a query of a test touches nothing"
        );
    }

    #[test]
    fn a_schema_of_production_is_named_with_its_macro() {
        let told = placed(|place| place.schema = "prod".to_owned());
        assert_eq!(
            told,
            [
                "1 relation would be built in production's schema `prod`: `generate_schema_name` in macros/schema.sql decides."
            ]
        );
        let told = placed(|place| place.schema = "other".to_owned());
        assert!(
            told[0].contains("which is not its schema on the deployment side"),
            "{told:?}"
        );
    }

    #[test]
    fn another_database_or_name_is_told() {
        let told = placed(|place| place.database = "staging".to_owned());
        assert!(
            told[0].contains("database `staging`, not in `db`"),
            "{told:?}"
        );
        let told = placed(|place| place.name = "foo_v2".to_owned());
        assert!(told[0].contains("the name `foo_v2`"), "{told:?}");
    }

    #[test]
    fn a_cluster_that_is_not_proven_is_told() {
        let with = |of: ClusterUse, name: ClusterName| {
            told(|relation| relation.clusters.push(RenderedCluster { of, name }))
        };
        let named = |name: &str| ClusterName::Named(name.to_owned());
        for of in [ClusterUse::Relation, ClusterUse::Index] {
            let told = with(of, named("compute"));
            assert!(
                told[0].contains("production's cluster `compute`"),
                "{told:?}"
            );
            // The adapter writes it without quotes, so the server folds it.
            assert_eq!(with(of, named("COMPUTE")).len(), 1);
            assert!(with(of, named("\"compute_dbt_deploy\"")).is_empty());
            assert_eq!(with(of, named("elsewhere")).len(), 1);
            assert_eq!(with(of, ClusterName::None).len(), 1);
        }
        let told = with(ClusterUse::Session, named("compute"));
        assert!(told[0].starts_with("1 query of the build"), "{told:?}");
        assert!(with(ClusterUse::Session, ClusterName::None).is_empty());
        let told = with(
            ClusterUse::Relation,
            ClusterName::Unknown("undefined".to_owned()),
        );
        assert!(told[0].contains("Nobody can tell"), "{told:?}");
    }

    #[test]
    fn what_the_plan_does_not_show_and_what_proves_nothing_block() {
        let unshown = Rendered {
            relations: vec![RenderedRelation {
                planned: None,
                ..foo()
            }],
            doubts: vec![Doubt {
                about: DoubtAbout::Cluster,
                decider: "A hook in models/foo.sql".to_owned(),
                reason: "names cluster `compute`".to_owned(),
                objects: vec!["model.shop.foo".to_owned()],
            }],
        };
        let ids: Vec<FindingId> = found(&unshown).iter().map(|finding| finding.id).collect();
        assert_eq!(
            ids,
            [FindingId::BuildsIntoProduction, FindingId::BuildsUnshown]
        );
    }
}
