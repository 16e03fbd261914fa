//! Whether a live definition is surely not what a model's SQL was compiled to.
//!
//! The server rewrites what it stores (names qualified, casts spelled out), so different texts prove nothing. What it never
//! touches are string constants: one that only one of both texts has was put there, or taken away, by hand.

use super::manifest::{Manifest, Node, UniqueId};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Token, Tokenizer};
use std::collections::BTreeSet;

/// What makes a model's SQL depend on more than the project's files: on the moment, the machine, the target, the server, or the
/// variable that dbt's deploy flow sets. Two compilations of such a model may differ without anybody's doing.
const UNSETTLED: [&str; 12] = [
    "deploy",
    "env_var",
    "execute",
    "flags",
    "graph",
    "invocation",
    "modules",
    "run_query",
    "run_started_at",
    "statement",
    "target",
    "var(",
];

/// Whether the model compiles to the same SQL whenever and wherever dbt compiles it, as far as its text and the macros of the
/// project and its packages tell.
#[must_use]
pub fn is_settled(manifest: &Manifest, node: &Node) -> bool {
    let settled = |text: &str| !UNSETTLED.iter().any(|word| text.contains(word));
    let mut seen: BTreeSet<UniqueId> = BTreeSet::new();
    let mut open: Vec<UniqueId> = node.depends_on_macros().into_iter().flatten().collect();
    if !settled(&node.raw_code()) {
        return false;
    }
    while let Some(id) = open.pop() {
        if is_dbts_own(&id) || !seen.insert(id.clone()) {
            continue;
        }
        let Some(called) = manifest.get_macro(&id) else {
            return false;
        };
        // Names relations; the SQL between them is not its business.
        let names = [
            "generate_schema_name",
            "generate_database_name",
            "generate_alias_name",
        ];
        if names.contains(&&*called.name()) {
            continue;
        }
        if !settled(&called.sql()) {
            return false;
        }
        open.extend(called.depends_on().iter().flatten().cloned());
    }
    true
}

fn is_dbts_own(id: &UniqueId) -> bool {
    [
        "macro.dbt.",
        "macro.dbt_postgres.",
        "macro.dbt_materialize.",
    ]
    .iter()
    .any(|own| id.as_str().starts_with(own))
}

/// A string constant that one text has and the other has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiteralDifference {
    /// Only the live definition has it.
    Live(String),
    /// Only the compiled SQL has it.
    Compiled(String),
}

/// The first string constant that stands in one of both texts only. `None`: none does, or it can't be decided.
#[must_use]
pub fn stray_constant(compiled: &str, live: &str) -> Option<LiteralDifference> {
    let (ours, theirs) = (constants(compiled)?, constants(body(live)?)?);
    // Some syntax turns a word into a constant or back (EXTRACT), so a constant must be nowhere in the other text.
    let lacks = |text: &str, constant: &&String| {
        !text
            .to_lowercase()
            .contains(&constant.to_lowercase().replace('\'', "''"))
    };
    let stray = theirs.iter().find(|constant| lacks(compiled, constant));
    stray.cloned().map(LiteralDifference::Live).or_else(|| {
        let stray = ours.iter().find(|constant| lacks(live, constant));
        stray.cloned().map(LiteralDifference::Compiled)
    })
}

/// Whether the live definition is the compiled SQL, word by word. `false` proves nothing.
#[must_use]
pub fn is_as_compiled(compiled: &str, live: &str) -> bool {
    let live = body(live).and_then(words);
    live.is_some() && words(compiled) == live
}

/// The query of `CREATE [MATERIALIZED] VIEW ... AS query`.
fn body(create_sql: &str) -> Option<&str> {
    create_sql
        .split_once(" AS ")
        .map(|(_, query)| query)
        .filter(|_| create_sql.starts_with("CREATE"))
}

fn tokens(sql: &str) -> Option<Vec<Token>> {
    Tokenizer::new(&PostgreSqlDialect {}, sql)
        .tokenize()
        .ok()
        .map(|tokens| {
            let is_word = |token: &Token| !matches!(token, Token::Whitespace(_));
            tokens.into_iter().filter(is_word).collect()
        })
}

/// The string constants in order. `None` where some are written in a way that the server may spell otherwise: with escapes,
/// in dollars, or in pieces that it joins.
fn constants(sql: &str) -> Option<Vec<String>> {
    let mut constants = Vec::new();
    let mut joined = false;
    for token in tokens(sql)? {
        match token {
            Token::SingleQuotedString(_) if joined => return None,
            Token::SingleQuotedString(text) => {
                constants.push(text);
                joined = true;
                continue;
            }
            Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::NationalStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::SingleQuotedByteStringLiteral(_) => return None,
            _ => {}
        }
        joined = false;
    }
    Some(constants)
}

