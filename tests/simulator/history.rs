//! One server's history: the recordings in the order in which they were made, with what each takes for granted.

use super::compare::{Difference, Part, masked};
use super::programs;
use super::recording::{Step, text};
use super::replay::Replay;
use super::server::Simulator;
use super::wire::{Answer, Session};
use std::collections::BTreeSet;
use std::time::Duration;

/// Hydration as slow as it was when 07 was recorded.
const WORLD: &str = r#"
# The same ticks in every run.
[server]
opens_at = "2026-11-20T09:30:00Z"
version = "v26.9.0-dev.0 (9e9123290)"
[hydration.default]
attach = "2s"
[hydration.object."hyd.heavy"]
attach = "11s"
time = "6s"
[hydration.object."hyd.vw_idx"]
attach = "11s"
time = "6s"
[hydration.object."hyd.const"]
attach = "6s"
[hydration.object."hyd.daily"]
attach = "10ms"
time = "10ms"
[hydration.object."srcs.auction"]
attach = "10ms"

# What an earlier run of dbt had left.
[[start]]
sql = """
create cluster prod (size '25cc');
create schema prod;
create materialized view prod.foo in cluster prod as SELECT * FROM (VALUES ('ada', 'blue'), ('grace', 'green'), ('linus', 'red')) AS people (name, favorite_color);
create materialized view prod.bar in cluster prod as SELECT name, favorite_color, CASE WHEN favorite_color IN ('red', 'orange', 'yellow') THEN 'warm' ELSE 'cold' END AS color_category FROM prod.foo;
create materialized view prod.foobar in cluster prod as SELECT name, favorite_color, color_category, CASE color_category WHEN 'warm' THEN 'energetic' ELSE 'calm' END AS mood FROM prod.bar;
comment on schema prod is '
        Deployment by materialize on 
    ';
"""
"#;

const BROKER_TOO_OLD: &str = "kafka: Transaction error: EndTxnRequest (KIP-98) not supported by broker, requires broker version \
     >= 0.11.0: EndTxnRequest (KIP-98) not supported by broker, requires broker version >= 0.11.0";

fn as_it_is(_: &mut Replay, _: &Step) -> bool {
    false
}

#[test]
fn the_simulator_answers_what_a_real_server_answered() {
    let mut replay = Replay::new(Simulator::start(WORLD));
    replay.recording("01-identity", as_it_is);
    replay.recording("02-objects", as_it_is);
    replay.recording("03-clusters", as_it_is);
    replay.recording("04-privileges", as_it_is);
    replay.recording("05-swap", as_it_is);
    replay.recording("06-dependents", as_it_is);
    hydration(&mut replay);
    replay.recording("08-subscribe", subscribe);
    sources(&mut replay);
    replay.recording("10-sinks", stalled_sink);
    replay.recording("11-sinks-stalled", cancelled_alter_sink);
    programs::dbt(&mut replay);
    programs::psql(&mut replay);
    subscription_across_a_swap(&mut replay);
    healthy_sink(&mut replay);
    replay.recording("14-record-rehearsal-audit", |replay, step| match step.place.as_str() {
        "14:19" => {
            let sql = "subscribe (select o.name, f.write_frontier::text from mz_objects o join mz_internal.mz_frontiers f on \
                       f.object_id = o.id where o.name in ('mv', 'orders', 'totals', 't_primary_idx')) with (progress)";
            cursor_loop(replay, step, sql, 6, |_, _| ());
            true
        }
        _ => false,
    });
    replay.recording("15-lag-by-logical-time", |replay, _| {
        replay.simulator.pass(Duration::from_secs(1));
        false
    });
    replay.finish();
}

/// Where in its minute the server was when 07 began; lag samples are written at full minutes.
const SECOND_OF_07: Duration = Duration::from_millis(9_375);

/// 07: the notes say when each reading was made.
fn hydration(replay: &mut Replay) {
    let into_minute =
        Duration::from_millis(u64::try_from(replay.simulator.now().as_millis() % 60_000).unwrap());
    let minute = Duration::from_secs(60);
    // A second before, for what the recording creates.
    replay
        .simulator
        .pass(minute + SECOND_OF_07 - Duration::from_secs(1) - into_minute);
    let start = replay.simulator.now() + Duration::from_secs(1);
    replay.recording("07-hydration", |replay, step| {
        let note = step
            .note
            .as_deref()
            .and_then(|note| note.strip_prefix("t+")?.strip_suffix('s'));
        let until = note.map(|seconds| start + Duration::from_secs_f64(seconds.parse().unwrap()));
        replay.simulator.pass(
            until
                .unwrap_or_default()
                .saturating_sub(replay.simulator.now()),
        );
        false
    });
}

