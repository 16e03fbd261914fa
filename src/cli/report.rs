//! An error as color-eyre tells it: message, causes and remedy, each once and in a line of its own.

use crate::domain::failure::Remedy;
use crate::ops::error::OpsError;
use color_eyre::{Report, Section};
use std::collections::BTreeSet;

/// The report of an error. Where it came up in the code tells its reader nothing, so that is left out.
pub(super) fn of(error: &OpsError) -> String {
    let report = Report::new(error.clone());
    let report = match error.problems() {
        [] => match error.remedy() {
            Some(remedy) => report.suggestion(remedy),
            None => report,
        },
        problems => {
            let mut told = BTreeSet::new();
            let new = problems
                .iter()
                .filter(|problem| told.insert(&problem.remedy));
            new.fold(report, |report, problem| {
                report.suggestion(problem.remedy.clone())
            })
        }
    };
    format!("Error:\n{}", format!("{report:?}").trim_matches('\n'))
}
