//! What roles own, all at once.

use super::*;

fn with_roles() -> Shared {
    let server = server();
    for sql in [
        "create role ann",
        "create role bob",
        "grant ann, bob to materialize",
        "create schema hers",
        "create table hers.t (a int)",
        "create view v as select a from hers.t",
        "alter table hers.t owner to ann",
        "alter schema hers owner to ann",
        "grant select on v to ann",
    ] {
        rows(&server, sql);
    }
    server
}

fn owners(server: &Shared) -> Vec<String> {
    rows(
        server,
        "select o.name, r.name from mz_objects o join mz_roles r on r.id = o.owner_id where o.name in ('t', 'v')",
    )
}

#[test]
fn what_a_role_owns_is_given_to_another() {
    let server = with_roles();
    rows(&server, "reassign owned by ann to bob");
    assert_eq!(owners(&server), ["t|bob", "v|materialize"]);
    let left = "select count(*) from mz_schemas s join mz_roles r on r.id = s.owner_id where r.name = 'ann'";
    assert_eq!(rows(&server, left), ["0"]);
}

#[test]
fn what_a_role_owns_is_dropped_with_what_it_was_granted() {
    let server = with_roles();
    let error = refused(&server, "drop owned by ann");
    assert!(
        error.message.contains("VIEW \"materialize.public.v\""),
        "{error:?}"
    );
    assert_eq!(
        owners(&server),
        ["t|ann", "v|materialize"],
        "nothing is half done"
    );
    rows(&server, "drop owned by bob");
    rows(&server, "drop owned by ann cascade");
    assert!(owners(&server).is_empty());
    rows(&server, "drop role ann");
}

#[test]
fn what_is_no_statement_is_a_mistake_of_spelling() {
    let server = server();
    for sql in [
        "create bla",
        "drop bla",
        "alter bla",
        "reassign all",
        "select select from",
    ] {
        assert_eq!(refused(&server, sql).code, "42601", "{sql}");
    }
}
