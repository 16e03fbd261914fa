use super::*;

const V12: &str = "https://schemas.getdbt.com/dbt/manifest/v12.json";

fn parse(text: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(text.as_bytes(), Path::new("state/manifest.json"))
}

/// A manifest of this version with these nodes and metrics (JSON objects without braces).
fn manifest(version: &str, nodes: &str, metrics: &str) -> String {
    format!(
        r#"{{"metadata": {{"dbt_schema_version": "{version}", "adapter_type": "materialize"}}, "nodes": {{{nodes}}},
        "sources": {{}}, "macros": {{}}, "exposures": {{}}, "metrics": {{{metrics}}}, "unit_tests": {{}},
        "semantic_models": {{}}, "saved_queries": {{}}, "disabled": null, "future": [1]}}"#
    )
}

fn only_node(fields: &str) -> Node {
    let nodes = format!(r#""model.p.a": {{"resource_type": "model", {fields}}}"#);
    let manifest = parse(&manifest(V12, &nodes, "")).unwrap();
    manifest.nodes()[0].clone()
}

#[test]
fn decodes_what_a_node_says_of_itself() {
    let node = only_node(
        r#""name": "a", "fqn": ["p", "marts", "a"], "raw_code": "select 'é\n'", "future": {"x": [NaN]},
        "config": {"enabled": true, "materialized": "view", "cluster": "compute", "indexes": [{"default": true}],
                   "persist_docs": {"relation": "false", "columns": 0}},
        "columns": {"id": {"description": "key"}, "b": {}}, "tags": ["x"], "relation_name": null,
        "depends_on": {"nodes": ["model.p.b"], "macros": ["macro.p.m", null]}, "version": 2,
        "deprecation_date": "2030-01-01T02:00:00+02:00""#,
    );
    assert_eq!(node.raw_code(), "select 'é\n'");
    assert_eq!(node.fqn(), ["p", "marts", "a"]);
    assert_eq!(node.cluster().as_deref(), Some("compute"));
    assert_eq!(node.indexes().len(), 1);
    assert_eq!(node.relation_name(), None);
    assert_eq!(
        node.persist_docs(),
        PersistDocs {
            relation: true,
            columns: false
        }
    );
    let columns = [("id", "key"), ("b", "")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(node.column_descriptions(), columns);
    assert_eq!(node.depends_on_nodes(), [UniqueId::from("model.p.b")]);
    assert_eq!(
        node.depends_on_macros(),
        [Some(UniqueId::from("macro.p.m")), None]
    );
    let midnight = "2030-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(node.deprecation(), Some(Deprecation::At(midnight)));
}

#[test]
fn reads_v4_to_v12_and_nothing_else() {
    for version in 1..=14 {
        let address = format!("https://schemas.getdbt.com/dbt/manifest/v{version}.json");
        let read = parse(&manifest(&address, "", ""));
        assert_eq!(read.is_ok(), (4..=12).contains(&version), "v{version}");
    }
    for odd in [
        "",
        "12",
        "https://schemas.getdbt.com/dbt/run-results/v6.json",
        "v12.json",
    ] {
        let error = parse(&manifest(odd, "", "")).unwrap_err();
        assert!(
            matches!(error, ManifestError::UnsupportedVersion { .. }),
            "{odd}"
        );
    }
}

#[test]
fn brings_old_manifests_up_as_dbt_does() {
    let nodes = r#""model.p.a": {"resource_type": "model", "raw_sql": "select 1", "compiled_sql": "select 2"}"#;
    let metrics = r#""metric.p.m": {"resource_type": "metric"}"#;
    let v9 = "https://schemas.getdbt.com/dbt/manifest/v9.json";
    let old = parse(&manifest(v9, nodes, metrics)).unwrap();
    assert_eq!(old.nodes().len(), 1, "metrics before v10 are dropped");
    assert_eq!(old.nodes()[0].raw_code(), "select 1");
    assert_eq!(old.nodes()[0].compiled_code().as_deref(), Some("select 2"));
    let new = parse(&manifest(V12, nodes, metrics)).unwrap();
    assert_eq!(new.nodes().len(), 2);
    assert_eq!(new.nodes()[0].raw_code(), "", "a v12 has no raw_sql");
}

#[test]
fn old_manifests_may_lack_the_newer_sections() {
    let sections = r#""nodes": {}, "sources": {}, "macros": {}, "exposures": {}, "metrics": {}"#;
    let text = |version| {
        format!(
            r#"{{{sections}, "metadata": {{"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v{version}.json"}}}}"#
        )
    };
    assert!(parse(&text(10)).is_ok(), "the version may stand last, too");
    let error = parse(&text(12)).unwrap_err().to_string();
    assert!(error.contains("unit_tests") && error.contains("state/manifest.json"));
}

#[test]
fn says_what_is_wrong_and_where() {
    let error = |text: &str| parse(text).unwrap_err();
    for text in ["", "{", "nothing", "[]", "\u{feff}{}", "{} {}"] {
        assert!(
            matches!(error(text), ManifestError::NotJson { .. }),
            "{text}"
        );
    }
    assert!(matches!(error("{}"), ManifestError::NoVersion { .. }));
    let metadata = r#"{"metadata": {"dbt_version": "1.11.0"}}"#;
    assert!(matches!(error(metadata), ManifestError::NoVersion { .. }));
    for (field, value) in [
        ("fqn", "\"a\""),
        ("config", "[]"),
        ("depends_on.nodes", "{\"nodes\": 1}"),
        ("deprecation_date", "\"soon\""),
        ("unrendered_config", "null"),
    ] {
        let key = field.split('.').next().unwrap();
        let node = format!(r#""model.p.a": {{"resource_type": "model", "{key}": {value}}}"#);
        let message = error(&manifest(V12, &node, "")).to_string();
        assert!(
            message.contains(&format!("`{field}` of model.p.a")),
            "{message}"
        );
    }
    let unknown = manifest(
        V12,
        r#""dashboard.p.a": {"resource_type": "dashboard"}"#,
        "",
    );
    assert!(
        error(&unknown)
            .to_string()
            .contains("`dashboard` is no resource type")
    );
    let missing = Manifest::read(Path::new("no/such/manifest.json")).unwrap_err();
    assert!(missing.to_string().contains("no/such/manifest.json"));
}

#[test]
fn the_hash_names_the_bytes() {
    let manifest = parse(&manifest(V12, "", "")).unwrap();
    assert_eq!(manifest.hash().as_str().len(), 12);
    assert_eq!(ManifestHash::of(b"abc").as_str(), "ba7816bf8f01");
}

/// A manifest as dbt writes it, of these nodes and macros (JSON objects without braces), by a parse of this name.
fn parsed(name: &str, nodes: &str, macros: &str) -> Manifest {
    let text = format!(
        r#"{{"metadata": {{"dbt_schema_version": "{V12}", "dbt_version": "1.11.0", "generated_at": "{name}",
        "invocation_id": "{name}", "adapter_type": "materialize"}}, "nodes": {{{nodes}}}, "sources": {{}},
        "macros": {{{macros}}}, "exposures": {{}}, "metrics": {{}}, "unit_tests": {{}}, "semantic_models": {{}},
        "saved_queries": {{}}, "disabled": {{}}}}"#
    );
    parse(&text).unwrap()
}

