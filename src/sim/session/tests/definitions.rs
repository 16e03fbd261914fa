//! What a definition says is kept, or refused.

use super::*;
use crate::world::ReplicaSize;

fn shown(server: &Shared, kind: &str, name: &str) -> String {
    rows(server, &format!("show create {kind} {name}")).remove(0)
}

#[test]
fn names_of_columns_are_kept() {
    let server = server();
    rows(
        &server,
        "create materialized view m (a, \"B b\") in cluster quickstart as select 1, 2",
    );
    rows(&server, "create view v (c) as select 1, 2 as d");
    let sql = shown(&server, "materialized view", "m");
    assert!(
        sql.contains("CREATE MATERIALIZED VIEW materialize.public.m (a, \"B b\")"),
        "{sql}"
    );
    let sql = shown(&server, "view", "v");
    assert!(
        sql.contains("CREATE VIEW materialize.public.v (c)"),
        "{sql}"
    );
    let stored = rows(&server, "select create_sql from mz_views where name = 'v'").remove(0);
    assert!(
        stored.starts_with("CREATE VIEW \"materialize\".\"public\".\"v\" (\"c\") AS"),
        "{stored}"
    );
    assert_eq!(rows(&server, "select c, d from v"), ["1|2"]);
}

#[test]
fn what_is_asserted_not_to_be_null_must_be_there_and_is_shown() {
    let server = server();
    let error = refused(
        &server,
        "create materialized view m with (assert not null nope) as select 1 as a",
    );
    assert_eq!(
        error.message,
        "column \"nope\" in ASSERT NOT NULL option not found"
    );
    rows(
        &server,
        "create table t (a int, b int); create materialized view m with (assert not null a, assert not null = b) as select a, b from t",
    );
    let sql = shown(&server, "materialized view", "m");
    assert!(
        sql.contains("WITH (ASSERT NOT NULL = a, ASSERT NOT NULL = b, REFRESH = ON COMMIT)"),
        "{sql}"
    );
    let nullable = "select name, nullable from mz_columns where id = (select id from mz_objects where name = 'm')";
    assert_eq!(rows(&server, nullable), ["a|f", "b|f"]);
}

#[test]
fn a_partition_is_by_the_first_columns() {
    let server = server();
    rows(
        &server,
        "create materialized view m with (partition by (a)) as select 1 as a, 2 as b",
    );
    let sql = shown(&server, "materialized view", "m");
    assert!(sql.contains("PARTITION BY = (a)"), "{sql}");
    let error = refused(
        &server,
        "create materialized view n with (partition by (b)) as select 1 as a, 2 as b",
    );
    assert!(
        error.message.contains("expected a at index 0, got b"),
        "{}",
        error.message
    );
}

#[test]
fn how_long_history_is_kept_is_shown_as_it_was_written() {
    let server = server();
    rows(
        &server,
        "create table t (a int) with (retain history for '1hr');
         create index i in cluster quickstart on t (a) with (retain history = for '2 hours');
         create materialized view m with (retain history for '90 min') as select a from t",
    );
    for (kind, name, written) in [
        ("table", "t", "'1hr'"),
        ("index", "i", "'2 hours'"),
        ("materialized view", "m", "'90 min'"),
    ] {
        let sql = shown(&server, kind, name);
        assert!(
            sql.contains(&format!("RETAIN HISTORY = FOR {written}")),
            "{sql}"
        );
    }
    let kept = "select o.name, r.value::text from mz_internal.mz_history_retention_strategies r \
                join mz_objects o on o.id = r.id where r.id like 'u%' order by 1";
    assert_eq!(
        rows(&server, kept),
        ["i|\"7200000\"", "m|\"5400000\"", "t|\"3600000\""]
    );
}

#[test]
fn a_default_index_has_the_key_that_its_relation_groups_by() {
    let server = with_people();
    for sql in [
        "create view by_town as select count(*) as n, people.town as place from people group by town",
        "create default index on by_town",
        "create view by_hand as select age / 10 as decade, town, count(*) from people group by 1, town",
        "create default index on by_hand",
        "create view all_of_them as select town, age from people",
        "create default index on all_of_them",
    ] {
        rows(&server, sql);
    }
    let keys = |on: &str| {
        let row = rows(&server, &format!("show indexes on {on}")).remove(0);
        row.split('|').nth(3).map(str::to_owned)
    };
    assert_eq!(keys("by_town").as_deref(), Some("{place}"));
    assert_eq!(keys("by_hand").as_deref(), Some("{decade,town}"));
    assert_eq!(keys("all_of_them").as_deref(), Some("{town,age}"));
}

#[test]
fn an_expression_of_an_index_is_shown_with_bare_names() {
    let server = with_people();
    rows(&server, "create index i on people (length(town))");
    let sql = "select on_expression from mz_index_columns c join mz_indexes i on i.id = c.index_id where i.name = 'i'";
    assert_eq!(rows(&server, sql), ["pg_catalog.length(town)"]);
}

#[test]
fn a_cluster_has_one_of_the_sizes_of_its_world() {
    let mut world = World::empty();
    let size = world.model.sizes[0].clone();
    world.model.sizes = vec![ReplicaSize {
        name: "scale=1,workers=1".to_owned(),
        ..size
    }];
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let server = Shared::open(world, clock, run).unwrap();
    rows(&server, "create cluster c size 'scale=1,workers=1'");
    let sizes = "select size from mz_cluster_replica_sizes";
    assert_eq!(rows(&server, sizes), ["scale=1,workers=1"]);
    let error = refused(&server, "create cluster d size '25cc'");
    let hint = "Valid cluster replica sizes are: scale=1,workers=1";
    assert_eq!(error.hint.as_deref(), Some(hint));
}
