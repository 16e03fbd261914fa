//! Types of users, and what a swap leaves of their names.

use super::*;

#[test]
fn a_type_follows_its_schema() {
    let server = server();
    // Recorded: v26.39/18.
    let told = rows(
        &server,
        "create schema r18; create schema r18_dbt_deploy; create type r18.strs as list (element type = text); \
         alter schema r18 swap with r18_dbt_deploy; select create_sql from mz_types where name = 'strs'",
    );
    assert_eq!(
        told,
        [
            "CREATE TYPE \"materialize\".\"r18_dbt_deploy\".\"strs\" AS LIST (ELEMENT TYPE = [s46 AS \"pg_catalog\".\"text\"])"
        ]
    );
    assert_eq!(
        rows(&server, "show create type r18_dbt_deploy.strs"),
        [
            "materialize.r18_dbt_deploy.strs|CREATE TYPE materialize.r18_dbt_deploy.strs AS LIST (ELEMENT TYPE = pg_catalog.text);"
        ]
    );
    let kinds = "select name, type from mz_objects where name = 'strs'";
    assert_eq!(rows(&server, kinds), ["strs|type"]);
}

#[test]
fn a_map_names_its_parts() {
    let server = server();
    let told = rows(
        &server,
        "create type m as map (key type = text, value type = int); select t.category, t.create_sql from mz_types t where t.name = 'm'",
    );
    assert_eq!(
        told,
        [
            "map|CREATE TYPE \"materialize\".\"public\".\"m\" AS MAP (KEY TYPE = [s46 AS \"pg_catalog\".\"text\"], VALUE TYPE = [s20 AS \"pg_catalog\".\"int4\"])"
        ]
    );
}