#[test]
fn two_parses_of_a_project_have_one_name() {
    let node = |name: &str, code: &str, more: &str| {
        format!(
            r#""model.p.{name}": {{"resource_type": "model", "name": "{name}", "fqn": ["p", "{name}"], "raw_code": "{code}" {more}}}"#
        )
    };
    let one_macro = |sql: &str, more: &str| {
        format!(
            r#""macro.p.m": {{"name": "m", "macro_sql": "{sql}", "depends_on": {{"macros": []}} {more}}}"#
        )
    };
    let (a, m) = (
        node(
            "a",
            "select 1",
            r#", "config": {"enabled": true, "tags": ["x", "y"]}"#,
        ),
        one_macro("{% macro m() %}1{% endmacro %}", ""),
    );
    let reads = r#", "depends_on": {"macros": [], "nodes": ["model.p.a", "model.p.z"]}"#;
    let first = parsed("one", &format!("{a}, {}", node("b", "select 2", reads)), &m);
    // Another order of nodes, keys and parents; SQL that was compiled; times.
    let b = r#", "depends_on": {"nodes": ["model.p.z", "model.p.a"], "macros": ["macro.p.m"]}, "created_at": 1.5, "compiled": true,
        "compiled_code": "select 2""#;
    let a_again = node(
        "a",
        "select 1",
        r#", "created_at": 2.5, "config": {"tags": ["x", "y"], "enabled": true}"#,
    );
    let nodes = format!("{}, {a_again}", node("b", "select 2", b));
    let m_again = one_macro("{% macro m() %}1{% endmacro %}", r#", "created_at": 3"#);
    let second = parsed("two", &nodes, &m_again);
    assert_ne!(first.hash(), second.hash());
    assert_eq!(first.project(), second.project());
    let others = [
        ("select 3", "x", "1"),
        ("select 2", "z", "1"),
        ("select 2", "x", "2"),
    ];
    for (code, tag, of_macro) in others {
        let b = node("b", code, reads);
        let nodes = format!("{}, {b}", a.replace("\"x\"", &format!("\"{tag}\"")));
        let of_macro = one_macro(&format!("{{% macro m() %}}{of_macro}{{% endmacro %}}"), "");
        let other = parsed("one", &nodes, &of_macro);
        assert_ne!(first.project(), other.project(), "{code} {tag} {of_macro}");
    }
}

#[test]
fn a_manifest_stands_for_another_one_under_its_name() {
    let one = parse(&manifest(V12, "", "")).unwrap();
    let other = one.in_place_of(ManifestHash::recorded("0123456789ab"));
    assert_eq!(other.hash().as_str(), "0123456789ab");
    assert_eq!(other.project(), one.project());
}

/// Both texts, the second one read beside the first.
fn beside(like: &str, text: &str) -> (Manifest, Manifest) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(FILE_NAME);
    std::fs::write(&file, text).unwrap();
    let like = parse(like).unwrap();
    let read = Manifest::read_beside(&file, Some(&like)).unwrap();
    (like, read)
}

