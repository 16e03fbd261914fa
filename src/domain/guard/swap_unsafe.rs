//! Types and functions in schemas that change names: servers before 26.33 rename the schema and leave their text as it was
//! (recorded: v26.24/18), unseen until the next boot, which then can end in a panic over what is persisted.

use super::inputs::{PlanInputs, about};
use crate::domain::definition::own_name;
use crate::domain::environment::{Side, Strategy};
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::object::{Catalog, Object, ObjectKind};
use crate::domain::quantity::{agree, count};

/// The first server that renames types and functions with their schema.
pub(super) const FOLLOWS_SINCE: (u64, u64) = (26, 33);

const BOTH: [Side; 2] = [Side::Production, Side::Deployment];

/// What a swap would leave with the other schema's name in its text.
#[must_use]
pub fn swap_unsafe(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let named = unsafe_objects(inputs).map(|object| shown(&inputs.snapshot().catalog, object));
    let named: Vec<String> = named.collect();
    about(
        FindingId::SwapUnsafe,
        Severity::Block,
        format!(
            "{} {} in schemas that would be swapped, and this server ({}) leaves the text of types and functions as it was: its next boot can fail on it.",
            count(named.len(), "type or function"),
            agree(named.len(), "lies", "lie"),
            inputs.snapshot().server.version,
        ),
        "Move them to a schema of their own outside `vars.deployment` (create them there, and let the models use them by that name), or upgrade Materialize to 26.33 or later.",
        named,
    )
}

/// The way back leaves right what it finds wrong; what was made after the promote it would leave wrong.
#[must_use]
pub fn swap_back_unsafe(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let catalog = &inputs.snapshot().catalog;
    let right = unsafe_objects(inputs).filter(|object| !is_misnamed(catalog, object));
    let named: Vec<String> = right.map(|object| shown(catalog, object)).collect();
    about(
        FindingId::SwapUnsafe,
        Severity::Warn,
        format!(
            "The swap back would leave {} with the other schema's name in {} text; this server's next boot can fail on it.",
            count(named.len(), "type or function"),
            agree(named.len(), "its", "their"),
        ),
        "Drop them after the rollback and create them anew, before the server is restarted or upgraded.",
        named,
    )
}

/// Types that carry another schema's name than the one that they lie in, whoever swapped.
#[must_use]
pub fn misnamed(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let catalog = &inputs.snapshot().catalog;
    let types = catalog.objects.values();
    let named: Vec<String> = types
        .filter(|object| is_misnamed(catalog, object))
        .map(|object| shown(catalog, object))
        .collect();
    about(
        FindingId::SwapUnsafe,
        Severity::Warn,
        format!(
            "{} {} another schema's name in its text: a swap left it so, and the next boot of this server can fail on it.",
            count(named.len(), "type"),
            agree(named.len(), "bears", "bear, each,"),
        ),
        "Before the server is restarted or upgraded: `cutover rollback` puts the names back, or drop the types and create them anew.",
        named,
    )
}

fn unsafe_objects<'a>(inputs: &PlanInputs<'a>) -> impl Iterator<Item = &'a Object> + use<'a> {
    let names_move = inputs.resolved.environment.strategy == Strategy::Swap;
    let follows = inputs.snapshot().server.is_since(FOLLOWS_SINCE);
    let sides: &[Side] = match names_move && !follows {
        true => &BOTH,
        false => &[],
    };
    let objects: Vec<&Object> = sides
        .iter()
        .flat_map(|side| inputs.resolved.objects(*side))
        .filter(|object| matches!(object.kind, ObjectKind::Type | ObjectKind::Function))
        .collect();
    objects.into_iter()
}

fn is_misnamed(catalog: &Catalog, object: &Object) -> bool {
    if object.kind != ObjectKind::Type {
        return false;
    }
    let (Some(sql), Some(schema)) = (&object.create_sql, catalog.schemas.get(&object.schema))
    else {
        return false;
    };
    let written = own_name(sql);
    match written.as_slice() {
        [.., written, _] => written != schema.name.as_str(),
        _ => false,
    }
}

fn shown(catalog: &Catalog, object: &Object) -> String {
    catalog.display_name(&object.id)
}
