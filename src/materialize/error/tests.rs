use super::*;
use crate::materialize::waiting::Waited;
use std::time::Duration;

fn answer(sqlstate: &str, message: &str) -> Box<ServerError> {
    Box::new(ServerError {
        sqlstate: sqlstate.to_owned(),
        message: message.to_owned(),
        detail: None,
        hint: None,
    })
}

#[test]
fn classes_follow_the_recorded_codes() {
    assert!(matches!(
        answer("40001", "x").classify(),
        Class::Serialization(_)
    ));
    // That 55006 is answered while a cluster changes its shape was read in the source of 26.39, not seen.
    let busy = Error::new(answer("55006", "cluster is being reconfigured").classify());
    assert!(busy.is_retried() && busy.is_refusal());
    assert!(busy.to_string().starts_with("busy on the server"), "{busy}");
    assert!(busy.remedy().unwrap().contains("SHOW CLUSTERS"));
    assert!(matches!(
        answer("42501", "must be owner of SCHEMA a").classify(),
        Class::Permission(_)
    ));
    assert!(matches!(
        answer("XX000", "`WITHIN TIMESTAMP ORDER BY ..` is not available").classify(),
        Class::Unsupported(_)
    ));
    assert!(matches!(
        answer("XX000", "unknown schema 'a'").classify(),
        Class::Server(_)
    ));
}

#[test]
fn only_a_sent_statement_leaves_the_outcome_open() {
    let lost = |statement_sent| {
        Error::new(Class::LinkLost { statement_sent }).because(Cause::new("closed"))
    };
    assert!(lost(true).is_outcome_unknown());
    assert!(!lost(false).is_outcome_unknown());
    assert!(lost(true).is_transient());
    let answered = |sqlstate: &str| Error::new(answer(sqlstate, "x").classify());
    for interrupted in ["57P01", "58000", "08006"] {
        let error = answered(interrupted);
        assert!(
            error.is_outcome_unknown(),
            "a server that {interrupted} ends"
        );
    }
    for refused in ["42501", "40001", "XX000"] {
        let error = answered(refused);
        assert!(
            error.is_refusal() && !error.is_outcome_unknown(),
            "{refused}"
        );
    }
}

#[test]
fn a_message_is_one_line_and_keeps_the_detail() {
    let mut server = answer("42501", "permission denied for SYSTEM");
    server.detail = Some("needs CREATECLUSTER".to_owned());
    let error = Error::new(server.classify()).of_statement("CREATE\n  CLUSTER c");
    let shown = error.to_string();
    assert!(shown.contains("needs CREATECLUSTER"));
    assert!(shown.ends_with("[CREATE CLUSTER c]"));
    assert!(!shown.contains('\n'));
}

#[test]
fn long_statements_are_cut_between_characters() {
    let error = Error::decode("a row", "it is short").of_statement(&"ä".repeat(500));
    assert!(error.to_string().ends_with("ä...]"));
}

#[test]
fn what_to_do_is_no_part_of_the_message() {
    let mut server = answer("42501", "permission denied");
    server.hint = Some("ask for CREATECLUSTER".to_owned());
    let error = Error::new(server.classify());
    assert_eq!(
        error.to_string(),
        "not permitted: permission denied (42501)"
    );
    let remedy = error.remedy().unwrap();
    assert!(
        remedy.starts_with("ask for CREATECLUSTER; ask the owner"),
        "{remedy}"
    );
}

#[test]
fn what_lies_behind_it_is_told_after_the_message() {
    let error = Error::new(Class::Unreachable {
        address: "h:1".to_owned(),
    })
    .because(Cause::of(&std::io::Error::other("refused")));
    assert_eq!(error.to_string(), "no server answers at h:1");
    assert_eq!(told(&error), "no server answers at h:1: refused");
}

/// Nobody was seen to be refused so: the words of the server may be others.
#[test]
fn a_hidden_catalog_names_the_setting_that_hides_it() {
    let refused = |statement: &str| {
        let server = answer("42501", "permission denied for SOURCE");
        Error::new(server.classify()).of_statement(statement)
    };
    let of_catalog = refused("SELECT id FROM mz_catalog.mz_databases");
    assert!(
        of_catalog
            .remedy()
            .unwrap()
            .contains("restrict_to_user_objects")
    );
    let of_users = refused("ALTER SCHEMA a SWAP WITH b");
    assert!(
        !of_users
            .remedy()
            .unwrap()
            .contains("restrict_to_user_objects")
    );
}

#[test]
fn a_late_reading_names_the_cluster_that_answers_it() {
    let late = |ask| {
        let waited = Waited {
            ask,
            after: Duration::from_secs(30),
        };
        let server = answer("57014", "canceling statement");
        [
            Error::new(Class::Timeout { waited }),
            Error::new(Class::Overdue { waited, server }),
        ]
        .map(|error| error.remedy().unwrap())
    };
    assert!(
        late(Ask::Reading)
            .iter()
            .all(|it| it.contains("`mz_catalog_server`"))
    );
    assert!(
        !late(Ask::Commit)
            .iter()
            .any(|it| it.contains("mz_catalog_server"))
    );
}
