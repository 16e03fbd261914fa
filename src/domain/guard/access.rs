//! Guards on ownership, privileges and grants.

use super::inputs::{PlanInputs, about};
use crate::domain::access::{Access, Grant, Grantee, Privilege};
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::name::{Identifier, RoleId};
use crate::domain::object::ObjectKind;
use std::collections::BTreeSet;

/// Schemas of these sides that the role does not own, neither itself nor through membership.
#[must_use]
pub fn schema_ownership(inputs: &PlanInputs<'_>, sides: &[Side]) -> Vec<Finding> {
    let foreign = sides
        .iter()
        .flat_map(|side| {
            inputs
                .resolved
                .schemas
                .iter()
                .filter_map(|pair| pair.side(*side))
        })
        .filter(|schema| !inputs.access.owns(&schema.owner))
        .map(|schema| {
            (
                format!("schema {}", schema.name),
                &schema.owner,
                schema.name.quoted(),
                "SCHEMA",
            )
        });
    ownership(inputs, foreign)
}

/// Clusters of these sides that the role does not own.
#[must_use]
pub fn cluster_ownership(inputs: &PlanInputs<'_>, sides: &[Side]) -> Vec<Finding> {
    let foreign = sides
        .iter()
        .flat_map(|side| {
            inputs
                .resolved
                .clusters
                .iter()
                .filter_map(|pair| pair.side(*side))
        })
        .filter(|cluster| !inputs.access.owns(&cluster.owner))
        .map(|cluster| {
            (
                format!("cluster {}", cluster.name),
                &cluster.owner,
                cluster.name.quoted(),
                "CLUSTER",
            )
        });
    ownership(inputs, foreign)
}

fn ownership<'a>(
    inputs: &PlanInputs<'_>,
    foreign: impl Iterator<Item = (String, &'a RoleId, String, &'static str)>,
) -> Vec<Finding> {
    let role = &inputs.access.role_name;
    let (mut objects, mut fixes) = (Vec::new(), Vec::new());
    for (object, owner, quoted, kind) in foreign {
        fixes.push(format!("ALTER {kind} {quoted} OWNER TO {};", role.quoted()));
        objects.push(format!(
            "{object} (owned by {})",
            inputs.snapshot().catalog.role_name(owner)
        ));
    }
    about(
        FindingId::Ownership,
        Severity::Block,
        format!("The role {role} does not own everything that this would change."),
        to_own(inputs.access, &fixes),
        objects,
    )
}

/// How the role comes to own it. Giving ownership away takes membership in the new owner (recorded: 04, `must be a member of`).
pub(super) fn to_own(access: &Access, statements: &[String]) -> String {
    format!(
        "Let a superuser, or an owner who is a member of {}, run: {} Or make the role a member of the owning role.",
        access.role_name,
        statements.join(" ")
    )
}

/// What creating schemas and clusters needs: CREATE and USAGE on the database, CREATECLUSTER on the system.
#[must_use]
pub fn create_privileges(inputs: &PlanInputs<'_>, schemas: bool, clusters: bool) -> Vec<Finding> {
    let (access, database) = (inputs.access, &inputs.resolved.environment.database);
    let (mut objects, mut fixes) = (Vec::new(), Vec::new());
    if let Some(id) = inputs.resolved.database.filter(|_| schemas) {
        for privilege in [Privilege::Create, Privilege::Usage] {
            if !access.holds_on_database(id, &privilege) {
                objects.push(format!("{privilege} on database {database}"));
                fixes.push(format!(
                    "GRANT {privilege} ON DATABASE {} TO {};",
                    database.quoted(),
                    access.role_name.quoted()
                ));
            }
        }
    }
    if clusters && !access.may_create_clusters() {
        objects.push("CREATECLUSTER on the system".to_owned());
        fixes.push(format!(
            "GRANT CREATECLUSTER ON SYSTEM TO {};",
            access.role_name.quoted()
        ));
    }
    about(
        FindingId::Permission,
        Severity::Block,
        format!(
            "The role {} lacks a privilege that this needs.",
            access.role_name
        ),
        format!("Let an administrator run: {}", fixes.join(" ")),
        objects,
    )
}

