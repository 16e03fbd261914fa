//! The shape of a world file. Unknown keys and bad values are errors with their line.

mod value;

use super::fault::{Fault, FaultKind, LinkCut, Refusal};
use super::pace::{Model, PaceRule, ReplicaPace, ReplicaSize, SourcePace};
use super::script::{Action, Disturbance, Scripted};
use super::start::{LoginRole, StartSql, World};
use crate::version::Release;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use value::{HydratingKind, Instant, Latency, Pattern, Qualified, Span, SqlState, Version};

/// Reads a world; the error says line and column.
pub(super) fn parse(text: &str) -> Result<World, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    Ok(file.into_world())
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    server: Server,
    role: Vec<Role>,
    start: Vec<Start>,
    hydration: Hydration,
    source: BTreeMap<Qualified, Source>,
    replicas: Replicas,
    size: Vec<Size>,
    event: Vec<Event>,
    fault: Vec<FaultEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Server {
    opens_at: Option<Instant>,
    age: Option<Span>,
    seed: Option<u64>,
    version: Option<Version>,
    latency: Option<Latency>,
    statistics_every: Option<Span>,
    flags: BTreeMap<String, bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    name: String,
    password: Option<String>,
    #[serde(default)]
    superuser: bool,
    #[serde(default)]
    settings: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    #[serde(default = "operator", rename = "as")]
    role: String,
    sql: String,
}

