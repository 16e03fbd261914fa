//! Creating the deployment side: schemas and clusters like production's, with its grants and default privileges.

use super::draft::Draft;
use super::stamp::Stamp;
use super::{GrantTarget, Plan, Request, Statement, twin};
use crate::domain::access::{DefaultPrivilege, Grant, Grantee, Privilege};
use crate::domain::action::Operation;
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::guard::{self, PlanInputs};
use crate::domain::name::{Identifier, RoleId};
use crate::domain::object::Schema;
use crate::domain::quantity::count;
use crate::domain::record::{Record, foreign, without_record};
use std::collections::{BTreeMap, BTreeSet};

/// Creates what is missing and grants what differs; run again, it finishes what an earlier init left.
#[must_use]
pub fn init(inputs: &PlanInputs<'_>, stamp: &Stamp, request: &Request) -> Plan {
    let mut draft = Draft::new(Operation::Init);
    draft.findings = init_findings(inputs, stamp);
    draft.hindered(inputs);
    let twins = twin::twins(inputs, request);
    draft.findings.extend(twin::findings(&twins));
    let database = &inputs.resolved.environment.database;
    let mut left = Vec::new();
    for pair in &inputs.resolved.schemas {
        let Some(production) = pair.production else {
            continue;
        };
        let twin = &pair.names.deployment;
        if pair.deployment.is_none() {
            draft.run(Statement::create_schema(database, twin));
            if let Some(tag) = &stamp.ci_tag {
                draft.run(Statement::comment_on_schema(database, twin, &foreign(tag)));
            }
        }
        let (ours, others): (Vec<_>, Vec<_>) =
            default_privileges(inputs, production, pair.deployment, twin)
                .partition(|(rule, _)| may_alter(inputs, rule));
        for (_, statement) in ours {
            draft.run(statement);
        }
        left.extend(others.iter().map(|(_, it)| it.sql().to_owned()));
        let had = pair.deployment.map(|schema| {
            (
                &schema.owner,
                grants(&inputs.access.schema_grants, &schema.id),
            )
        });
        let target = GrantTarget::Schema(database.clone(), twin.clone());
        copy_grants(
            inputs,
            grants(&inputs.access.schema_grants, &production.id),
            had,
            &target,
        )
        .for_each(|statement| draft.run(statement));
    }
    draft.findings.extend(left_to_others(left));
    for pair in &inputs.resolved.clusters {
        let Some(production) = pair.production else {
            continue;
        };
        let twin = &pair.names.deployment;
        if let Some(made) = twins.iter().find(|twin| twin.is_of(production)) {
            draft.run(made.create(inputs));
            if let Some(tag) = &stamp.ci_tag {
                draft.run(Statement::comment_on_cluster(twin, &foreign(tag)));
            }
        }
        let had = pair.deployment.map(|cluster| {
            (
                &cluster.owner,
                grants(&inputs.access.cluster_grants, &cluster.id),
            )
        });
        let target = GrantTarget::Cluster(twin.clone());
        copy_grants(
            inputs,
            grants(&inputs.access.cluster_grants, &production.id),
            had,
            &target,
        )
        .for_each(|statement| draft.run(statement));
    }
    draft.summary = vec![if is_production_missing(inputs) {
        "Production does not exist as the environment names it, so there is nothing to prepare a side for.".to_owned()
    } else if draft.steps.is_empty() {
        "The deployment side stands already, with production's grants.".to_owned()
    } else {
        format!(
            "Prepares {} and {}.",
            count(inputs.resolved.schemas.len(), "schema"),
            count(inputs.resolved.clusters.len(), "cluster")
        )
    }];
    draft.findings.extend(unknown_clusters(inputs, request));
    draft.findings.extend(twin::kept_as_made(inputs, request));
    draft.close(inputs, request)
}

fn grants<'a, Id: Ord>(all: &'a BTreeMap<Id, Vec<Grant>>, id: &Id) -> &'a [Grant] {
    all.get(id).map_or(&[], Vec::as_slice)
}

