//! The parser against recordings, and against names and values that try to get out of their quotes.

use super::*;
use flate2::read::GzDecoder;
use proptest::prelude::*;
use std::io::Read;

fn parsed(list: &str) -> ClusterOptions {
    let name = Identifier::new("c").unwrap();
    ClusterOptions::parse(&format!("CREATE CLUSTER \"c\" {list}"), &name).unwrap()
}

/// Every name and text that a recording's SHOW CREATE CLUSTER answered.
fn shown(compressed: &[u8]) -> Vec<(String, String)> {
    let mut text = String::new();
    GzDecoder::new(compressed)
        .read_to_string(&mut text)
        .unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines
        .filter(|line| {
            line["sql"]
                .as_str()
                .is_some_and(|sql| sql.starts_with("show create cluster"))
        })
        .map(|line| {
            let cell = |at: usize| line["rows"][0][at].as_str().unwrap().to_owned();
            (cell(0), cell(1))
        })
        .collect()
}

#[test]
fn what_servers_showed_comes_back_but_for_what_only_the_system_may_set() {
    let recordings: [&[u8]; 5] = [
        include_bytes!("../../../tests/data/materialize/12-clone-read-subscribe.jsonl.gz"),
        include_bytes!(
            "../../../tests/data/materialize/v26.24/18-options-replacement-types.jsonl.gz"
        ),
        include_bytes!("../../../tests/data/materialize/v26.39/17-product-sql.jsonl.gz"),
        include_bytes!(
            "../../../tests/data/materialize/v26.39/18-options-replacement-types.jsonl.gz"
        ),
        include_bytes!("../../../tests/data/materialize/v26.39/20-clusters.jsonl.gz"),
    ];
    let all: Vec<_> = recordings.into_iter().flat_map(shown).collect();
    assert!(all.len() >= 9, "{} texts", all.len());
    let mut with_class = 0;
    for (name, text) in all {
        let options =
            ClusterOptions::parse(&text, &Identifier::new(name.clone()).unwrap()).unwrap();
        assert_eq!(options.unknown(), Vec::<String>::new(), "{text}");
        let twin = options.twin(None, None);
        let class = ", WORKLOAD CLASS = 'heavy'";
        with_class += usize::from(text.contains(class));
        assert_eq!(
            format!("CREATE CLUSTER \"{name}\" {}", twin.sql),
            text.replace(class, "")
        );
        assert_eq!(!twin.of_the_system.is_empty(), text.contains(class));
    }
    assert_eq!(with_class, 3);
}

#[test]
fn a_name_that_looks_like_options_sets_none() {
    let name = Identifier::new("c\" (SIZE = '25cc', REPLICATION FACTOR = 0) --").unwrap();
    let text = format!(
        "CREATE CLUSTER {} (SIZE = '100cc', REPLICATION FACTOR = 2)",
        name.quoted()
    );
    let options = ClusterOptions::parse(&text, &name).unwrap();
    assert_eq!(
        options.twin(None, None).sql,
        "(SIZE = '100cc', REPLICATION FACTOR = 2)"
    );
    let other = Identifier::new("c").unwrap();
    assert_eq!(
        ClusterOptions::parse(&text, &other),
        Err(UnreadableOptions::OtherCluster(name.to_string()))
    );
}

#[test]
fn a_size_replaces_only_the_size() {
    let strategy = "AUTO SCALING STRATEGY = (ON HYDRATION (HYDRATION SIZE = '100cc', LINGER DURATION = INTERVAL '00:00:10'))";
    let options = parsed(&format!(
        "({strategy}, REPLICATION FACTOR = 1, SIZE = '25cc')"
    ));
    assert_eq!(
        options.twin(Some("5'0"), None).sql,
        format!("({strategy}, REPLICATION FACTOR = 1, SIZE = '5''0')")
    );
    // Recorded, v26.39/20: "HYDRATION SIZE must differ from the cluster SIZE".
    let twin = options.twin(Some("100cc"), None);
    assert_eq!(twin.sql, "(REPLICATION FACTOR = 1, SIZE = '100cc')");
    assert_eq!(twin.strategy.as_deref(), Some(strategy));
}

#[test]
fn a_burst_stands_in_place_of_productions_strategy() {
    let strategy = "AUTO SCALING STRATEGY = (ON HYDRATION (HYDRATION SIZE = '100cc', LINGER DURATION = INTERVAL '00:00:10'))";
    let options = parsed(&format!("({strategy}, SIZE = '25cc')"));
    assert_eq!(
        options.twin(None, Some(("16'00cc", Some("5m")))).sql,
        "(AUTO SCALING STRATEGY = (ON HYDRATION (HYDRATION SIZE = '16''00cc', LINGER DURATION = '5m')), SIZE = '25cc')"
    );
    assert_eq!(
        parsed("(SIZE = '25cc')")
            .twin(None, Some(("50cc", None)))
            .sql,
        "(AUTO SCALING STRATEGY = (ON HYDRATION (HYDRATION SIZE = '50cc')), SIZE = '25cc')"
    );
    let refused = parsed("(SIZE = '25cc')").twin(None, Some(("25cc", None)));
    assert_eq!(refused.sql, "(SIZE = '25cc')");
    assert!(refused.strategy.is_some());
}