fn operator() -> String {
    "materialize".to_owned()
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Hydration {
    default: Rule,
    kind: BTreeMap<HydratingKind, Rule>,
    object: BTreeMap<Pattern, Rule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rule {
    attach: Option<Span>,
    time: Option<Span>,
    operators: Option<u32>,
    lag: Option<Span>,
    memory_mib: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Source {
    snapshot_records: Option<u64>,
    snapshot_rate: Option<u64>,
    live_rate: Option<u64>,
    record_bytes: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Replicas {
    online_after: Option<Span>,
    restart_after: Option<Span>,
    base_memory_mib: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Size {
    name: String,
    workers: u32,
    memory_gib: u64,
    credits_per_hour: f64,
    speed: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    after: Span,
    #[serde(rename = "do")]
    action: EventAction,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum EventAction {
    OomKill {
        cluster: String,
        replica: String,
        times: Option<u32>,
        every: Option<Span>,
    },
    Stall {
        object: Qualified,
        error: String,
        lasts: Option<Span>,
    },
    Recover {
        object: Qualified,
    },
    FallBehind {
        object: Qualified,
        by: Span,
        lasts: Option<Span>,
    },
    Pause {
        cluster: String,
    },
    Run {
        #[serde(rename = "as")]
        role: String,
        sql: String,
    },
    Arm(FaultEntry),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultEntry {
    #[serde(default)]
    matching: String,
    /// Without it: once, or for ever where the fault describes the server.
    times: Option<u32>,
    #[serde(rename = "do")]
    kind: FaultAction,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum FaultAction {
    ConflictAtCommit,
    CutBefore,
    CutAfter,
    CutAndCommitLater(Span),
    Run {
        #[serde(default = "operator", rename = "as")]
        role: String,
        sql: String,
    },
    Refuse {
        sqlstate: SqlState,
        message: String,
        detail: Option<String>,
        hint: Option<String>,
    },
    Slow(Span),
    Wedge,
    RefuseSubscribe,
    SubscribeFallsBehind,
    MissingRelation(Qualified),
}

impl File {
    fn into_world(self) -> World {
        let model = self.model();
        World {
            opens_at: self.server.opens_at.map(|instant| instant.0),
            age: span_or(self.server.age, Duration::ZERO),
            release: self
                .server
                .version
                .map_or_else(Release::default, |version| version.0),
            latency: self
                .server
                .latency
                .map_or_else(Default::default, |latency| latency.0),
            flags: self.server.flags,
            roles: self.role.into_iter().map(Role::into_role).collect(),
            start: self
                .start
                .into_iter()
                .map(|start| StartSql {
                    role: start.role,
                    sql: start.sql,
                })
                .collect(),
            model,
            events: self.event.into_iter().map(Event::into_scripted).collect(),
            faults: self.fault.into_iter().map(FaultEntry::into_fault).collect(),
        }
    }

    fn model(&self) -> Model {
        let built_in = Model::default();
        let sizes: Vec<_> = self.size.iter().map(Size::to_size).collect();
        Model {
            seed: self.server.seed.unwrap_or(built_in.seed),
            default_rule: self.hydration.default.to_rule(),
            kind_rules: self
                .hydration
                .kind
                .iter()
                .map(|(kind, rule)| (kind.0, rule.to_rule()))
                .collect(),
            object_rules: self
                .hydration
                .object
                .iter()
                .map(|(name, rule)| (name.0.clone(), rule.to_rule()))
                .collect(),
            sources: self
                .source
                .iter()
                .map(|(name, source)| (name.joined(), source.to_pace()))
                .collect(),
            sizes: if sizes.is_empty() {
                built_in.sizes
            } else {
                sizes
            },
            replicas: ReplicaPace {
                online_after: span_or(self.replicas.online_after, built_in.replicas.online_after),
                restart_after: span_or(
                    self.replicas.restart_after,
                    built_in.replicas.restart_after,
                ),
                base_memory: self
                    .replicas
                    .base_memory_mib
                    .map_or(built_in.replicas.base_memory, mebibytes),
            },
            statistics_every: span_or(self.server.statistics_every, built_in.statistics_every),
        }
    }
}

fn span_or(span: Option<Span>, otherwise: Duration) -> Duration {
    span.map_or(otherwise, |span| span.0)
}

fn mebibytes(number: u64) -> u64 {
    number.saturating_mul(1 << 20)
}

impl Role {
    fn into_role(self) -> LoginRole {
        LoginRole {
            name: self.name,
            password: self.password,
            superuser: self.superuser,
            settings: self.settings,
        }
    }
}

impl Rule {
    fn to_rule(&self) -> PaceRule {
        PaceRule {
            attach: self.attach.map(|span| span.0),
            time: self.time.map(|span| span.0),
            operators: self.operators,
            lag: self.lag.map(|span| span.0),
            memory: self.memory_mib.map(mebibytes),
        }
    }
}

impl Source {
    fn to_pace(&self) -> SourcePace {
        let built_in = SourcePace::default();
        SourcePace {
            snapshot_records: self.snapshot_records.unwrap_or(built_in.snapshot_records),
            snapshot_rate: self.snapshot_rate.unwrap_or(built_in.snapshot_rate),
            live_rate: self.live_rate.unwrap_or(built_in.live_rate),
            record_bytes: self.record_bytes.unwrap_or(built_in.record_bytes),
        }
    }
}

impl Size {
    fn to_size(&self) -> ReplicaSize {
        ReplicaSize {
            name: self.name.clone(),
            workers: self.workers,
            memory_bytes: self.memory_gib.saturating_mul(1 << 30),
            credits_per_hour: self.credits_per_hour,
            speed: self.speed,
        }
    }
}

impl Event {
    fn into_scripted(self) -> Scripted {
        Scripted {
            after: self.after.0,
            action: self.action.into_action(),
        }
    }
}

impl EventAction {
    fn into_action(self) -> Action {
        let lasting = |span: Option<Span>| span.map(|span| span.0);
        let disturbance = match self {
            Self::OomKill {
                cluster,
                replica,
                times,
                every,
            } => Disturbance::OomKill {
                cluster,
                replica,
                times: times.unwrap_or(1),
                every: span_or(every, Duration::from_secs(30)),
            },
            Self::Stall {
                object,
                error,
                lasts,
            } => Disturbance::Stall {
                object: object.into(),
                error,
                lasts: lasting(lasts),
            },
            Self::Recover { object } => Disturbance::Recover {
                object: object.into(),
            },
            Self::FallBehind { object, by, lasts } => Disturbance::FallBehind {
                object: object.into(),
                by: by.0,
                lasts: lasting(lasts),
            },
            Self::Pause { cluster } => {
                let cluster = cluster.replace('"', "\"\"");
                let sql = format!("ALTER CLUSTER \"{cluster}\" SET (REPLICATION FACTOR 0)");
                return Action::Run {
                    role: "mz_system".to_owned(),
                    sql,
                };
            }
            Self::Run { role, sql } => return Action::Run { role, sql },
            Self::Arm(fault) => return Action::Arm(fault.into_fault()),
        };
        Action::Disturb(disturbance)
    }
}

impl FaultEntry {
    fn into_fault(self) -> Fault {
        let Self {
            matching,
            times,
            kind,
        } = self;
        let once = Some(times.unwrap_or(1));
        let kind = match kind {
            FaultAction::ConflictAtCommit => {
                let matching = if matching.is_empty() {
                    "commit".to_owned()
                } else {
                    matching
                };
                return Fault {
                    matching,
                    times: once,
                    kind: FaultKind::Refuse(Refusal::conflict()),
                };
            }
            FaultAction::RefuseSubscribe => return Fault::refuse_subscribe(),
            FaultAction::MissingRelation(name) => return Fault::missing_relation(&name.joined()),
            FaultAction::CutBefore => FaultKind::Cut(LinkCut::BeforePerforming),
            FaultAction::CutAfter => FaultKind::Cut(LinkCut::AfterPerforming),
            FaultAction::CutAndCommitLater(by) => FaultKind::Cut(LinkCut::PerformingLater(by.0)),
            FaultAction::Run { role, sql } => FaultKind::Meanwhile { role, sql },
            FaultAction::Refuse {
                sqlstate,
                message,
                detail,
                hint,
            } => FaultKind::Refuse(Refusal {
                sqlstate: sqlstate.0,
                message,
                detail,
                hint,
            }),
            FaultAction::Slow(by) => FaultKind::Slow(by.0),
            FaultAction::Wedge => FaultKind::Wedge,
            FaultAction::SubscribeFallsBehind => FaultKind::SubscribeFallsBehind,
        };
        Fault {
            matching,
            times: once,
            kind,
        }
    }
}

#[cfg(test)]
mod tests;