/// Whether a name of production stands for nothing: then its twin can't be made, and nothing is known of its grants.
fn is_production_missing(inputs: &PlanInputs<'_>) -> bool {
    let (schemas, clusters) = (&inputs.resolved.schemas, &inputs.resolved.clusters);
    schemas.iter().any(|pair| pair.production.is_none())
        || clusters.iter().any(|pair| pair.production.is_none())
}

fn init_findings(inputs: &PlanInputs<'_>, stamp: &Stamp) -> Vec<Finding> {
    let resolved = inputs.resolved;
    let mut findings = guard::production_names_missing(inputs);
    findings.extend(guard::self_swap(inputs));
    let schemas = resolved
        .schemas
        .iter()
        .any(|pair| pair.deployment.is_none());
    let clusters = resolved
        .clusters
        .iter()
        .any(|pair| pair.deployment.is_none());
    findings.extend(guard::create_privileges(inputs, schemas, clusters));
    findings.extend(guard::schema_ownership(
        inputs,
        &[Side::Production, Side::Deployment],
    ));
    findings.extend(guard::cluster_ownership(
        inputs,
        &[Side::Production, Side::Deployment],
    ));
    findings.extend(guard::connectors_in_environment(
        inputs,
        &[Side::Production],
    ));
    findings.extend(guard::foreign_on_clusters(inputs, Side::Production));
    findings.extend(guard::outside_environment(inputs));
    findings.extend(guard::foreign_candidate(inputs, stamp));
    findings.extend(guard::misread(inputs));
    findings.extend(not_empty(inputs, stamp));
    findings
}

/// Objects on the deployment side already. Fine where our own record explains them, since init only adds what is missing, or where the
/// CI tag says that they are of the same pull request.
fn not_empty(inputs: &PlanInputs<'_>, stamp: &Stamp) -> Option<Finding> {
    let resolved = inputs.resolved;
    let filled: Vec<&Schema> = resolved
        .schemas
        .iter()
        .filter_map(|pair| pair.deployment)
        .filter(|schema| resolved.catalog.objects_in(&schema.id).next().is_some())
        .collect();
    let explained = |schema: &Schema| {
        let comment = schema.comment.as_deref();
        let recorded = inputs.board.provenance.deployment.is_some();
        let tag = stamp
            .ci_tag
            .as_deref()
            .map(|tag| foreign(tag).trim().to_owned());
        (recorded && comment.and_then(Record::find).is_some())
            || (tag.is_some() && without_record(comment) == tag)
    };
    let mut objects: Vec<String> = filled
        .iter()
        .filter(|schema| !explained(schema))
        .map(|schema| schema.name.to_string())
        .collect();
    let occupied = resolved
        .clusters
        .iter()
        .filter_map(|pair| pair.deployment)
        .filter(|cluster| {
            let on = resolved.catalog.objects_on(&cluster.id);
            on.filter(|object| !filled.iter().any(|schema| schema.id == object.schema))
                .count()
                > 0
        });
    objects.extend(occupied.map(|cluster| cluster.name.to_string()));
    (!objects.is_empty()).then(|| Finding {
        id: FindingId::DeploymentNotEmpty,
        severity: Severity::Block,
        message: "The deployment side holds objects already.".to_owned(),
        remedy: "Go on with `cutover deploy`, or start anew after `cutover cleanup`.".to_owned(),
        objects,
    })
}

fn unknown_clusters(inputs: &PlanInputs<'_>, request: &Request) -> Option<Finding> {
    let known = |name: &String| {
        inputs.resolved.clusters.iter().any(|pair| {
            pair.names.production.as_str() == name || pair.names.deployment.as_str() == name
        })
    };
    let named = request.sizes.keys().chain(request.bursts.keys());
    let named: BTreeSet<&String> = named.filter(|name| !known(name)).collect();
    let objects: Vec<String> = named.into_iter().cloned().collect();
    (!objects.is_empty()).then(|| Finding {
        id: FindingId::NamesMissing,
        severity: Severity::Block,
        message: "A size or a burst is given for a cluster that is not in the environment."
            .to_owned(),
        remedy:
            "Use the cluster's production name: --size CLUSTER=SIZE, --burst CLUSTER=SIZE[,LINGER]."
                .to_owned(),
        objects,
    })
}

