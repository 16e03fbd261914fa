//! init, deploy, promote, sync, rollback, cleanup: plan, show, confirm, execute.

use super::args::{OperationFlags, OutputFormat};
use super::printer::Closed;
use super::{CommandContext, confirm, finish};
use crate::domain::failure::Remedy;
use crate::domain::finding::Allowance;
use crate::domain::plan::{Confirmation, ConfirmedPlan, NotConfirmed, Plan, Request};
use crate::ops::progress::{Outcome, OutcomeKind};
use serde::Serialize;
use std::collections::BTreeSet;

/// The contract of `--dry-run --output json`.
#[derive(Serialize)]
struct DryRun<'a> {
    operation: &'a str,
    fingerprint: &'a str,
    findings: &'a [crate::domain::finding::Finding],
    closure: &'a [crate::domain::plan::ClosureItem],
    statements: Vec<String>,
}

/// Reads `--allow` values.
///
/// # Errors
/// The first that is malformed, as an outcome.
pub fn allowances(texts: &[String]) -> Result<BTreeSet<Allowance>, Outcome> {
    let parsed: Result<BTreeSet<Allowance>, _> =
        texts.iter().map(|text| Allowance::parse(text)).collect();
    parsed.map_err(|error| {
        Outcome::new(OutcomeKind::Refused, format!("--allow: {error}")).with_remedy(error.remedy())
    })
}

/// One operation from flags to exit code.
pub async fn operate(context: &CommandContext, mut request: Request, flags: &OperationFlags) -> u8 {
    match allowances(&flags.allow) {
        Ok(allow) => request.allow = allow,
        Err(outcome) => return finish(context.printer, &outcome),
    }
    let planned = match context.reading(context.workspace.plan(&request)).await {
        Ok(Ok(planned)) => planned,
        Ok(Err(error)) => return context.fail(&error),
        Err(interrupted) => return finish(context.printer, &interrupted),
    };
    if flags.dry_run {
        return show(context, &planned.plan);
    }
    match agreed(context, planned.plan, flags.expect.as_deref()).await {
        Ok(Some(confirmed)) => perform(context, confirmed).await.outcome.exit_code(),
        Ok(None) => finish(
            context.printer,
            &Outcome::new(OutcomeKind::Refused, "Not confirmed; nothing was changed."),
        ),
        Err(outcome) => finish(context.printer, &outcome),
    }
}

/// The plan as it would run; nothing is changed. A blocked plan ends with the code of a block.
fn show(context: &CommandContext, plan: &Plan) -> u8 {
    let code = if plan.is_blocked() {
        OutcomeKind::Blocked.exit_code()
    } else {
        0
    };
    let printed = if context.printer.output == OutputFormat::Json {
        context.printer.json(&DryRun {
            operation: plan.operation.as_str(),
            fingerprint: plan.fingerprint.as_str(),
            findings: &plan.findings,
            closure: &plan.closure,
            statements: plan
                .script()
                .into_iter()
                .map(|line| line.trim_end_matches([';', '\n']).to_owned())
                .collect(),
        })
    } else {
        context.printer.plan(plan);
        context.printer.sql(plan)
    };
    match printed {
        // Nobody reads any more: that does not unblock a plan.
        Ok(()) | Err(Closed) => code,
    }
}

/// Turns the plan into one that may run, by flags or by asking. `Ok(None)`: the person said no.
///
/// # Errors
/// Why it may not run, as an outcome.
pub async fn agreed(
    context: &CommandContext,
    plan: Plan,
    expect: Option<&str>,
) -> Result<Option<ConfirmedPlan>, Outcome> {
    if plan.is_blocked() {
        if !context.printer.is_json() {
            context.printer.plan(&plan);
        }
        let blocks: BTreeSet<_> = plan.blocks().map(|finding| finding.id).collect();
        let blocks: Vec<String> = blocks.iter().map(ToString::to_string).collect();
        return Err(Outcome::new(
            OutcomeKind::Blocked,
            format!("Blocked by {}; nothing was changed.", blocks.join(", ")),
        ));
    }
    if let Some(other) = plan.is_other_than(expect) {
        return Err(not_confirmed(&other));
    }
    let nothing = plan.steps.is_empty();
    let confirmation = if context.common.yes || nothing {
        Some(Confirmation::Flags {
            expect: expect.map(str::to_owned),
        })
    } else if confirm::can_ask() {
        context
            .reading(confirm::ask(context.printer, &plan))
            .await?
    } else {
        return Err(unasked(&plan));
    };
    let Some(confirmation) = confirmation else {
        return Ok(None);
    };
    if context.common.yes && !context.printer.is_json() {
        context.printer.plan(&plan);
    }
    plan.confirm(&confirmation)
        .map(Some)
        .map_err(|refused| not_confirmed(&refused))
}

fn not_confirmed(refused: &NotConfirmed) -> Outcome {
    let kind = match refused {
        NotConfirmed::OtherPlan { .. } | NotConfirmed::Blocked(_) => OutcomeKind::Blocked,
        NotConfirmed::NeedsExpect(_) | NotConfirmed::WrongWord(_) => OutcomeKind::Refused,
    };
    let message = format!("Not confirmed: {refused}. Nothing was changed.");
    Outcome::new(kind, message).with_remedy(refused.remedy())
}

fn unasked(plan: &Plan) -> Outcome {
    let expect = if plan.needs_expect() {
        format!(" --expect {}", plan.fingerprint)
    } else {
        String::new()
    };
    Outcome::new(
        OutcomeKind::Refused,
        "Not confirmed: there is no terminal to ask on. Nothing was changed.",
    )
    .with_remedy(Some(format!(
        "look with --dry-run, then `{} --yes{expect}`",
        plan.request.command()
    )))
}

/// Runs a confirmed plan and prints its events as they come.
pub async fn perform(context: &CommandContext, confirmed: ConfirmedPlan) -> Outcome {
    context
        .printed(|progress| {
            context
                .workspace
                .execute(confirmed, progress, context.cancel.clone())
        })
        .await
}
