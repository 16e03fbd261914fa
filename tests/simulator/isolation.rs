//! What a session's isolation decides: whether it reads the past, and whether it waits (recorded: v26.39/22).

use super::compare::differences;
use super::recording::steps;
use super::server::{Simulator, rows};
use super::wire::Session;
use std::time::Duration;

/// What the recorded statements take for granted.
const PREPARED: &str = "create schema serving_dbt_deploy";

/// From here on the recording makes a comment and looks for it at once, under one level and then under the other.
const COMMENTS: usize = 18;

/// Right after DDL `strict serializable` shows it, and `serializable` what was before; each at the pace of the recording.
#[test]
fn looks_right_after_ddl_see_what_recorded_ones_saw() {
    let simulator = Simulator::start("");
    let mut operator = Session::login(simulator.address(), "materialize");
    rows(&mut operator, PREPARED);
    let mut compared = 0;
    for step in steps("v26.39/22-look").into_iter().skip(COMMENTS) {
        let answer = operator.ask(&step.sql);
        simulator.pass(Duration::from_millis(step.ms.unwrap_or_default()));
        // What twelve relations hold is another server's; whether they are of the past is asked below.
        if step.sql.contains("'object' as r") {
            continue;
        }
        let found = differences(&step.sql, &step.answer.answer(), &answer);
        assert!(found.is_empty(), "{}: {found:?}", step.sql);
        compared += usize::from(step.sql.contains("mz_comments"));
    }
    assert_eq!(compared, 6);
}

/// A look at many relations is of before for longer than one at a single one.
#[test]
fn the_catalog_at_hand_catches_up_and_one_relation_does_first() {
    let simulator = Simulator::start("");
    let mut session = Session::login(simulator.address(), "materialize");
    rows(&mut session, "set transaction_isolation = 'serializable'");
    simulator.pass(Duration::from_secs(1));
    let one = "select name from mz_schemas where name = 'late'";
    let six = "select s.name from mz_schemas s left join mz_databases d on d.id = s.database_id left join mz_roles r on r.id = s.owner_id \
               left join mz_clusters c on c.name = s.name left join mz_sinks k on k.name = s.name \
               left join mz_indexes i on i.name = s.name where s.name = 'late'";
    rows(&mut session, "create schema late");
    for (pass, of_one, of_six) in [(0, 0, 0), (70, 1, 0), (100, 1, 1)] {
        simulator.pass(Duration::from_millis(pass));
        let found = |session: &mut Session, sql| rows(session, sql).len();
        assert_eq!(found(&mut session, one), of_one, "{pass}");
        assert_eq!(found(&mut session, six), of_six, "{pass}");
    }
}

/// A belief: what an older server shows right after DDL is not recorded. Its comments and objects are tables, which show what is committed.
#[test]
fn older_servers_have_no_past_at_hand() {
    let simulator = Simulator::start("[server]\nversion = \"v26.9.0\"");
    let mut session = Session::login(simulator.address(), "materialize");
    rows(&mut session, "set transaction_isolation = 'serializable'");
    rows(&mut session, "create schema late");
    let sql = "select name from mz_schemas where name = 'late'";
    assert_eq!(rows(&mut session, sql), ["late"]);
}

/// Where statements take their real time, `strict serializable` waits for the tick after the question, and `serializable` answers as of the
/// tick before it.
#[test]
fn what_is_told_once_a_second_is_waited_for_or_is_of_before() {
    let simulator = Simulator::running("[server]\nlatency = \"real\"", 10.0);
    let mut session = Session::login(simulator.address(), "materialize");
    rows(&mut session, "create table t (a int)");
    rows(&mut session, "create default index on t");
    let sql = "select mz_now()::text from mz_internal.mz_frontiers limit 1";
    for (level, waits) in [("strict serializable", true), ("serializable", false)] {
        rows(
            &mut session,
            &format!("set transaction_isolation = '{level}'"),
        );
        let asked = simulator.now().as_millis();
        let read: u128 = rows(&mut session, sql)[0].parse().unwrap();
        // Ten times as fast as here, so the answer itself takes a tenth of a world second.
        assert_eq!(read > asked, waits, "{level}: asked {asked}, read {read}");
    }
}
