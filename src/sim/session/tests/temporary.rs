//! Temporary items (recorded: v26.39/21).

use super::*;

#[test]
fn they_are_all_in_one_schema_and_dbt_finds_their_columns() {
    let server = server();
    let found = rows(
        &server,
        "create temporary view t as select 1 as a; select name, schema_id from mz_objects where name = 't'",
    );
    assert_eq!(found, ["t|0"]);
    let columns = rows(
        &server,
        "create temporary view t as select 1 as a, 'x' as b; select c.name, c.type from mz_columns c \
         join mz_relations r on r.id = c.id where r.schema_id = '0' order by c.position",
    );
    assert_eq!(columns, ["a|integer", "b|text"]);
}

#[test]
fn their_edges_are_not_told_and_hold_all_the_same() {
    let server = server();
    rows(&server, "create view v as select 1 as a");
    let edges = rows(
        &server,
        "create temporary view t as select a from v; select d.object_id from mz_internal.mz_object_dependencies d \
         join mz_objects o on o.id = d.object_id where o.name = 't'",
    );
    assert_eq!(edges, Vec::<String>::new());
    let error = refused(
        &server,
        "create temporary view t as select a from v; drop view v",
    );
    assert_eq!(
        error.message,
        "cannot drop view \"v\": still depended upon by view \"t\""
    );
    let left = rows(
        &server,
        "create temporary view t as select a from v; drop view v cascade; select name from mz_objects where name in ('v', 't')",
    );
    assert_eq!(left, Vec::<String>::new());
}
