//! The gate between dbt and the server, statement by statement: the deployment side may be changed, nothing else.

use super::dbt;
use std::io::Write;
use std::process::{Command, Stdio};

const GATE: &str = concat!(
    include_str!("../../assets/dbt/lexer.py"),
    include_str!("../../assets/dbt/gate.py"),
);

/// Judges each text of a list on a session of its own; one that was refused does not close the gate for the next.
const JUDGE: &str = r#"
import json

gate = Gate()
told = []
for text in json.load(sys.stdin):
    gate.begin({
        "database": "materialize",
        "schemas": ["prod_dbt_deploy", "Mixed_dbt_deploy"],
        "clusters": ["compute_dbt_deploy"],
        "production": ["compute", "Mixed"],
        "existing": [["prod_dbt_deploy", "kept"]],
    })
    try:
        gate.check(text.encode(), {"mine"})
        told.append(None)
    except Refused as refused:
        told.append(str(refused))
print(json.dumps(told))
"#;

/// Why each text would not be sent, by the Python of dbt.
fn judged(texts: &[String]) -> Vec<Option<String>> {
    let mut python = Command::new(dbt().with_file_name("python"))
        .args(["-c", &format!("{GATE}{JUDGE}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let texts = serde_json::to_vec(texts).unwrap();
    python.stdin.take().unwrap().write_all(&texts).unwrap();
    let output = python.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn what_lies_on_the_deployment_side_is_let_through() {
    let texts = owned(&[
        "/* {\"app\": \"dbt\", \"x\": \"*\"} */ create view \"materialize\".\"prod_dbt_deploy\".\"v\" as ( select * from prod.t );",
        "create materialized view prod_dbt_deploy.v in cluster compute_dbt_deploy with (retain history for '1h') as (select 1 as \"drop\")",
        "CREATE DEFAULT INDEX IN CLUSTER \"compute_dbt_deploy\" ON \"materialize\".\"prod_dbt_deploy\".\"v\";",
        "create index \"i\" in cluster compute_dbt_deploy on prod_dbt_deploy.v (a, b)",
        "drop view if exists \"materialize\".\"prod_dbt_deploy\".\"v\" cascade",
        "drop view if exists \"Mixed_dbt_deploy\".v",
        "drop table if exists \"materialize\".\"prod_dbt_deploy\".\"seed\" cascade",
        "create table prod_dbt_deploy.seed (a text, \"in\" int)",
        "insert into prod_dbt_deploy.seed (a) values ('; drop view prod.v'), ('it''s'), (E'\\'; drop view prod.v --')",
        "delete from PROD_DBT_DEPLOY.seed",
        "update prod_dbt_deploy.seed as s set a = 1",
        "copy prod_dbt_deploy.seed (a) from stdin",
        "create schema if not exists \"materialize\".\"prod_dbt_deploy\"",
        "comment on column prod_dbt_deploy.v.a is 'drop'",
        "comment on view materialize.prod_dbt_deploy.v is $$x; drop view prod.v$$",
        "grant select on prod_dbt_deploy.v to reader",
        "grant select on table prod_dbt_deploy.v, prod_dbt_deploy.w to reader",
        "grant select on all tables in schema prod_dbt_deploy to reader",
        "grant usage on cluster compute_dbt_deploy to reader",
        "revoke usage on schema prod_dbt_deploy from reader",
        "alter view prod_dbt_deploy.v rename to w",
        "alter materialized view prod_dbt_deploy.v set cluster compute_dbt_deploy",
        "alter cluster compute_dbt_deploy set (size = '100cc')",
        "set cluster = compute_dbt_deploy; select 1",
        "set search_path = prod",
        "reset cluster; begin; commit; rollback",
        "select 'drop view prod.v'; show clusters; (select 1)",
        "with insert_ as (select 1) select * from insert_",
        "explain create view prod.v as select 1",
        "copy (select 1) to stdout",
        "declare c cursor for subscribe prod.v; fetch 1 c; close c",
        "prepare p as select 1; execute p",
        "prepare p as select $1; execute p (1)",
        "deallocate p; discard temp; set statement_timeout = 0; reset statement_timeout",
        "alter sink prod_dbt_deploy.s set (snapshot = false)",
        "alter table prod_dbt_deploy.t add column a int",
        "create source prod_dbt_deploy.s in cluster compute_dbt_deploy from postgres connection prod.pg (publication 'p') for tables (public.a as b, public.c as prod_dbt_deploy.c) expose progress as prod_dbt_deploy.p",
        "create source prod_dbt_deploy.s in cluster compute_dbt_deploy from kafka connection prod.k (topic 't') include timestamp as ts, key as k envelope upsert",
        "select 1 +-- one\n 2, - /* two */ 3, count(*)/* all */, a >=/**/ 1, *-- all\n from t",
        // Names of the session's own.
        "drop view mine",
        "create temporary view more as select 1; drop view more",
        "create temp table mz_temp.more (a int); insert into more values (1)",
        "",
        "-- nothing but; drop view prod.v",
    ]);
    for (text, refused) in texts.iter().zip(judged(&texts)) {
        assert_eq!(refused, None, "{text}");
    }
}

#[test]
fn whatever_else_is_not_sent() {
    let texts = owned(&[
        "drop view prod.v",
        "DROP VIEW IF EXISTS \"prod\".\"v\" CASCADE",
        "drop view serving.warm_people",
        "drop view \"materialize\".\"prod\".\"v\"",
        "drop view other.prod_dbt_deploy.v",
        "drop view \"PROD_DBT_DEPLOY\".v",
        "drop view Mixed_dbt_deploy.v",
        "drop view v",
        "drop view prod_dbt_deploy.v, prod.v",
        "drop view /* prod_dbt_deploy. */ prod.v",
        "drop view -- prod_dbt_deploy.v\n prod.v",
        "/* a /* b */ ; */ drop view prod.v",
        "select 1; drop view prod.v",
        "select 'x''; select '; drop view prod.v; --'",
        "select E'\\''; drop view prod.v; --'",
        "select 'a'\n'b'; drop view prod.v",
        "select E'a'\n'\\''; drop view prod.v; --'",
        "select $a$ $a$; drop view prod.v; select $b$ $b$",
        "select \"a\"\"; select \"; drop view prod.v",
        "create view prod_dbt_deploy.v as (select 1); drop view prod.v",
        "create view prod.v as select 1",
        "create or replace view prod.v as select 1",
        "create materialized view prod_dbt_deploy.v as select 1",
        "create materialized view prod_dbt_deploy.v in cluster compute as select 1",
        "create materialized view prod_dbt_deploy.v in cluster [u1] as select 1",
        "create materialized view prod_dbt_deploy.v as select 1 in cluster compute_dbt_deploy",
        "create materialized view prod_dbt_deploy.v (\"in cluster compute_dbt_deploy\") as select 1",
        "create index in cluster compute_dbt_deploy on prod.v",
        "create index in cluster compute on prod_dbt_deploy.v",
        "create index i on prod_dbt_deploy.v",
        "create replacement materialized view prod_dbt_deploy.r for prod.v in cluster compute_dbt_deploy as select 1",
        "create table prod.t (a int)",
        "create schema prod",
        "create database d",
        "create role r",
        "create cluster c (size = '25cc')",
        "create cluster replica compute.r1 size '25cc'",
        "drop schema prod_dbt_deploy cascade",
        "drop cluster compute_dbt_deploy cascade",
        "drop cluster replica compute.r1",
        "drop owned by materialize",
        "drop view prod_dbt_deploy.kept cascade",
        "drop view [u12 as materialize.prod_dbt_deploy.v]",
        "alter view prod.v rename to w",
        "alter schema prod_dbt_deploy swap with prod",
        "alter schema prod_dbt_deploy rename to x",
        "alter cluster compute_dbt_deploy swap with compute",
        "alter cluster compute set (replication factor = 0)",
        "alter materialized view prod_dbt_deploy.v set cluster compute",
        "alter materialized view prod_dbt_deploy.v apply replacement prod.r",
        "alter view prod_dbt_deploy.v set schema prod",
        "alter sink prod.s set from prod_dbt_deploy.v",
        "alter system set max_clusters = 0",
        "alter role materialize set cluster = compute",
        "alter default privileges for all roles grant select on tables to public",
        "insert into prod.t values (1)",
        "delete from prod.t",
        "update prod.t set a = 1",
        "copy prod.t from stdin",
        "comment on schema prod is 'x'",
        "comment on view prod.v is 'x'",
        "comment on column prod.v.prod_dbt_deploy is 'x'",
        "comment on cluster compute is 'x'",
        "grant select on prod.v to reader",
        "grant select on all tables in schema prod_dbt_deploy, prod to reader",
        "grant select on all tables in database materialize to reader",
        "revoke usage on cluster compute from reader",
        "grant materialize to reader",
        "reassign owned by a to b",
        "set cluster = compute",
        "set session cluster to 'compute'",
        "set \"cluster\" = COMPUTE",
        "set local cluster = \"Mixed\"",
        "prepare p as drop view prod.v",
        "prepare p (int) as delete from prod.t",
        "declare c cursor for delete from prod.t",
        "with x as (select 1) insert into prod.t select * from x",
        "with x as (delete from prod.t returning *) select * from x",
        "merge into prod.t using x on true when matched then delete",
        "truncate prod.t",
        "call f()",
        "do $$ drop view prod.v $$",
        "vacuum",
        // The meaning of every name in two parts.
        "set database = other; drop view prod_dbt_deploy.v",
        "set \"Database\" to 'other'",
        "set local database = other",
        "reset database",
        "reset all",
        "discard all",
        // What a source makes beside itself.
        "create source prod_dbt_deploy.s in cluster compute_dbt_deploy from postgres connection c (publication 'p') for tables (public.a as prod.a)",
        "create source prod_dbt_deploy.s in cluster compute_dbt_deploy from postgres connection c (publication 'p') for tables (public.a into prod.a)",
        "create source prod_dbt_deploy.s in cluster compute_dbt_deploy from load generator auction for all tables expose progress as prod.p",
        "create source prod_dbt_deploy.s in cluster compute_dbt_deploy from load generator auction for all tables expose progress as p",
        "create temporary source s from load generator auction for tables (a as prod.a)",
        "alter source prod_dbt_deploy.s add subsource t as prod.t",
        "alter source prod_dbt_deploy.s add table t as prod.t",
        "alter source prod_dbt_deploy.s drop subsource prod.t",
        "alter view prod_dbt_deploy.v whatever",
        // What acts by being asked or run.
        "execute immediate 'drop view prod.v'",
        "execute 'drop view prod.v'",
        "select pg_cancel_backend(5)",
        "select * from (values (\"pg_cancel_backend\" (5)))",
        "prepare p as drop view mine; drop view mine; execute p",
        // Nothing that could be changed, or too much to be read.
        "comment on column x is 'y'",
        // The server steps back into a comment that stands within an operator, or right behind it.
        "select 1 +-+-/*'*/ 2, '; drop view prod.v; --'",
        "select 1 +-+--'\n 2, '; drop view prod.v; --'",
        "select 1 +-/*c*/- 2",
        // What can't be read.
        "drop view prod_dbt_deploy.v -- \0\n cascade",
        "drop view U&\"prod\".v",
        "drop view prod_dbt_deploy.v\0",
        "select 'open",
        "/* open",
        "drop view prod_dbt_deploy.v whatever",
        "create \u{a0}view prod.v as select 1",
        "\u{feff}drop view prod.v",
        // A temporary name that is gone is another's.
        "drop view mine; drop view mine",
        "discard temp; drop view mine",
        "rollback; drop view mine",
        "create view mine as select 1",
    ]);
    for (text, refused) in texts.iter().zip(judged(&texts)) {
        let refused = refused.unwrap_or_else(|| panic!("would be sent: {text}"));
        assert!(refused.starts_with("cutover did not send `"), "{refused}");
        assert!(
            refused.contains("Let it name its relation by {{ this }}"),
            "{refused}"
        );
    }
}

#[test]
fn a_refusal_names_the_statement_and_what_it_would_change() {
    let text = "select 1;\n drop  view\n serving.warm_people cascade ; select 2".to_owned();
    let refused = judged(&[text])[0].clone().unwrap();
    let words = "cutover did not send `drop view serving.warm_people cascade`: it would change `serving.warm_people`, which is not on the deployment side.";
    assert!(refused.starts_with(words), "{refused}");
}

/// A quotation without an end is refused at once, however long it is; and one with an end is read whole.
#[test]
fn quotations_are_read_in_one_pass() {
    let long = "a''\"\"\\\\".repeat(2_000);
    let open: Vec<String> = ["\"", "'", "E'"]
        .iter()
        .map(|quote| format!("select {quote}{}", "a".repeat(20_000)))
        .collect();
    for refused in judged(&open) {
        let refused = refused.expect("it has no end");
        assert!(refused.starts_with("cutover did not send `"), "{refused}");
    }
    let whole = owned(&[
        &format!("select '{long}'; drop view prod_dbt_deploy.v"),
        &format!("select E'{long}'; drop view prod_dbt_deploy.v"),
    ]);
    assert_eq!(judged(&whole), [None, None]);
    let behind = owned(&[&format!("select '{long}'; drop view prod.v")]);
    assert!(judged(&behind)[0].is_some());
}
