//! What the recordings do not show: the dialect beyond them, and what must not be answered.

mod definitions;
mod ingest;
mod owned;
mod replacement;
mod temporary;
mod types;

use super::script::run;
use crate::catalog::builtin::RELATIONS;
use crate::engine::Shared;
use crate::error::SqlError;
use crate::world::{Clock, Timestamp, World};
use std::time::Duration;

fn server() -> Shared {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    Shared::open(World::empty(), clock, run).unwrap()
}

/// Rows as `a|b`, NULL as `-`, sorted unless the query sorts.
fn rows(server: &Shared, sql: &str) -> Vec<String> {
    let rows = run(server, "materialize", sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let mut lines: Vec<String> = rows
        .into_iter()
        .map(|row| {
            let fields = row.into_iter().map(|f| f.unwrap_or_else(|| "-".to_owned()));
            fields.collect::<Vec<_>>().join("|")
        })
        .collect();
    if !sql.to_lowercase().contains("order by") {
        lines.sort();
    }
    lines
}

fn refused(server: &Shared, sql: &str) -> SqlError {
    run(server, "materialize", sql).unwrap_err()
}

fn with_people() -> Shared {
    let server = server();
    for sql in [
        "create table people (name text not null, age int, town text)",
        "insert into people values ('ada', 36, 'london'), ('grace', 85, 'arlington'), ('linus', null, 'portland')",
        "insert into people (name, town) values ('alan', 'london')",
    ] {
        rows(&server, sql);
    }
    server
}

#[test]
fn joins_aggregates_and_subqueries_are_those_of_postgres() {
    let server = with_people();
    let cases: [(&str, &[&str]); 12] = [
        (
            "select town, count(*), max(age) from people group by town order by 2 desc, town",
            &["london|2|36", "arlington|1|85", "portland|1|-"],
        ),
        (
            "select p.name from people p join people q using (town) where q.name = 'ada'",
            &["ada", "alan"],
        ),
        (
            "with old as (select * from people where age > 40) select o.name, (select count(*) from people) from old o",
            &["grace|4"],
        ),
        (
            "select name from people where age is distinct from 36 and town = any(array['london', 'portland'])",
            &["alan", "linus"],
        ),
        (
            "select name from people order by age, name",
            &["ada", "grace", "alan", "linus"],
        ),
        (
            "select name from people order by age desc, name limit 2",
            &["alan", "linus"],
        ),
        (
            "select coalesce(age, 0) + 1 as n from people where name like 'a%'",
            &["1", "37"],
        ),
        (
            "select name ~ '^a', name !~ 'a' from people where name = 'linus'",
            &["f|t"],
        ),
        (
            "select string_agg(name, ',' order by name) filter (where town = 'london') from people",
            &["ada,alan"],
        ),
        (
            "select bool_and(age > 30), bool_or(age > 80) from people where age is not null",
            &["t|t"],
        ),
        (
            "select x from generate_series(1, 3) as g (x) where not exists (select 1 from people where age = x)",
            &["1", "2", "3"],
        ),
        ("select 1 union select 1 union all select 2", &["1", "2"]),
    ];
    for (sql, expected) in cases {
        assert_eq!(rows(&server, sql), expected, "{sql}");
    }
}

#[test]
fn values_are_shown_by_their_types() {
    let server = server();
    let cases = [
        ("select 7 / 2, 7 / 2.0, 7 % 4", "3|3.5|3"),
        (
            "select interval '90 minutes', interval '1 day' * 2",
            "01:30:00|2 days",
        ),
        (
            "select '2026-01-02'::timestamptz + interval '1 hour'",
            "2026-01-02 01:00:00+00",
        ),
        ("select extract(epoch from interval '1.5 s')::float8", "1.5"),
        (
            "select true::text, 't'::bool, null::int is null",
            "true|t|t",
        ),
        ("select array['a b', null, 'c']", "{\"a b\",NULL,c}"),
        ("select '{\"a\": {\"b\": 1}}'::jsonb -> 'a' ->> 'b'", "1"),
        ("select 'x' || 1 || true", "x1true"),
        ("select date '2023-09-10' - date '2023-09-01'", "9"),
        (
            "select pg_typeof(date '2023-09-01' - date '2023-09-10'), date '2023-09-01' - date '2023-09-10'",
            "integer|-9",
        ),
        (
            "select power(2, 3), pow(2, 0.5) > 1.41, sqrt(16), ln(1), exp(0), ceil(1.2), ceiling(1.2), floor(-1.2)",
            "8|t|4|0|1|2|2|-2",
        ),
        (
            "select pg_typeof(1), pg_typeof('a'), pg_typeof(now())",
            "integer|text|timestamp with time zone",
        ),
        (
            "select timestamp '2023-09-10 12:00:00' - date '2023-09-01'",
            "9 days 12:00:00",
        ),
        ("select case when 1 > 2 then 'a' else 'b' end", "b"),
    ];
    for (sql, expected) in cases {
        assert_eq!(rows(&server, sql), [expected], "{sql}");
    }
}

#[test]
fn what_a_real_server_refuses_is_refused() {
    let server = with_people();
    let cases = [
        (
            "select name, count(*) from people",
            "column \"name\" must appear in the GROUP BY clause or be used in an aggregate function",
        ),
        (
            "select name from people where age = 'x'",
            "invalid input syntax for type integer: \"x\"",
        ),
        (
            "select name from people where name = 1",
            "operator does not exist: text = integer",
        ),
        (
            "select name from people p, people q",
            "column reference \"name\" is ambiguous",
        ),
        ("select nosuch(1)", "function \"nosuch\" does not exist"),
        (
            "insert into people (age) values (1)",
            "null value in column \"name\" violates not-null constraint",
        ),
        ("select 1 / 0", "division by zero"),
        (
            "create view v as select 1 as a, 2 as a",
            "column \"a\" specified more than once",
        ),
    ];
    for (sql, message) in cases {
        assert_eq!(refused(&server, sql).message, message, "{sql}");
    }
}

#[test]
fn keys_of_a_group_may_be_expressions() {
    let server = with_people();
    assert_eq!(
        rows(
            &server,
            "select lower(town) || '!', count(*) from people group by lower(town)"
        ),
        ["arlington!|1", "london!|2", "portland!|1"]
    );
    assert_eq!(
        rows(
            &server,
            "select count(*) > 0, max(length(name)) from people"
        ),
        ["t|5"]
    );
}

#[test]
fn what_the_simulator_does_not_know_is_refused_by_name() {
    let server = with_people();
    for sql in [
        "explain select 1",
        "select distinct on (town) * from people",
        "with recursive r as (select 1) select * from r",
        "select * from mz_internal.mz_recent_sql_text",
        "create type t as (a int)",
    ] {
        let error = refused(&server, sql);
        assert_eq!(error.code, "0A000", "{sql}: {error}");
    }
}

#[test]
fn every_system_relation_is_read_or_refused_by_name() {
    let server = server();
    let mut read = 0;
    let version = server.release().version;
    for relation in RELATIONS.iter().filter(|it| it.is_of(version)) {
        let name = relation.full_name();
        match run(&server, "mz_system", &format!("select * from {name}")) {
            Ok(_) => read += 1,
            Err(error) => assert_eq!(error.code, "0A000", "{name}: {error}"),
        }
    }
    assert!(read > 150, "only {read} of {} can be read", RELATIONS.len());
}

#[test]
fn rows_are_changed_in_place() {
    let server = with_people();
    rows(
        &server,
        "update people set age = age + 1, town = upper(town) where age > 80",
    );
    rows(&server, "delete from people where age is null");
    assert_eq!(
        rows(&server, "select * from people"),
        ["ada|36|london", "grace|86|ARLINGTON"]
    );
}

#[test]
fn views_follow_their_relations_through_a_swap() {
    let server = server();
    for sql in [
        "create schema a",
        "create schema b",
        "create table a.t (x int)",
        "create table b.t (x int)",
        "insert into a.t values (1)",
        "insert into b.t values (2), (3)",
        "create view reader as select x from a.t",
        "alter schema a swap with b",
    ] {
        rows(&server, sql);
    }
    assert_eq!(rows(&server, "select * from reader"), ["1"]);
    assert_eq!(rows(&server, "select * from a.t"), ["2", "3"]);
    assert_eq!(
        rows(&server, "show create view reader"),
        [
            "materialize.public.reader|CREATE VIEW materialize.public.reader AS SELECT x FROM materialize.b.t;"
        ]
    );
}

#[test]
fn audit_events_of_one_transaction_share_their_time() {
    let server = server();
    for sql in [
        "create schema a",
        "create schema b",
        "begin; alter schema a swap with b; alter schema a rename to c; commit",
    ] {
        rows(&server, sql);
        server.clock().advance(Duration::from_secs(5));
        server.pump();
    }
    let times = rows(
        &server,
        "select count(distinct occurred_at), count(*) from mz_audit_events where event_type = 'alter'",
    );
    assert_eq!(times, ["1|4"]);
}

#[test]
fn temporary_views_end_with_their_session() {
    let server = server();
    assert_eq!(
        rows(&server, "create temporary view t as select 1 as a"),
        Vec::<String>::new()
    );
    assert_eq!(
        refused(&server, "select * from t").message,
        "unknown catalog item 't'"
    );
}

#[test]
fn replicas_follow_the_replication_factor() {
    let server = server();
    rows(
        &server,
        "create cluster c (size '25cc', replication factor 2)",
    );
    rows(&server, "alter cluster c set (replication factor 3)");
    rows(&server, "alter cluster c set (size '50cc')");
    let replicas = "select r.name, r.size from mz_cluster_replicas r join mz_clusters c on c.id = r.cluster_id where c.name = 'c'";
    assert_eq!(
        rows(&server, replicas),
        [
            "r1|25cc", "r2|25cc", "r3|25cc", "r4|50cc", "r5|50cc", "r6|50cc"
        ],
        "both run until the new ones are hydrated"
    );
    rows(
        &server,
        "alter cluster c set (replication factor 1, size '25cc')",
    );
    assert_eq!(rows(&server, replicas), ["r1|25cc"]);
    let history = rows(
        &server,
        "select count(*), count(dropped_at) from mz_internal.mz_cluster_replica_history where cluster_name = 'c'",
    );
    assert_eq!(history, ["6|5"]);
}

#[test]
fn privileges_come_from_roles_and_defaults() {
    let server = server();
    let as_system = |sql: &str| run(&server, "mz_system", sql).unwrap();
    for sql in ["create role team", "create role dev", "grant team to dev"] {
        as_system(sql);
    }
    for sql in [
        "alter default privileges for role materialize grant select on tables to team",
        "create table t (a int)",
        "create schema hidden",
        "create table hidden.t (a int)",
    ] {
        rows(&server, sql);
    }
    let dev = |sql: &str| run(&server, "dev", sql);
    assert!(dev("select * from t").is_ok());
    let refused = dev("select * from hidden.t").unwrap_err();
    assert_eq!(refused.code, "42501");
    assert_eq!(
        refused.message,
        "permission denied for SCHEMA \"materialize.hidden\""
    );
    assert_eq!(
        dev("drop table t").unwrap_err().message,
        "must be owner of TABLE materialize.public.t"
    );
}