/// That a server shows a factor beside a schedule is a belief; it takes none in CREATE (recorded: 09).
#[test]
fn a_scheduled_twin_is_created_without_a_factor() {
    let options = parsed("(REPLICATION FACTOR = 0, SIZE = '25cc', SCHEDULE = ON REFRESH)");
    assert_eq!(
        options.twin(None, None).sql,
        "(SIZE = '25cc', SCHEDULE = ON REFRESH)"
    );
}

#[test]
fn what_only_the_system_may_set_is_left_out_and_named() {
    let twin = parsed(
        "(SIZE = '25cc', WORKLOAD CLASS = 'he''avy') FEATURES (ENABLE EAGER DELTA JOINS = true);",
    )
    .twin(None, None);
    assert_eq!(twin.sql, "(SIZE = '25cc')");
    assert_eq!(
        twin.of_the_system,
        [
            "WORKLOAD CLASS = 'he''avy'",
            "FEATURES (ENABLE EAGER DELTA JOINS = true)"
        ]
    );
    let without = parsed("(SIZE = '25cc', WORKLOAD CLASS = NULL)").twin(None, None);
    assert_eq!(without.of_the_system, Vec::<String>::new());
}

#[test]
fn unknown_options_and_unknown_values_are_named() {
    let options = parsed(
        "(SIZE = '25cc', TURBO = (ON 'x'), SCHEDULE = ON MONDAYS, DISK, MANAGED = maybe, AUTO SCALING STRATEGY = (ON LOAD (SIZE = '1')))",
    );
    assert_eq!(
        options.unknown(),
        [
            "TURBO = (ON = 'x')",
            "SCHEDULE = ON MONDAYS",
            "MANAGED = maybe",
            "AUTO SCALING STRATEGY = (ON LOAD (SIZE = '1'))"
        ]
    );
    assert_eq!(options.twin(None, None).sql, "(SIZE = '25cc', DISK)");
}

#[test]
fn another_form_is_an_error_that_shows_where() {
    let name = Identifier::new("c").unwrap();
    for (text, near) in [
        ("", "its end"),
        ("CREATE CLUSTER \"c\"", "its end"),
        ("CREATE CLUSTER \"c\" (SIZE = '25cc'", "its end"),
        ("CREATE CLUSTER \"c\" (SIZE = '25cc') DROP", "\"DROP\""),
        (
            "CREATE CLUSTER \"c\" (SIZE = '25cc'); DROP CLUSTER x",
            "\"DROP\"",
        ),
        ("CREATE CLUSTER \"c\" (SIZE = --)", "\"--)\""),
        ("CREATE CLUSTER \"c\" (SIZE = 'x", "\"'x\""),
        ("CREATE CLUSTER \"c\" (,)", "`,`"),
        ("DROP CLUSTER c", "\"DROP\""),
    ] {
        let error = ClusterOptions::parse(text, &name).unwrap_err();
        assert_eq!(error, UnreadableOptions::Form(near.to_owned()), "{text}");
    }
    let deep = format!("CREATE CLUSTER c {}", "(A = ".repeat(100_000));
    assert!(ClusterOptions::parse(&deep, &name).is_err());
}

#[test]
fn differences_name_the_option_and_both_values() {
    let one =
        parsed("(MANAGED = true, SIZE = '25cc', WORKLOAD CLASS = 'heavy') FEATURES (A = true)");
    let other =
        parsed("(MANAGED = true, REPLICATION FACTOR = 2, SIZE = '50cc', WORKLOAD CLASS = NULL)");
    assert_eq!(
        one.differences(&other),
        [
            "FEATURES (A = true) -> none",
            "REPLICATION FACTOR none -> 2",
            "SIZE '25cc' -> '50cc'",
            "WORKLOAD CLASS 'heavy' -> none"
        ]
    );
    assert_eq!(one.differences(&one.clone()), Vec::<String>::new());
}

/// Texts that try to end their quotes.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[^\\x00]{1,20}",
        "['\"(),=; a\\\\-]{1,20}",
        Just("x') WORKLOAD CLASS = ('".to_owned()),
        Just("\" (SIZE = '25cc') --".to_owned()),
    ]
}

fn text() -> impl Strategy<Value = OptionValue> {
    hostile().prop_map(OptionValue::Text)
}

