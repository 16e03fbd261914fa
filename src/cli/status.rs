//! status: where the deployment stands.

use super::context::PIPE_CLOSED;
use super::printer::{Closed, Printer};
use super::{CommandContext, finish, interrupted};
use crate::domain::environment::Side;
use crate::domain::finding::Severity;
use crate::domain::project::Compared;
use crate::domain::quantity::some_of;
use crate::domain::readiness::Readiness;
use crate::ops::beside::Beside;
use crate::ops::status::{ClusterStatus, ModelsStatus, ObjectStatus, SideModels, Status};
use crate::ops::wait::{LinkNews, never_seen};

/// Prints the status once.
pub async fn status(context: &CommandContext) -> u8 {
    match context.reading(context.workspace.status()).await {
        Ok(Ok(status)) => code(print(context.printer, &status)),
        Ok(Err(error)) => context.fail(&error),
        Err(interrupted) => finish(context.printer, &interrupted),
    }
}

/// Prints a line (or a JSON line) whenever the status changes, until interrupted.
pub async fn watch(context: &CommandContext) -> u8 {
    let feed = context.workspace.live();
    let mut pictures = feed.pictures();
    let mut beside = Beside::default();
    let mut last = Default::default();
    let mut news = LinkNews::default();
    loop {
        let picture = pictures.borrow_and_update().clone();
        if let Some(error) = never_seen(&picture) {
            return context.fail(&error);
        }
        if let Some(words) = news.of(&picture.connection) {
            context.printer.must_say(&words);
        }
        if let Some(snapshot) = picture.snapshot {
            let board = match context
                .reading(beside.board(&context.workspace, snapshot))
                .await
            {
                Ok(board) => board,
                Err(interrupted) => return finish(context.printer, &interrupted),
            };
            let status = Status::new(&board, &picture.connection, None);
            // In words the connection's news are told above; whoever reads JSON learns them here.
            let link = context.printer.is_json().then_some(status.link.state);
            let line = (headline(&status), link);
            if line != last {
                let printed = match link {
                    Some(_) => context.printer.json_line(&status),
                    None => context.printer.data(&line.0),
                };
                if printed.is_err() {
                    return PIPE_CLOSED;
                }
                last = line;
            }
        }
        tokio::select! {
            () = context.cancel.cancelled() => {
                return finish(context.printer, &interrupted(context.workspace.interrupted()));
            }
            changed = pictures.changed() => if changed.is_err() { return 1 },
        }
    }
}

fn code(printed: Result<(), Closed>) -> u8 {
    match printed {
        Ok(()) => 0,
        Err(Closed) => PIPE_CLOSED,
    }
}

fn headline(status: &Status) -> String {
    let clusters: Vec<String> = status
        .clusters
        .iter()
        .filter(|cluster| cluster.side == Side::Deployment && cluster.readiness.is_some())
        .map(|cluster| {
            format!(
                "{} {} {}/{}",
                cluster.name,
                word(cluster.readiness),
                cluster.hydrated,
                cluster.total
            )
        })
        .collect();
    let readiness = status
        .readiness
        .map_or_else(String::new, |readiness| format!(" ({readiness})"));
    let line = format!(
        "{}: {}{readiness}  {}",
        status.environment,
        status.phase,
        clusters.join(", ")
    );
    line.trim_end().to_owned()
}

fn print(printer: Printer, status: &Status) -> Result<(), Closed> {
    if printer.is_json() {
        return printer.json(status);
    }
    let server = &status.server;
    printer.data(&format!(
        "{} on {}:{} {} as {} ({})",
        status.environment, server.host, server.port, server.database, server.role, server.version
    ))?;
    if status.readiness.is_none() {
        printer.data(&format!("phase {}: {}", status.phase, status.headline))?;
    } else {
        if status.headline != status.reason {
            printer.data(&status.headline)?;
        }
        printer.data(&standing(status))?;
    }
    printer.data(&format!("way back {}", status.way_back))?;
    print_models(printer, &status.models)?;
    for sentence in &status.link.sentences {
        printer.say(sentence);
    }
    if let Some(trouble) = &status.server.catalog_server {
        printer.say(trouble);
    }
    for relation in &status.server.missing {
        printer.say(&format!("not readable here: {relation}"));
    }
    printer.data("")?;
    print_tables(printer, status)
}

fn print_models(printer: Printer, models: &ModelsStatus) -> Result<(), Closed> {
    let of = |side: &Option<SideModels>| match side {
        Some(models) => format!("{}/{}", models.standing, models.total),
        None => "unknown".to_owned(),
    };
    printer.data(&format!(
        "models production {}, deployment {}",
        of(&models.production),
        of(&models.deployment)
    ))?;
    for (side, models) in [
        (Side::Production, &models.production),
        (Side::Deployment, &models.deployment),
    ] {
        if let Some(models) = models
            .as_ref()
            .filter(|models| models.standing > 0 && !models.missing.is_empty())
        {
            printer.data(&format!("missing in {side}: {}", some_of(&models.missing)))?;
        }
    }
    Ok(())
}

/// The phase with the deployment side's readiness, and the reason where there is one.
fn standing(status: &Status) -> String {
    let reason = if status.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", status.reason)
    };
    format!(
        "phase {}, deployment side {}{reason}",
        status.phase,
        word(status.readiness)
    )
}

fn print_tables(printer: Printer, status: &Status) -> Result<(), Closed> {
    printer.data(&format!(
        "{:24} {:11} {:10} {:>9} {:>9}",
        "CLUSTER", "SIDE", "READINESS", "HYDRATED", "LAG"
    ))?;
    status
        .clusters
        .iter()
        .try_for_each(|cluster| printer.data(&cluster_line(cluster)))?;
    printer.data("")?;
    printer.data(&format!(
        "{:40} {:17} {:11} {:10} {:>8} {:>9}  {}",
        "OBJECT", "KIND", "SIDE", "READINESS", "REPLICAS", "LAG", "CHANGE"
    ))?;
    status
        .objects
        .iter()
        .try_for_each(|object| printer.data(&object_line(object)))?;
    for finding in status
        .findings
        .iter()
        .filter(|finding| finding.severity != Severity::Info)
    {
        printer.finding(finding);
    }
    Ok(())
}

fn cluster_line(cluster: &ClusterStatus) -> String {
    let reason = if cluster.reason.is_empty() {
        String::new()
    } else {
        format!("  {}", cluster.reason)
    };
    let activity = cluster.activity.as_ref();
    let activity = activity.map_or_else(String::new, |activity| format!("  {activity}"));
    let hydrated = format!("{}/{}", cluster.hydrated, cluster.total);
    format!(
        "{:24} {:11} {:10} {hydrated:>9} {:>9}{reason}{activity}",
        cluster.name,
        cluster.side,
        word(cluster.readiness),
        lag(cluster.max_lag_s)
    )
}

fn object_line(object: &ObjectStatus) -> String {
    let replicas = format!("{}/{}", object.hydrated_replicas, object.replicas);
    let change = object.change.map_or("", Compared::as_str);
    let line = format!(
        "{:40} {:17} {:11} {:10} {replicas:>8} {:>9}  {change}",
        format!("{}.{}", object.schema, object.name),
        object.kind,
        object.side,
        object.readiness,
        lag(object.lag_s)
    );
    line.trim_end().to_owned()
}

/// `-` where there is nothing to judge.
pub fn word(readiness: Option<Readiness>) -> &'static str {
    readiness.map_or("-", Readiness::as_str)
}

fn lag(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.1} s"))
}