/// 08: the lines that describe a loop in words are done in that way.
fn subscribe(replay: &mut Replay, step: &Step) -> bool {
    if step.copy.is_some() {
        copied_subscribe(replay, step);
        return true;
    }
    let Some(declared) = step.sql.strip_prefix("begin; declare cc cursor for ") else {
        return false;
    };
    let (sql, _) = declared.split_once("; fetch").unwrap();
    // The rows say how many seconds after the declaration they came.
    let last = step
        .answer
        .raw_rows()
        .last()
        .and_then(|row| row[0].as_f64());
    let rounds = 1 + last.map_or(1, |seconds| seconds.ceil() as u32);
    if step.place == "08:9" {
        cursor_loop(replay, step, sql, rounds, |replay, round| match round {
            2 => replay.set_up("other", "create schema hyd_x"),
            3 => replay.set_up("other", "alter schema hyd_x rename to hyd_y"),
            4 => replay.set_up("other", "drop schema hyd_y"),
            _ => (),
        });
    } else {
        cursor_loop(replay, step, sql, rounds, |_, _| ());
    }
    true
}

/// Declares a cursor and fetches from it round by round, as the recordings did; compares columns and what came, whatever its number.
fn cursor_loop(
    replay: &mut Replay,
    step: &Step,
    sql: &str,
    rounds: u32,
    mut each: impl FnMut(&mut Replay, u32),
) {
    let declared = replay
        .session(&step.role)
        .ask(&format!("begin; declare cc cursor for {sql}"));
    assert!(
        declared.error.is_none(),
        "{}: {:?}",
        step.place,
        declared.error
    );
    let mut columns = Vec::new();
    let mut came = Vec::new();
    for round in 0..rounds {
        each(replay, round);
        replay.simulator.pass(Duration::from_secs(1));
        let answer = replay
            .session(&step.role)
            // A second of the world has passed already; a wait of here only lets the rows come.
            .ask("fetch all cc with (timeout='100ms')");
        assert!(answer.error.is_none(), "{}: {:?}", step.place, answer.error);
        columns = answer.columns.into_iter().map(|(name, _)| name).collect();
        came.extend(answer.rows);
    }
    replay.set_up(&step.role, "rollback");
    let names: Vec<String> = step
        .answer
        .columns()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name != "client_ms")
        .collect();
    let recorded: Vec<Vec<Option<String>>> = step
        .answer
        .raw_rows()
        .iter()
        .map(|row| {
            // The recordings put the client's clock beside the columns: before them in 08, after them in 14.
            let own = if row.len() > names.len() && step.place.starts_with("08") {
                &row[1..]
            } else {
                &row[..names.len()]
            };
            own.iter().map(|cell| text(cell, None)).collect()
        })
        .collect();
    compare(
        replay,
        step,
        Part::Columns,
        &format!("{names:?}"),
        &format!("{columns:?}"),
    );
    compare(
        replay,
        step,
        Part::Rows,
        &kinds_of_rows(&recorded),
        &kinds_of_rows(&came),
    );
    if names.iter().any(|name| name == "mz_progressed") {
        let first = |rows: &[Vec<Option<String>>]| rows.first().and_then(|row| row[1].clone());
        compare(
            replay,
            step,
            Part::Rows,
            &format!("{:?}", first(&recorded)),
            &format!("{:?}", first(&came)),
        );
    }
}

fn compare(replay: &mut Replay, step: &Step, part: Part, recorded: &str, simulated: &str) {
    if recorded != simulated {
        let (recorded, simulated) = (recorded.to_owned(), simulated.to_owned());
        replay.note(
            &step.place,
            &step.sql,
            &Difference {
                part,
                recorded,
                simulated,
            },
        );
    }
}

/// The different rows of a stream, ids and times aside.
fn kinds_of_rows(rows: &[Vec<Option<String>>]) -> String {
    let cell = |cell: &Option<String>| cell.as_deref().map_or_else(|| "NULL".to_owned(), masked);
    let kinds: BTreeSet<String> = rows
        .iter()
        .map(|row| row.iter().map(cell).collect::<Vec<_>>().join(", "))
        .collect();
    kinds
        .into_iter()
        .collect::<Vec<_>>()
        .join("\n                 ")
}

/// 08: a SUBSCRIBE by COPY, ended by a cancel from another session.
fn copied_subscribe(replay: &mut Replay, step: &Step) {
    let address = replay.simulator.address();
    let session = replay.session(&step.role);
    session.send(&step.sql);
    let first = session.first_copied();
    Session::cancel(address, session.process_id, session.secret_key);
    let mut answer = super::wire::last(session.answers());
    let recorded = &step.copy.as_ref().unwrap()[0].1;
    compare(replay, step, Part::Rows, &masked(recorded), &masked(&first));
    answer.copied.clear();
    replay.check(&step.place, &step.sql, &step.answer.answer(), &answer);
}