/// Default privileges of the production schema that its twin lacks.
fn default_privileges<'a>(
    inputs: &'a PlanInputs<'_>,
    production: &'a Schema,
    twin: Option<&'a Schema>,
    name: &'a Identifier,
) -> impl Iterator<Item = (&'a DefaultPrivilege, Statement)> + 'a {
    let all = &inputs.access.default_privileges;
    let key = |rule: &DefaultPrivilege| {
        (
            rule.owner.clone(),
            rule.object_type.clone(),
            rule.grantee.clone(),
            rule.privileges.clone(),
        )
    };
    let had: BTreeSet<_> = all
        .iter()
        .filter(|rule| {
            rule.schema.is_some() && rule.schema.as_ref() == twin.map(|schema| &schema.id)
        })
        .map(key)
        .collect();
    let database = &inputs.resolved.environment.database;
    all.iter()
        .filter(|rule| rule.schema.as_ref() == Some(&production.id))
        .filter(move |rule| !had.contains(&key(rule)))
        .flat_map(move |rule| {
            let owner = guard::grantee_identifier(inputs, &rule.owner);
            let grantee = guard::grantee_identifier(inputs, &rule.grantee);
            rule.privileges.iter().filter_map(move |privilege| {
                let statement = Statement::default_privilege(
                    owner?,
                    (database, name),
                    privilege.keyword()?,
                    &rule.object_type,
                    grantee?,
                );
                Some((rule, statement))
            })
        })
}

/// Whether the server lets this role set the default privileges of what the rule's owner makes: its members may, and only a superuser those
/// of all roles. A belief from the documentation of ALTER DEFAULT PRIVILEGES; no server was asked.
fn may_alter(inputs: &PlanInputs<'_>, rule: &DefaultPrivilege) -> bool {
    match &rule.owner {
        Grantee::Role(role) => inputs.access.owns(role),
        Grantee::Public => inputs.access.is_unrestricted(),
    }
}

/// They matter for what those owners make there, which is nothing that a deployment of this role makes.
fn left_to_others(statements: Vec<String>) -> Option<Finding> {
    (!statements.is_empty()).then(|| Finding {
        id: FindingId::GrantsDiffer,
        severity: Severity::Warn,
        message: "This role may not set default privileges for what other roles make, so the twins of these schemas lack them.".to_owned(),
        remedy: "Where those roles make objects there, let a member of each (for ALL ROLES a superuser) run the statement.".to_owned(),
        objects: statements,
    })
}

/// Revokes what the twin has beyond production, grants what it lacks. System roles and the twin's owner are left alone.
fn copy_grants<'a>(
    inputs: &'a PlanInputs<'_>,
    wanted: &'a [Grant],
    had: Option<(&'a RoleId, &'a [Grant])>,
    target: &'a GrantTarget,
) -> impl Iterator<Item = Statement> + 'a {
    let owner = had.map_or(&inputs.access.role, |(owner, _)| owner);
    let flat = |grants: &[Grant]| -> BTreeSet<(Grantee, Privilege)> {
        grants
            .iter()
            .filter(|grant| match &grant.grantee {
                Grantee::Public => true,
                Grantee::Role(role) => role.is_user() && role != owner,
            })
            .flat_map(|grant| {
                grant
                    .privileges
                    .iter()
                    .map(|privilege| (grant.grantee.clone(), privilege.clone()))
            })
            .collect()
    };
    let (wanted, had) = (flat(wanted), flat(had.map_or(&[], |(_, grants)| grants)));
    let revoked: Vec<_> = had.difference(&wanted).cloned().collect();
    let granted: Vec<_> = wanted.difference(&had).cloned().collect();
    let revoke = revoked.into_iter().filter_map(move |(grantee, privilege)| {
        Some(Statement::revoke(
            privilege.keyword()?,
            target,
            guard::grantee_identifier(inputs, &grantee)?,
        ))
    });
    let grant = granted.into_iter().filter_map(move |(grantee, privilege)| {
        Some(Statement::grant(
            privilege.keyword()?,
            target,
            guard::grantee_identifier(inputs, &grantee)?,
        ))
    });
    revoke.chain(grant)
}