fn entry(
    name: &'static str,
    value: impl Strategy<Value = OptionValue>,
) -> impl Strategy<Value = ClusterOption> {
    value.prop_map(move |value| ClusterOption {
        name: name.to_owned(),
        value,
    })
}

fn interval() -> impl Strategy<Value = OptionValue> {
    hostile().prop_map(OptionValue::Interval)
}

fn truth() -> impl Strategy<Value = OptionValue> {
    prop_oneof![Just("true"), Just("false")].prop_map(|word| OptionValue::Words(word.to_owned()))
}

/// Options that a server may show: known, of the system, and such as no version knows yet.
fn option() -> impl Strategy<Value = ClusterOption> {
    let zones = prop::collection::vec(entry("", text()), 1..4).prop_map(OptionValue::List);
    let hydration = (
        entry("HYDRATION SIZE", text()),
        entry("LINGER DURATION", interval()),
    )
        .prop_map(|(size, linger)| OptionValue::List(vec![size, linger]));
    let strategy = entry("ON HYDRATION", hydration).prop_map(|on| OptionValue::List(vec![on]));
    let schedule = prop::collection::vec(entry("HYDRATION TIME ESTIMATE", text()), 1..2)
        .prop_map(|entries| OptionValue::Clause("ON REFRESH".to_owned(), entries));
    let number = (0u32..99).prop_map(|number| OptionValue::Number(number.to_string()));
    let newer = prop_oneof![text(), interval(), truth(), number.clone()];
    prop_oneof![
        entry("SIZE", text()),
        entry("REPLICATION FACTOR", number),
        entry("MANAGED", truth()),
        entry("INTROSPECTION INTERVAL", interval()),
        entry("AVAILABILITY ZONES", zones),
        entry("SCHEDULE", schedule),
        entry("AUTO SCALING STRATEGY", strategy),
        entry("WORKLOAD CLASS", text()),
        entry("SOMETHING NEW", newer),
    ]
}

/// As the server writes it: constants in single quotes, nothing escaped but the quote.
fn written(value: &OptionValue) -> String {
    let constant = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match value {
        OptionValue::Absent => String::new(),
        OptionValue::Text(text) => constant(text),
        OptionValue::Number(number) => number.clone(),
        OptionValue::Interval(text) => format!("INTERVAL {}", constant(text)),
        OptionValue::Words(words) => words.clone(),
        OptionValue::List(entries) => written_list(entries),
        OptionValue::Clause(words, entries) => format!("{words} {}", written_list(entries)),
    }
}

fn written_list(entries: &[ClusterOption]) -> String {
    let entries: Vec<_> = entries
        .iter()
        .map(|entry| match (entry.name.as_str(), &entry.value) {
            ("", value) => written(value),
            ("ON HYDRATION", value) => format!("ON HYDRATION {}", written(value)),
            (name, value) => format!("{name} = {}", written(value)),
        })
        .collect();
    format!("({})", entries.join(", "))
}

proptest! {
    #[test]
    fn every_option_is_read_as_it_is_and_goes_somewhere(
        name in hostile(),
        options in prop::collection::vec(option(), 0..6),
        features in prop::collection::vec(entry("ENABLE EAGER DELTA JOINS", truth()), 0..2),
    ) {
        let cluster = Identifier::new(name).unwrap();
        let mut sql = format!("CREATE CLUSTER {} {}", cluster.quoted(), written_list(&options));
        if !features.is_empty() {
            sql.push_str(&format!(" FEATURES {}", written_list(&features)));
        }
        let parsed = ClusterOptions::parse(&sql, &cluster).unwrap();
        prop_assert_eq!(&parsed.options, &options);
        prop_assert_eq!(&parsed.features, &features);
        let (unknown, twin) = (parsed.unknown(), parsed.twin(None, None));
        for option in &options {
            let shown = option.to_string();
            let kept = twin.sql.contains(&shown);
            let told = unknown.contains(&shown)
                || twin.of_the_system.contains(&shown)
                || twin.strategy.as_ref().is_some_and(|_| option.name == STRATEGY);
            let is_schedules = option.name == FACTOR && parsed.is_scheduled();
            prop_assert!(kept || told || is_schedules, "{} went nowhere", shown);
            let may_not = ["WORKLOAD CLASS", "SOMETHING NEW"].contains(&option.name.as_str());
            prop_assert!(!may_not || told, "{} is carried along", shown);
        }
        prop_assert_eq!(twin.of_the_system.iter().filter(|one| one.starts_with(FEATURES)).count(), features.len().min(1));
    }

    #[test]
    fn no_text_breaks_the_parser(text in "[^\\x00]{0,80}", rest in "['\"(),=; A-Za-z0-9]{0,80}") {
        let name = Identifier::new("c").unwrap();
        let _ = ClusterOptions::parse(&text, &name);
        let _ = ClusterOptions::parse(&format!("CREATE CLUSTER \"c\" ({rest}"), &name);
    }
}