/// 09: refresh strategies and schedules had been switched on.
fn sources(replay: &mut Replay) {
    for flag in [
        "enable_refresh_every_mvs",
        "enable_cluster_schedule_refresh",
        "enable_create_table_from_source",
        "enable_alter_swap",
    ] {
        replay.set_up("system", &format!("alter system set {flag} = true"));
    }
    replay.recording("09-sources", as_it_is);
}

/// 10: the broker is too old for sinks; the status says `running` for a moment each time the sink tries again.
fn stalled_sink(replay: &mut Replay, step: &Step) -> bool {
    match step.place.as_str() {
        "10:8" => {
            replay
                .simulator
                .stall("sinks", "totals_sink", BROKER_TOO_OLD);
            replay.simulator.pass(Duration::from_secs(5));
        }
        "10:12" => replay.simulator.pass(Duration::from_millis(20_500)),
        "10:13" => replay.simulator.pass(Duration::from_secs(5)),
        _ => (),
    }
    false
}

/// 11: an ALTER SINK that waits, while others go on, until it is cancelled.
fn cancelled_alter_sink(replay: &mut Replay, step: &Step) -> bool {
    match step.place.as_str() {
        "11:0" => replay
            .session("waiting")
            .send("alter sink sinks.totals_sink set from srcs.totals"),
        "11:3" => return true,
        "11:4" => {
            let process_id = replay.session("waiting").process_id;
            let sql = format!("select pg_cancel_backend({process_id})");
            let answer = replay.session(&step.role).ask(&sql);
            replay.check(&step.place, &sql, &step.answer.answer(), &answer);
            let ended = super::wire::last(replay.session("waiting").answers());
            let waited = super::recording::steps("11-sinks-stalled").remove(3);
            replay.check("11:3", &waited.sql, &waited.answer.answer(), &ended);
            return true;
        }
        _ => (),
    }
    false
}

/// 12: a session subscribes to what another one swaps and drops.
fn subscription_across_a_swap(replay: &mut Replay) {
    replay.recording("12-clone-read-subscribe", |replay, step| {
        match step.place.as_str() {
            "12:34" => {
                replay.set_up("subscriber", "set cluster = sub_bc");
                replay.session("subscriber").send("subscribe sub_b.v");
                await_rows(replay, "select 1 from mz_internal.mz_subscriptions");
                false
            }
            "12:38" => {
                let ended = super::wire::last(replay.session("subscriber").answers());
                check_end(replay, step, &ended);
                true
            }
            _ => false,
        }
    });
}

/// Waits until a query finds something.
fn await_rows(replay: &mut Replay, sql: &str) {
    let patience = std::time::Instant::now() + Duration::from_secs(10);
    while replay.session("operator").ask(sql).rows.is_empty() {
        assert!(
            std::time::Instant::now() < patience,
            "nothing ever came of `{sql}`"
        );
        std::thread::yield_now();
    }
}

fn check_end(replay: &mut Replay, step: &Step, ended: &Answer) {
    let outcome = step
        .outcome
        .as_ref()
        .unwrap()
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    let recorded = format!(
        "{} {}",
        outcome[1].as_str().unwrap(),
        outcome[2].as_str().unwrap()
    );
    let simulated = ended
        .error
        .as_ref()
        .map(|error| format!("{} {}", error.code, error.message));
    compare(
        replay,
        step,
        Part::Error,
        &recorded,
        &simulated.unwrap_or_default(),
    );
}

/// 13: the same sink with a broker that works.
fn healthy_sink(replay: &mut Replay) {
    for sql in [
        "create schema sinks",
        "create cluster sinks_c (size '25cc', replication factor 1)",
        "create connection sinks.kafka to kafka (broker '127.0.0.1:9092', security protocol plaintext)",
        "create materialized view blue.totals in cluster compute as select id, sum(amount) as total from blue.orders group by id",
        "create materialized view srcs.totals in cluster ingest as select id, sum(amount) as total from blue.orders group by id",
        "create sink sinks.totals_sink in cluster sinks_c from blue.totals into kafka connection sinks.kafka (topic 'totals2') key (id) \
         not enforced format json envelope upsert",
    ] {
        replay.set_up("operator", sql);
    }
    replay.simulator.pass(Duration::from_secs(20));
    replay.recording("13-sink-healthy", |replay, _| {
        replay.simulator.pass(Duration::from_secs(4));
        false
    });
}