#[test]
fn holds_once_what_two_manifests_spell_alike() {
    let node = |id: &str, sql: &str| {
        format!(
            r#""model.p.{id}": {{"resource_type": "model", "name": "{id}", "raw_code": "{sql}"}}"#
        )
    };
    let of = |nodes: &[String]| manifest(V12, &nodes.join(", "), "");
    let before = of(&[node("a", "1"), node("b", "1"), node("gone", "1")]);
    let after = of(&[node("new", "1"), node("b", "2"), node("a", "1")]);
    let (like, read) = beside(&before, &after);
    let alone = parse(&after).unwrap();
    assert_eq!(read.hash(), alone.hash());
    let spelled = |manifest: &Manifest| {
        let nodes = manifest.nodes().iter();
        nodes
            .map(|node| (node.unique_id.clone(), node.spelled().to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(spelled(&read), spelled(&alone));
    let shared = |id: &str| {
        let id = UniqueId::from(id);
        like.get(&id)
            .zip(read.get(&id))
            .is_some_and(|(one, other)| one.is_shared_with(other))
    };
    assert!(shared("model.p.a"));
    assert!(!shared("model.p.b"));
}

#[test]
fn a_manifest_of_another_version_lends_no_text() {
    let nodes = r#""model.p.a": {"resource_type": "model", "raw_sql": "select 1"}"#;
    let v11 = "https://schemas.getdbt.com/dbt/manifest/v11.json";
    let (old, new) = (manifest(v11, nodes, ""), manifest(V12, nodes, ""));
    let code = |manifest: &Manifest| manifest.nodes()[0].raw_code().into_owned();
    let (like, read) = beside(&old, &new);
    assert_eq!(
        (code(&like), code(&read)),
        ("select 1".to_owned(), String::new())
    );
    let (like, read) = beside(&new, &old);
    assert_eq!(
        (code(&like), code(&read)),
        (String::new(), "select 1".to_owned())
    );
}
