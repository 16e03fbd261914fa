//! Asking a person at a terminal; refusing to guess where there is none.

use super::printer::Printer;
use super::sink;
use crate::domain::action::Danger;
use crate::domain::plan::{Confirmation, Plan};
use std::io::{self, BufRead, IsTerminal};

/// Whether somebody can be asked.
#[must_use]
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && sink::is_heard()
}

/// Asks for what the plan's danger demands. `None`: the person said no.
pub async fn ask(printer: Printer, plan: &Plan) -> Option<Confirmation> {
    let reversible = plan.operation.danger() <= Danger::Reversible;
    let question = if reversible {
        "Go on? Type y: ".to_owned()
    } else {
        format!(
            "This is {}. Type `{}` to go on: ",
            plan.operation,
            plan.word_to_type()
        )
    };
    printer.plan(plan);
    let answer = answer_to(printer, question).await?;
    let answer = answer.trim_end_matches(['\r', '\n']);
    match (reversible, answer) {
        (true, "y" | "yes") => Some(Confirmation::Key),
        (false, word) if word == plan.word_to_type() => Some(Confirmation::Typed(word.to_owned())),
        _ => None,
    }
}

/// On a thread of its own: a signal must be heard while nobody answers.
async fn answer_to(printer: Printer, question: String) -> Option<String> {
    let asked = tokio::task::spawn_blocking(move || {
        if !printer.ask(&question) {
            return None;
        }
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).ok()?;
        Some(answer)
    });
    asked.await.ok()?
}