/// Grants on production that its twin lacks, on schemas, clusters and objects, PUBLIC included; and twins of another owner.
#[must_use]
pub fn owners_and_grants(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let (mut lost, mut owners) = (Vec::new(), Vec::new());
    let access = inputs.access;
    let empty: Vec<Grant> = Vec::new();
    for (one, other) in inputs
        .resolved
        .schemas
        .iter()
        .filter_map(|pair| Some((pair.production?, pair.deployment?)))
    {
        let of = |id| access.schema_grants.get(id).unwrap_or(&empty);
        lost.extend(missing_grants(
            inputs,
            of(&one.id),
            of(&other.id),
            &format!("schema {}", one.name),
            &other.owner,
        ));
        owners.extend(other_owner(
            inputs,
            &one.owner,
            &other.owner,
            format!("schema {}", one.name),
        ));
    }
    for (one, other) in inputs
        .resolved
        .clusters
        .iter()
        .filter_map(|pair| Some((pair.production?, pair.deployment?)))
    {
        let of = |id| access.cluster_grants.get(id).unwrap_or(&empty);
        lost.extend(missing_grants(
            inputs,
            of(&one.id),
            of(&other.id),
            &format!("cluster {}", one.name),
            &other.owner,
        ));
        owners.extend(other_owner(
            inputs,
            &one.owner,
            &other.owner,
            format!("cluster {}", one.name),
        ));
    }
    for one in inputs.resolved.objects(Side::Production) {
        let Some(other) = inputs.resolved.twin(one) else {
            continue;
        };
        let of = |id| access.object_grants.get(id).unwrap_or(&empty);
        let name = inputs.snapshot().catalog.display_name(&one.id);
        let wanted = meaningful(of(&one.id), &one.kind);
        lost.extend(missing_grants(
            inputs,
            &wanted,
            of(&other.id),
            &name,
            &other.owner,
        ));
        owners.extend(other_owner(inputs, &one.owner, &other.owner, name));
    }
    let mut findings = about(
        FindingId::GrantsDiffer,
        Severity::Warn,
        "Clients would lose privileges with the swap.",
        "GRANT the same on the deployment side; `cutover init` copies the grants of schemas and clusters.",
        lost,
    );
    findings.extend(about(
        FindingId::OwnerDiffers,
        Severity::Warn,
        "Twins have different owners, and ownership does not move with the name.",
        "ALTER ... OWNER TO on the deployment side where the owner matters.",
        owners,
    ));
    findings
}

fn other_owner(
    inputs: &PlanInputs<'_>,
    one: &RoleId,
    other: &RoleId,
    name: String,
) -> Option<String> {
    let catalog = &inputs.snapshot().catalog;
    (one != other).then(|| {
        format!(
            "{name}: {} -> {}",
            catalog.role_name(one),
            catalog.role_name(other)
        )
    })
}

/// Without what nobody can do: GRANT ALL gives INSERT, UPDATE and DELETE on views and sources too since 26.30, and before it did not.
fn meaningful(grants: &[Grant], kind: &ObjectKind) -> Vec<Grant> {
    let is_written = |privilege: &Privilege| {
        matches!(
            privilege,
            Privilege::Insert | Privilege::Update | Privilege::Delete
        )
    };
    let takes_writes = !matches!(
        kind,
        ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Source
    );
    let mut grants = grants.to_vec();
    for grant in &mut grants {
        grant
            .privileges
            .retain(|privilege| takes_writes || !is_written(privilege));
    }
    grants
}

/// What `wanted` gives and `had` does not. What the twin's owner may do comes with ownership and is no loss.
fn missing_grants(
    inputs: &PlanInputs<'_>,
    wanted: &[Grant],
    had: &[Grant],
    name: &str,
    owner: &RoleId,
) -> Vec<String> {
    let flat = |grants: &[Grant]| -> BTreeSet<(Grantee, Privilege)> {
        grants
            .iter()
            .flat_map(|grant| {
                grant
                    .privileges
                    .iter()
                    .map(|privilege| (grant.grantee.clone(), privilege.clone()))
            })
            .collect()
    };
    let had = flat(had);
    flat(wanted)
        .into_iter()
        .filter(|(grantee, _)| *grantee != Grantee::Role(*owner) && !is_system(grantee))
        .filter(|held| !had.contains(held))
        .map(|(grantee, privilege)| {
            format!("{name}: {privilege} to {}", grantee_name(inputs, &grantee))
        })
        .collect()
}

fn is_system(grantee: &Grantee) -> bool {
    matches!(grantee, Grantee::Role(role) if !role.is_user())
}

fn grantee_name(inputs: &PlanInputs<'_>, grantee: &Grantee) -> String {
    match grantee {
        Grantee::Public => "PUBLIC".to_owned(),
        Grantee::Role(role) => inputs.snapshot().catalog.role_name(role),
    }
}

/// The name to write after TO: `None` is PUBLIC. A role that the catalog no longer names is left out.
pub(in crate::domain) fn grantee_identifier<'a>(
    inputs: &PlanInputs<'a>,
    grantee: &Grantee,
) -> Option<Option<&'a Identifier>> {
    match grantee {
        Grantee::Public => Some(None),
        Grantee::Role(role) => inputs.snapshot().catalog.roles.get(role).map(Some),
    }
}