/// The tokens as the server stores them: names folded, and without the schema of built-in functions and types.
fn words(sql: &str) -> Option<Vec<String>> {
    let tokens = tokens(sql)?;
    let mut words = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            Token::Word(word) if word.value == "pg_catalog" => at += 1,
            Token::Word(word) if word.quote_style.is_none() => {
                words.push(word.value.to_lowercase());
            }
            Token::Word(word) => words.push(word.value.clone()),
            Token::SingleQuotedString(text) => words.push(format!("'{text}'")),
            other => words.push(other.to_string()),
        }
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPILED: &str = "\n-- warm and 'cold'\nSELECT a, count(*) AS \"N\", extract(epoch FROM t)\nFROM \"db\".\"blue\".\"v\"\nWHERE kind = 'warm'";
    const LIVE: &str = r#"CREATE MATERIALIZED VIEW "db"."blue"."mv" IN CLUSTER "compute" WITH (REFRESH = ON COMMIT) AS SELECT "a", "pg_catalog"."count"(*) AS "N", "pg_catalog"."extract"('epoch', "t") FROM "db"."blue"."v" WHERE "kind" = 'warm'"#;

    #[test]
    fn the_servers_own_spelling_is_no_drift() {
        assert_eq!(stray_constant(COMPILED, LIVE), None);
        let plain = "SELECT a, count(*) FROM \"db\".\"blue\".\"v\"";
        let stored = r#"CREATE VIEW "db"."blue"."x" AS SELECT "a", "pg_catalog"."count"(*) FROM "db"."blue"."v""#;
        assert!(is_as_compiled(plain, stored));
        assert!(!is_as_compiled(COMPILED, stored));
    }

    #[test]
    fn a_constant_changed_by_hand_is_drift_on_either_side() {
        let hot = LIVE.replace("'warm'", "'hot'");
        assert_eq!(
            stray_constant(COMPILED, &hot),
            Some(LiteralDifference::Live("hot".to_owned()))
        );
        assert_eq!(
            stray_constant(
                "SELECT a FROM v WHERE kind = 'warm'",
                r#"CREATE VIEW "db"."blue"."x" AS SELECT "a" FROM "db"."blue"."v""#
            ),
            Some(LiteralDifference::Compiled("warm".to_owned()))
        );
    }

    #[test]
    fn what_can_be_spelled_in_several_ways_is_left_alone() {
        for compiled in [
            r"SELECT E'a\x41'",
            "SELECT $$a$$",
            "SELECT 'a'\n'b'",
            "SELECT 'unterminated",
        ] {
            assert_eq!(
                stray_constant(compiled, "CREATE VIEW v AS SELECT 'zz'"),
                None,
                "{compiled}"
            );
        }
        assert_eq!(stray_constant("SELECT 'a'", "no definition"), None);
    }

    #[test]
    fn a_model_whose_sql_depends_on_the_moment_is_not_settled() {
        let manifest = |raw: &str, helper: &str| {
            let text = serde_json::json!({
                "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
                "nodes": {"model.shop.a": {
                    "unique_id": "model.shop.a", "resource_type": "model", "package_name": "shop", "name": "a",
                    "path": "a.sql", "original_file_path": "models/a.sql", "fqn": ["shop", "a"], "raw_code": raw,
                    "depends_on": {"macros": ["macro.shop.helper"], "nodes": []},
                }},
                "macros": {"macro.shop.helper": {
                    "unique_id": "macro.shop.helper", "name": "helper", "package_name": "shop", "path": "h.sql",
                    "original_file_path": "macros/h.sql", "macro_sql": helper, "depends_on": {"macros": []},
                }},
                "sources": {}, "exposures": {}, "metrics": {}, "disabled": {}, "semantic_models": {}, "saved_queries": {},
                "unit_tests": {}, "groups": {}, "docs": {}, "selectors": {},
            });
            Manifest::parse(text.to_string().as_bytes(), std::path::Path::new("m.json")).unwrap()
        };
        let settled = |raw: &str, helper: &str| {
            let manifest = manifest(raw, helper);
            is_settled(&manifest, &manifest.nodes()[0])
        };
        assert!(settled(
            "select {{ helper('x') }}",
            "{% macro helper(x) %}{{ x }}{% endmacro %}"
        ));
        assert!(!settled("select '{{ run_started_at }}'", ""));
        assert!(!settled(
            "select {{ helper() }}",
            "{% macro helper() %}{{ env_var('HOST') }}{% endmacro %}"
        ));
    }
}
