use super::*;
use proptest::prelude::*;

/// What names, comments and errors may hold at their worst.
const HOSTILE: &[&str] = &[
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "\u{9b}31m\u{9d}52;c;aGk=\u{9c}",
    "\u{202e}desrever\u{2066}\u{200f}\u{61c}",
    "a\r::error::b",
    "a\n::error file=x::b",
    "  ::stop-commands::t",
    "##[error]x",
    "a ##vso[task.setvariable variable=x]y",
    "##teamcity[message text='x']",
    "\nsection_start:1:a\r\u{1b}[0K",
    "a\u{2028}::warning::b",
    "x\u{85}##[group]y",
];

fn printed(words: &Words) -> String {
    words.lines().collect::<Vec<_>>().join("\n")
}

/// What a GitHub, Azure, TeamCity or GitLab runner looks for in a line.
fn has_command(line: &str) -> bool {
    line.trim_start().starts_with("::")
        || [
            "##[",
            "##vso[",
            "##teamcity[",
            "section_start:",
            "section_end:",
        ]
        .iter()
        .any(|command| line.contains(command))
}

fn is_tame(text: &str) -> bool {
    text.split('\n')
        .all(|line| !line.contains(is_obeyed) && !has_command(line))
}

#[test]
fn words_and_data_obey_nobody() {
    for hostile in HOSTILE {
        for before in ["", "The name ", "x\n"] {
            let words = Words::new(before).and(hostile).and(hostile);
            assert!(
                is_tame(&printed(&words)),
                "{hostile:?}: {}",
                printed(&words)
            );
        }
        assert!(is_tame(&without_commands(&visible(hostile))), "{hostile:?}");
    }
}

#[test]
fn no_text_passes_for_a_line_of_ours() {
    let words = Words::new("The name x\r\nPromoted.\nDone.");
    assert_eq!(printed(&words), "The name x\n  Promoted.\n  Done.");
    assert_eq!(printed(&Words::new("::notice::x")), "\\u{3a}:notice::x");
    assert_eq!(printed(&Words::new("a::b ## [c]")), "a::b ## [c]");
}

#[test]
fn colours_are_only_ours() {
    let words = Words::new("1/2 \u{1b}[5mname ").and_painted("bu\u{1b}[0milt", "32");
    assert_eq!(
        printed(&words),
        "1/2 \\u{1b}[5mname \u{1b}[32mbu\\u{1b}[0milt\u{1b}[0m"
    );
}

#[test]
fn json_reads_back_as_the_same_value_and_obeys_nobody() {
    for hostile in HOSTILE {
        let value = serde_json::json!({ "name": hostile, *hostile: [hostile] });
        for text in [
            serde_json::to_string(&value).unwrap(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let plain = plain_json(&text);
            assert!(is_tame(&plain), "{hostile:?}: {plain}");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&plain).unwrap(),
                value
            );
        }
    }
}

/// What psql sees outside of quoted names: nothing there may end a statement, begin a command or open another quotation.
#[track_caller]
fn assert_inert_to_psql(json: &str) {
    let pieces: Vec<&str> = json.split('"').collect();
    assert!(pieces.len() % 2 == 1, "a name is left open: {json}");
    for (at, piece) in pieces.iter().enumerate() {
        if at % 2 == 0 {
            let harmless = |c: char| c.is_ascii_alphanumeric() || "{}[],:.-+ \n".contains(c);
            assert!(piece.chars().all(harmless), "{piece:?} in {json}");
        }
    }
}

#[test]
fn json_is_nothing_that_psql_would_run() {
    for hostile in HOSTILE.iter().chain(&[
        "x\"; DROP SCHEMA s; --",
        "x\"\t`touch trace`",
        "\\\"\\\\\"\r\\! x",
        "\"\"",
        "\\",
    ]) {
        let value = serde_json::json!({ "name": hostile, *hostile: [hostile, 1.5e-7, null, true] });
        for text in [
            serde_json::to_string(&value).unwrap(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let plain = plain_json(&text);
            assert_inert_to_psql(&plain);
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&plain).unwrap(),
                value
            );
        }
    }
}

#[test]
fn sql_that_would_be_obeyed_is_no_script() {
    let script = |text: &str| [format!("ALTER SCHEMA \"d\".\"{text}\" SWAP WITH \"x\";")];
    assert!(is_harmless(&script("Straße\tß")));
    assert!(is_harmless(&[
        "CREATE VIEW v AS (\nSELECT '1'::text,\n  a ## b\n);".to_owned()
    ]));
    for hostile in HOSTILE {
        assert!(
            !is_harmless(&script(&format!("x\n{hostile}"))),
            "{hostile:?}"
        );
    }
}

proptest! {
    #[test]
    fn whatever_is_said_is_tame(texts in prop::collection::vec(r#"[a-z:#\[\]\r\n "\\;\x1b\x9b\u{202e}]{0,12}|##vso\[|section_start:|::"#, 1..6)) {
        let words = texts.iter().fold(Words::default(), |words, text| words.and(text));
        prop_assert!(is_tame(&printed(&words)), "{:?}", printed(&words));
        let json = serde_json::to_string(&texts).unwrap();
        prop_assert!(is_tame(&plain_json(&json)));
        assert_inert_to_psql(&plain_json(&json));
        prop_assert_eq!(serde_json::from_str::<Vec<String>>(&plain_json(&json)).unwrap(), texts);
    }
}
