//! Replacement materialized views (recorded: v26.24/18, v26.39/18).

use super::*;

const OBJECTS: &str = "select name, type from mz_objects where schema_id = (select id from mz_schemas where name = 'r18') order by id";
const IDS: &str = "select o.name, g.id = g.global_id from mz_internal.mz_object_global_ids g join mz_objects o on o.id = g.id where o.name = 'm' order by 2";

#[test]
fn a_replacement_gives_the_name_its_id() {
    let server = server();
    for sql in [
        "create schema r18",
        "create table r18.t (a int)",
        "create materialized view r18.m as select count(*) as n from r18.t",
        "create view r18.over as select n from r18.m",
        "create index over_i on r18.over (n)",
        "create replacement materialized view r18.m2 for r18.m as select count(*) + 0 as n from r18.t",
    ] {
        rows(&server, sql);
    }
    let id = |name: &str| {
        let found = rows(
            &server,
            &format!("select id from mz_objects where name = '{name}'"),
        );
        found[0].clone()
    };
    let (old, new) = (id("m"), id("m2"));
    assert_eq!(
        rows(&server, "select * from mz_internal.mz_replacements"),
        [format!("{new}|{old}")]
    );
    let shown = rows(&server, "show create materialized view r18.m2");
    assert!(
        shown[0].contains("CREATE REPLACEMENT MATERIALIZED VIEW materialize.r18.m2\n    FOR materialize.r18.m\n    IN CLUSTER"),
        "{shown:?}"
    );
    rows(
        &server,
        "alter materialized view r18.m apply replacement r18.m2",
    );
    assert_eq!(
        rows(&server, OBJECTS),
        [
            "t|table",
            "over|view",
            "over_i|index",
            "m|materialized-view"
        ]
    );
    assert_eq!(id("m"), new);
    assert_eq!(rows(&server, IDS), ["m|f", "m|t"]);
    let edges = rows(
        &server,
        "select o.name, d.referenced_object_id from mz_internal.mz_object_dependencies d \
         join mz_objects o on o.id = d.object_id where o.name in ('over', 'm') and d.referenced_object_id like 'u%' order by 1",
    );
    assert_eq!(edges, [format!("m|{}", id("t")), format!("over|{new}")]);
    assert_eq!(rows(&server, "select n from r18.over"), ["0"]);
    assert_eq!(
        rows(&server, "select * from mz_internal.mz_replacements"),
        Vec::<String>::new()
    );
    let error = refused(&server, "drop materialized view r18.m");
    assert!(
        error.message.contains("still depended upon by view"),
        "{error}"
    );
}
