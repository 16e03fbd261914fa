use super::*;
use proptest::prelude::*;

mod reading {
    use super::*;

    fn text(value: &Value) -> &str {
        match value {
            Value::Text(text) => text,
            other => panic!("not a text: {other}"),
        }
    }

    #[test]
    fn reads_what_python_writes() {
        let value = Reader::parse(
            r#" {"a": [1, -0.5, 1e2, NaN, -Infinity], "b": "x\ud83d\ude00\n\"", "a2": null} "#,
        );
        assert_eq!(
            value.unwrap().to_string(),
            r#"{"a":[1,-0.5,100.0,NaN,-Infinity],"a2":null,"b":"x😀\n\""}"#
        );
    }

    #[test]
    fn the_last_of_two_equal_keys_wins() {
        assert_eq!(
            Reader::parse(r#"{"a":1,"a":2}"#).unwrap().to_string(),
            r#"{"a":2}"#
        );
    }

    #[test]
    fn refuses_what_python_refuses() {
        for bad in [
            "",
            "{",
            "[1,]",
            "{\"a\" 1}",
            "{a:1}",
            "01",
            "1.",
            "+1",
            ".5",
            "nul",
            "'a'",
            "\"a",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\n\"",
            "[1] 2",
            "\u{feff}{}",
            "\"\\",
            "{\"a\":1,}",
        ] {
            assert!(Reader::parse(bad).is_err(), "{bad:?} was read");
            let mut reader = Reader::new(bad);
            let skipped = reader.skip().and_then(|_| reader.finish());
            // Skipping does not decode, so only a wrong escape may pass it.
            assert!(
                skipped.is_err() || bad.contains('\\'),
                "{bad:?} was skipped"
            );
        }
    }

    #[test]
    fn refuses_bottomless_nesting_without_overflowing_the_stack() {
        assert!(Reader::parse(&"[".repeat(100_000)).is_err());
        assert!(Reader::new(&"{\"a\":".repeat(100_000)).skip().is_err());
    }

    #[test]
    fn halves_of_surrogate_pairs_stay_different() {
        let one = Reader::parse(r#""\ud800""#).unwrap();
        let other = Reader::parse(r#""\ud801""#).unwrap();
        assert_ne!(one, other);
        assert!(text(&one).ends_with("d800"));
    }

    #[test]
    fn spans_hold_exactly_the_value() {
        let source = r#"{"a":  {"b": [1, "]"]} , "c":1}"#;
        let mut spans = Vec::new();
        Reader::new(source)
            .object(|reader, _| {
                spans.push(reader.skip()?);
                Ok::<_, Malformed>(())
            })
            .unwrap();
        assert_eq!(spans[0].of(source), Some(r#"{"b": [1, "]"]}"#));
        assert_eq!(spans[1].of(source), Some("1"));
        assert_eq!(Span::default().of(source), None);
    }

    proptest! {
        #[test]
        fn reads_any_string_that_serde_writes(original in ".*") {
            let written = serde_json::to_string(&original).unwrap();
            let read = Reader::parse(&written).unwrap();
                prop_assert_eq!(text(&read), original.as_str());
        }

        #[test]
        fn never_panics(garbage in "[\\[\\]{}:,\"\\\\u0-9a-fnNeE+. -]{0,40}") {
            let _ = Reader::parse(&garbage);
            let _ = Reader::new(&garbage).skip();
        }
    }
}

mod comparing {
    use super::*;

    fn value(text: &str) -> Value {
        Reader::parse(text).unwrap()
    }

    #[test]
    fn compares_as_python_does() {
        for (a, b) in [
            ("true", "1"),
            ("true", "1.0"),
            ("false", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1e2", "100"),
            ("9007199254740992", "9007199254740992.0"),
            ("1e22", "10000000000000000000000"),
            ("1e400", "Infinity"),
            (r#"{"a":1,"b":[true]}"#, r#"{"b":[1],"a":1.0}"#),
            (r#""é""#, r#""\u00e9""#),
        ] {
            assert_eq!(value(a), value(b), "{a} and {b}");
        }
        for (a, b) in [
            ("1", r#""1""#),
            ("null", "false"),
            ("null", r#""""#),
            ("[]", "{}"),
            ("[1,2]", "[2,1]"),
            ("NaN", "NaN"),
            ("[NaN]", "[NaN]"),
            ("9007199254740993", "9007199254740992"),
            ("9007199254740993", "9007199254740992.0"),
            ("18446744073709551617", "18446744073709551616"),
            (r#"{"a":null}"#, "{}"),
            ("Infinity", "-Infinity"),
            (r#""e\u0301""#, r#""\u00e9""#),
        ] {
            assert_ne!(value(a), value(b), "{a} and {b}");
        }
    }

    #[test]
    fn truth_is_pythons() {
        for truthy in [
            "true",
            "1",
            "0.5",
            r#""false""#,
            "[0]",
            r#"{"a":null}"#,
            "NaN",
        ] {
            assert!(value(truthy).is_truthy(), "{truthy}");
        }
        for falsy in ["false", "0", "0.0", "-0", r#""""#, "[]", "{}", "null"] {
            assert!(!value(falsy).is_truthy(), "{falsy}");
        }
    }

    #[test]
    fn serializes_what_json_can_carry() {
        let json = serde_json::to_string(&value("[1,1.5,NaN,18446744073709551617,{\"a\":null}]"));
        assert_eq!(
            json.unwrap(),
            r#"[1,1.5,"NaN","18446744073709551617",{"a":null}]"#
        );
    }

    proptest! {
        #[test]
        fn an_integer_equals_a_float_only_when_they_are_the_same_number(integer in any::<i64>()) {
            #[allow(clippy::cast_precision_loss)]
            let float = integer as f64;
            #[allow(clippy::cast_possible_truncation)]
            let same = float as i128 == i128::from(integer);
            prop_assert_eq!(value(&integer.to_string()) == value(&format!("{float:?}")), same);
        }

        #[test]
        fn display_reads_back(integer in any::<i128>(), float in any::<f64>(), text in ".*") {
            let list = Value::List(vec![
                Value::Number(Number::Integer(integer.to_string().into())),
                Value::Number(Number::Float(float)),
                Value::from(text.as_str()),
            ]);
            let read = value(&list.to_string());
            prop_assert_eq!(read == list, !float.is_nan());
        }
    }
}
