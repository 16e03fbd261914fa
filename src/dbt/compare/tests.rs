use super::*;
use crate::dbt::manifest::sample;
use serde_json::{Value, json};

fn options() -> CompareOptions {
    CompareOptions {
        compare_unrendered: None,
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
    }
}

fn compare(before: &Value, after: &Value) -> Comparison {
    let (before, after) = (sample::nodes(before), sample::nodes(after));
    Comparison::new(Some(before), after, options())
}

/// The sentences about the only node of the project, which the state has as `before`.
fn reasons(id: &str, before: &Value, after: &Value) -> Vec<String> {
    let comparison = compare(&json!({ id: before }), &json!({ id: after }));
    let node = comparison.node(0).unwrap();
    assert_eq!(
        node.is_modified(),
        !comparison.modified().unwrap().is_empty()
    );
    node.reasons().iter().map(ToString::to_string).collect()
}

#[test]
fn the_same_twice_is_unmodified_in_every_kind() {
    for id in [
        "model.p.a",
        "seed.p.a",
        "snapshot.p.a",
        "test.p.a",
        "analysis.p.a",
        "operation.p.a",
        "source.p.s.a",
        "exposure.p.a",
        "metric.p.a",
        "unit_test.p.m.a",
        "semantic_model.p.a",
        "saved_query.p.a",
        "function.p.a",
    ] {
        let node = json!({"checksum": {"name": "sha256", "checksum": "1"}, "config": {"meta": {"a": [1]}}});
        assert_eq!(reasons(id, &node, &node), [] as [&str; 0], "{id}");
    }
}

#[test]
fn what_an_old_state_lacks_has_dbts_defaults() {
    let complete = json!({"raw_code": "", "description": "", "access": "protected", "unrendered_config": {}, "columns": {},
        "tags": [], "latest_version": null, "contract": {"enforced": false, "checksum": null},
        "config": {"persist_docs": {"relation": true, "columns": true}}});
    assert_eq!(reasons("model.p.a", &json!({}), &complete), [] as [&str; 0]);
    let source = json!({"quoting": {"database": null, "schema": null}, "freshness": null, "unrendered_config": {}});
    assert_eq!(
        reasons("source.p.s.a", &json!({}), &source),
        [] as [&str; 0]
    );
    let semantic = json!({"config": {"enabled": true, "group": null, "meta": {}}, "entities": []});
    assert_eq!(
        reasons("semantic_model.p.a", &json!({}), &semantic),
        [] as [&str; 0]
    );
}

#[test]
fn a_missing_key_is_no_null_in_configurations_but_is_in_names() {
    let before = json!({"unrendered_config": {}});
    let after = json!({"unrendered_config": {"cluster": null, "schema": null}});
    assert_eq!(
        reasons("model.p.a", &before, &after),
        ["config cluster: unset -> null"]
    );
}

