//! Sources.

use super::*;

const HOUSE: &str = "create source house in cluster quickstart from load generator auction (tick interval '1s', as of 1) for all tables";

const SOURCES: &str = "select s.name, s.type, c.name from mz_sources s left join mz_clusters c on c.id = s.cluster_id \
                       where s.id like 'u%'";

#[test]
fn all_tables_of_a_source_are_sources_of_their_own() {
    let server = server();
    rows(&server, HOUSE);
    assert_eq!(
        rows(&server, SOURCES),
        [
            "accounts|subsource|quickstart",
            "auctions|subsource|quickstart",
            "bids|subsource|quickstart",
            "house_progress|progress|-",
            "house|load-generator|quickstart",
            "organizations|subsource|quickstart",
            "users|subsource|quickstart",
        ]
    );
    assert_eq!(rows(&server, "show columns from bids").len(), 5);
    assert_eq!(
        rows(&server, "select * from bids"),
        Vec::<String>::new(),
        "readable"
    );
    let shown = rows(&server, "show create source house").remove(0);
    assert!(
        shown.contains("FOR ALL TABLES\nEXPOSE PROGRESS AS materialize.public.house_progress"),
        "{shown}"
    );
    let shown = rows(&server, "show create source bids").remove(0);
    assert!(
        shown.contains("CREATE SUBSOURCE materialize.public.bids")
            && shown.contains("OF SOURCE materialize.public.house")
            && shown.contains("WITH (EXTERNAL REFERENCE = mz_load_generators.auction.bids)"),
        "{shown}"
    );
}

#[test]
fn a_progress_gets_the_name_that_it_is_given_and_no_table_that_is_taken_is_made() {
    let server = server();
    rows(&server, &format!("{HOUSE} expose progress as how_far"));
    assert!(rows(&server, SOURCES).contains(&"how_far|progress|-".to_owned()));
    let again = refused(&server, &HOUSE.replace("house", "other"));
    assert_eq!(again.message, "catalog item 'bids' already exists");
    rows(&server, "create schema beside");
    rows(&server, &HOUSE.replace("house", "beside.house"));
    assert_eq!(
        rows(&server, "select * from beside.house_progress").len(),
        0
    );
}

#[test]
fn a_source_goes_with_its_tables_unless_something_reads_them() {
    let server = server();
    rows(&server, HOUSE);
    rows(&server, "create view board as select id from bids");
    let kept = refused(&server, "drop source house");
    assert!(
        kept.message
            .contains("still depended upon by view \"board\""),
        "{}",
        kept.message
    );
    refused(&server, "drop source house_progress");
    rows(&server, "drop view board");
    rows(&server, "drop source house");
    assert_eq!(rows(&server, SOURCES), Vec::<String>::new());
    rows(&server, HOUSE);
    rows(&server, "create view board as select id from bids");
    rows(&server, "drop source house cascade");
    assert_eq!(rows(&server, SOURCES), Vec::<String>::new());
}

#[test]
fn tables_of_a_source_have_its_status_and_move_on_with_it() {
    let server = server();
    rows(&server, HOUSE);
    rows(
        &server,
        "create materialized view best as select max(amount) from bids",
    );
    server.clock().advance(Duration::from_secs(60));
    server.pump();
    let statuses =
        "select name, type, status from mz_internal.mz_source_statuses where id like 'u%'";
    let statuses = rows(&server, statuses);
    assert!(
        statuses.contains(&"bids|subsource|running".to_owned()),
        "{statuses:?}"
    );
    let frontiers = "select count(distinct f.write_frontier) from mz_internal.mz_frontiers f \
                     join mz_objects o on o.id = f.object_id where o.name in ('house', 'bids', 'best')";
    assert_eq!(rows(&server, frontiers), ["1"]);
    let hydrated = "select h.hydrated from mz_internal.mz_hydration_statuses h \
                    join mz_objects o on o.id = h.object_id where o.name = 'best'";
    assert_eq!(rows(&server, hydrated), ["t"]);
}

/// Public documents: the newer form is off by default, and then the older one is the only one.
#[test]
fn tables_from_a_source_need_a_setting_that_is_off_by_default() {
    let server = server();
    let without = "create source house from load generator auction";
    let error = refused(&server, without);
    assert_eq!(
        (error.code, error.message.as_str()),
        (
            "XX000",
            "multi-output sources require a FOR ALL TABLES statement"
        )
    );
    rows(&server, HOUSE);
    let table = "create table bids_too from source house (reference bids)";
    let error = refused(&server, table);
    assert!(
        error.message.ends_with("is not available"),
        "{}",
        error.message
    );
    run(
        &server,
        "mz_system",
        "alter system set enable_create_table_from_source = true",
    )
    .unwrap();
    rows(&server, table);
    rows(&server, "create schema beside");
    rows(
        &server,
        "create source beside.house from load generator auction",
    );
}

/// By the public documents.
#[test]
fn a_topic_has_the_columns_of_its_format() {
    let server = server();
    rows(
        &server,
        "create connection kafka to kafka (broker 'localhost:9092', security protocol plaintext) with (validate = false)",
    );
    let source = |name: &str, rest: &str| {
        format!(
            "create source {name} in cluster quickstart from kafka connection kafka (topic 'x') {rest}"
        )
    };
    let columns = |name: &str| {
        let sql = format!(
            "select c.name, c.type, c.nullable from mz_columns c join mz_sources s on s.id = c.id where s.name = '{name}' order by c.position"
        );
        rows(&server, &sql)
    };
    for (name, format, expected) in [
        ("raw", "format bytes", vec!["data|bytea|f"]),
        (
            "documents",
            "format json envelope none",
            vec!["data|jsonb|f"],
        ),
        ("words", "format text", vec!["text|text|f"]),
        (
            "lines",
            "format csv with 2 columns",
            vec!["column1|text|f", "column2|text|f"],
        ),
    ] {
        rows(&server, &source(name, format));
        assert_eq!(columns(name), expected, "{format}");
    }
    for unknown in [
        "format avro using confluent schema registry connection csr",
        "format csv with header (a, b)",
        "format json envelope upsert",
    ] {
        assert_eq!(
            refused(&server, &source("other", unknown)).code,
            "0A000",
            "{unknown}"
        );
    }
    assert_eq!(
        refused(&server, &source("other", "")).message,
        "Source format must be specified"
    );
}