#[test]
fn values_compare_as_in_python() {
    let with = |value: Value| json!({"unrendered_config": {"meta": {"a": value}}});
    assert_eq!(
        reasons("model.p.a", &with(json!(1)), &with(json!(true))),
        [] as [&str; 0]
    );
    assert_eq!(
        reasons("model.p.a", &with(json!(1.0)), &with(json!(1))),
        [] as [&str; 0]
    );
    assert_eq!(
        reasons(
            "model.p.a",
            &with(json!(9_007_199_254_740_993_u64)),
            &with(json!(9_007_199_254_740_992.0))
        ),
        [r#"config meta: {"a":9007199254740993} -> {"a":9007199254740992.0}"#]
    );
}

#[test]
fn a_seed_compares_by_the_checksum_of_its_file() {
    let with = |name: &str, checksum: &str| json!({"checksum": {"name": name, "checksum": checksum}, "raw_code": checksum});
    let body = ["body"];
    assert_eq!(
        reasons("seed.p.a", &with("sha256", "1"), &with("sha256", "2")),
        body
    );
    assert_eq!(
        reasons("seed.p.a", &with("path", "a.csv"), &with("path", "a.csv")),
        [] as [&str; 0]
    );
    assert_eq!(
        reasons("seed.p.a", &with("sha256", "1"), &with("path", "a.csv")),
        body
    );
    assert_eq!(
        reasons("seed.p.a", &with("none", ""), &with("none", "")),
        body
    );
    let other_code = json!({"checksum": {"name": "sha256", "checksum": "1"}, "raw_code": "2"});
    assert_eq!(
        reasons("seed.p.a", &with("sha256", "1"), &other_code),
        [] as [&str; 0]
    );
}

#[test]
fn times_of_deprecation_are_equal_when_they_are_one_instant() {
    let at = |time: &str| json!({"deprecation_date": time});
    let berlin = at("2030-01-01T01:00:00+01:00");
    assert_eq!(
        reasons("model.p.a", &at("2030-01-01T00:00:00+00:00"), &berlin),
        [] as [&str; 0]
    );
    assert_eq!(
        reasons("model.p.a", &at("2030-01-01T00:00:00"), &berlin).len(),
        1
    );
    assert_eq!(reasons("model.p.a", &json!({}), &berlin).len(), 1);
}

#[test]
fn a_source_is_named_by_what_was_rendered_unless_the_flag_is_set() {
    let before = json!({"source.p.s.a": {"schema": "raw", "unrendered_schema": "{{ x }}"}});
    let after = json!({"source.p.s.a": {"schema": "raw_deploy", "unrendered_schema": "{{ x }}"}});
    assert_eq!(compare(&before, &after).modified().unwrap().len(), 1);
    let flag = CompareOptions {
        compare_unrendered: Some(true),
        ..options()
    };
    let unrendered = Comparison::new(Some(sample::nodes(&before)), sample::nodes(&after), flag);
    assert!(unrendered.modified().unwrap().is_empty());
}

#[test]
fn new_nodes_match_the_selectors_of_their_kind() {
    let facets = |id: &str| {
        let comparison = compare(&json!({}), &json!({ id: {} }));
        let facets = Facet::ALL
            .iter()
            .filter(|facet| !comparison.modified_in(**facet).unwrap().is_empty());
        let names: Vec<_> = facets.map(|facet| facet.as_str()).collect();
        (!comparison.modified().unwrap().is_empty(), names.join(" "))
    };
    let built = "body configs relation persisted_descriptions contract";
    assert_eq!(facets("model.p.a"), (true, built.to_owned()));
    assert_eq!(facets("test.p.a"), (true, built.to_owned()));
    assert_eq!(facets("function.p.a"), (true, built.to_owned()));
    assert_eq!(facets("unit_test.p.m.a"), (true, String::new()));
    assert_eq!(
        facets("source.p.s.a"),
        (false, "configs relation".to_owned())
    );
    assert_eq!(facets("metric.p.a"), (false, "configs".to_owned()));
}

mod macros {
    use super::*;

    /// `a` calls `calls`; the macros of the project call each other as told; `changed` had another text in the state.
    fn compare_macros(calls: &Value, macros: &Value, changed: &[&str]) -> Comparison {
        let nodes = json!({"model.p.a": {"depends_on": {"macros": calls}}});
        let definitions = |old: bool| -> Value {
            let one = |(id, calls): (&String, &Value)| {
                let text = if old && changed.contains(&id.as_str()) {
                    "old"
                } else {
                    "new"
                };
                (id.clone(), json!({"sql": text, "calls": calls}))
            };
            macros
                .as_object()
                .unwrap()
                .iter()
                .map(one)
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let side = |old| sample::manifest(&nodes, &definitions(old), &json!({}));
        Comparison::new(Some(side(true)), side(false), options())
    }

    #[test]
    fn the_chain_is_the_shortest_way_to_a_changed_macro() {
        let macros = json!({"m.a": ["m.b", "m.c"], "m.b": ["m.d"], "m.c": ["m.a"], "m.d": ["m.e"], "m.e": []});
        let comparison = compare_macros(&json!(["m.a"]), &macros, &["m.e", "m.d"]);
        let reason = comparison.node(0).unwrap().reasons()[0].to_string();
        assert_eq!(
            reason,
            "macro m.a -> m.b -> m.d (changed) and 1 other macro"
        );
        assert_eq!(comparison.modified_in(Facet::Macros).unwrap().len(), 1);
    }

    #[test]
    fn a_removed_macro_that_is_still_called_counts() {
        let nodes = json!({"model.p.a": {"depends_on": {"macros": ["m.a"]}}});
        let before = sample::manifest(
            &nodes,
            &json!({"m.a": {"sql": "x", "calls": []}}),
            &json!({}),
        );
        let after = sample::manifest(&nodes, &json!({}), &json!({}));
        let comparison = Comparison::new(Some(before), after, options());
        assert_eq!(
            comparison.node(0).unwrap().reasons()[0].to_string(),
            "macro m.a (removed)"
        );
    }

    #[test]
    fn a_missing_macro_stops_only_what_meets_it_before_a_change() {
        let macros = json!({"m.changed": [], "m.hole": [null], "m.plain": []});
        let stops = |calls: Value, changed: &[&str]| {
            compare_macros(&calls, &macros, changed).modified().is_err()
        };
        assert!(stops(json!(["m.hole", "m.changed"]), &["m.changed"]));
        assert!(!stops(json!(["m.changed", "m.hole"]), &["m.changed"]));
        assert!(stops(json!([null]), &["m.changed"]));
        assert!(stops(json!(["m.unheard_of"]), &["m.changed"]));
        assert!(
            !stops(json!([null]), &[]),
            "nothing changed, so dbt does not look"
        );
        let comparison = compare_macros(&json!(["m.hole"]), &macros, &["m.changed"]);
        assert!(comparison.modified_in(Facet::Macros).is_err());
        assert!(comparison.modified_in(Facet::Body).is_ok());
    }
}

mod contracts {
    use super::*;

    fn contracted(version: Value, fields: Value) -> Value {
        let mut node = json!({"version": version, "contract": {"enforced": true, "checksum": "old"},
            "config": {"materialized": "table"},
            "columns": {"id": {"data_type": "int", "constraints": [{"type": "not_null"}]}}});
        for (key, value) in fields.as_object().unwrap() {
            node[key] = value.clone();
        }
        node
    }

    fn changed(fields: Value) -> Vec<String> {
        let mut fields = fields;
        fields["contract"] = json!({"enforced": true, "checksum": "new"});
        let before = json!({"model.p.a": contracted(Value::Null, json!({}))});
        let after = json!({"model.p.a": contracted(Value::Null, fields)});
        let comparison = compare(&before, &after);
        assert_eq!(comparison.modified_in(Facet::Contract).unwrap().len(), 1);
        comparison
            .warnings()
            .iter()
            .flat_map(|warning| warning.breaking.clone())
            .collect()
    }

    #[test]
    fn only_losses_break() {
        let column = |column: Value| json!({"columns": {"id": column}});
        let not_null = json!([{"type": "not_null", "name": null, "to_columns": []}]);
        assert_eq!(changed(json!({})), [] as [&str; 0]);
        assert_eq!(
            changed(column(
                json!({"data_type": "INT (4)", "constraints": not_null})
            )),
            [] as [&str; 0]
        );
        assert_eq!(
            changed(column(
                json!({"data_type": "text", "constraints": not_null})
            )),
            [r#"column id changed its type ("int" -> "text")"#]
        );
        assert_eq!(
            changed(column(json!({"data_type": "int", "constraints": []}))),
            ["column id lost its constraint not_null"]
        );
        assert_eq!(changed(json!({"columns": {}})), ["column id was removed"]);
        assert_eq!(
            changed(json!({"config": {"materialized": "view"}})),
            ["the materialization changed and no longer enforces constraints (table -> view)"]
        );
    }

    #[test]
    fn a_versioned_model_that_breaks_stops_four_selectors() {
        let before = json!({"model.p.a": contracted(json!(1), json!({}))});
        let after =
            json!({"model.p.a": contracted(json!(1), json!({"contract": {"enforced": false}}))});
        let comparison = compare(&before, &after);
        assert!(matches!(
            comparison.modified(),
            Err(Abort::ContractBroken { .. })
        ));
        assert!(comparison.modified_in(Facet::Contract).is_err());
        assert!(comparison.modified_in(Facet::Configs).is_ok());
        assert!(comparison.warnings().is_empty());
    }

    #[test]
    fn removal_breaks_until_the_model_is_past_its_date() {
        let outcome = |fields: Value, disabled: Value| {
            let before = json!({"model.p.a": contracted(json!(1), fields)});
            let before = sample::nodes(&before);
            let after = sample::manifest(&json!({}), &json!({}), &disabled);
            let comparison = Comparison::new(Some(before), after, options());
            assert_eq!(comparison.removed().len(), 1);
            comparison
                .modified()
                .map(|_| ())
                .map_err(ToString::to_string)
        };
        let none = json!({});
        let error = outcome(json!({}), none.clone()).unwrap_err();
        assert!(error.contains("was deleted or renamed"), "{error}");
        assert!(
            outcome(
                json!({"deprecation_date": "2025-12-31T00:00:00+00:00"}),
                none.clone()
            )
            .is_ok()
        );
        assert!(
            outcome(
                json!({"deprecation_date": "2026-01-02T00:00:00+00:00"}),
                none.clone()
            )
            .is_err()
        );
        assert!(outcome(json!({"contract": {"enforced": false}}), none).is_ok());
        let disabled = |fields| json!({"model.p.a": contracted(json!(1), fields)});
        let error =
            outcome(json!({}), disabled(json!({"config": {"enabled": false}}))).unwrap_err();
        assert!(error.contains("was disabled"), "{error}");
        let unenforced = json!({"config": {"enabled": false}, "contract": {"enforced": false}});
        assert!(
            outcome(json!({}), disabled(unenforced)).is_ok(),
            "dbt looks at the disabled model, not at the one of the state"
        );
    }
}

#[test]
fn removed_nodes_name_what_read_them_and_is_still_there() {
    let reads = |ids: &[&str]| json!({"depends_on": {"nodes": ids}});
    let before = json!({"model.p.a": {}, "model.p.b": reads(&["model.p.a"]), "model.p.c": reads(&["model.p.a"])});
    let after = json!({"model.p.c": {}, "model.p.d": {}});
    let comparison = compare(&before, &after);
    let ids: Vec<_> = comparison
        .removed()
        .iter()
        .map(|removed| removed.id.as_str())
        .collect();
    assert_eq!(ids, ["model.p.a", "model.p.b"]);
    assert_eq!(
        comparison.removed()[0].dependents,
        [UniqueId::from("model.p.c")]
    );
    assert!(comparison.removed()[1].dependents.is_empty());
}
