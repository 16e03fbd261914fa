//! The clusters that a text of SQL and Jinja names: `in cluster ..` and `set cluster ..`, read without running the text.
//!
//! Only what is plain is understood: a name as written, or a name that comes from the adapter. Everything else is told as it
//! stands, and proves nothing.

use super::text::{Flat, MacroScope, constant};

/// The adapter's function that puts the deployment suffix behind a cluster.
const BY_ADAPTER: &str = "generate_final_cluster_name(";

/// How a text names a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    Literal(String),
    /// By the adapter, from what it is given; with the name where that is written out.
    Adapter(Option<String>),
    /// By a parameter of the macro: whoever calls it decides.
    Parameter(String),
    Expression(String),
}

/// What a text says of clusters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Clauses {
    pub named: Vec<Named>,
    /// It creates an index or a materialized view, which runs on some cluster.
    pub creates: bool,
}

impl Clauses {
    /// Reads a macro, a hook, or a statement.
    pub fn of(text: &str) -> Self {
        let (main, statements) = Flat::of(text);
        let scope = MacroScope::of(&statements);
        let inner = main.marks.iter().chain(&statements);
        let streams: Vec<Flat> = inner.map(|inner| Flat::of_expression(inner)).collect();
        let mut clauses = Self::default();
        for flat in std::iter::once(&main).chain(&streams) {
            let words = flat.words();
            clauses.named.extend(named(flat, &words, &scope));
            clauses.creates |= creates(&words);
        }
        clauses
    }
}

/// The clusters that words name.
fn named(flat: &Flat, words: &[String], scope: &MacroScope<'_>) -> Vec<Named> {
    let at = |index: usize| words.get(index).map(String::as_str).unwrap_or_default();
    let is = |index: usize, word: &str| at(index).eq_ignore_ascii_case(word);
    let mut named = Vec::new();
    for index in 1..words.len() {
        if !is(index, "cluster") {
            continue;
        }
        let next = index + 1;
        if is(index - 1, "in") {
            named.push(name(flat, at(next), scope));
        } else if is(index - 1, "set") && (is(next, "=") || is(next, "to")) {
            named.push(name(flat, at(next + 1), scope));
        }
    }
    named
}

fn name(flat: &Flat, word: &str, scope: &MacroScope<'_>) -> Named {
    let bare = word.trim_matches('"');
    let mut marks = bare.chars().filter_map(|c| flat.marked(c));
    match (marks.next(), bare.chars().count()) {
        (None, _) => Named::Literal(bare.to_owned()),
        (Some(expression), 1) => resolve(scope, expression),
        (Some(_), _) => {
            let shown = bare.chars().map(|c| {
                flat.marked(c)
                    .map_or_else(|| c.to_string(), |inner| format!("{{{{ {inner} }}}}"))
            });
            Named::Expression(shown.collect())
        }
    }
}

fn resolve(scope: &MacroScope<'_>, expression: &str) -> Named {
    if let Some((_, argument)) = expression.split_once(BY_ADAPTER) {
        return Named::Adapter(constant(argument.trim_end_matches([')', ' '])));
    }
    if let Some(name) = constant(expression) {
        return Named::Literal(name);
    }
    match scope.assigned.get(expression).map(Vec::as_slice) {
        Some([.., last]) if *last != expression => assigned_last(scope, expression, last),
        _ if scope.parameters.contains(&expression) => Named::Parameter(expression.to_owned()),
        _ => Named::Expression(format!("{{{{ {expression} }}}}")),
    }
}

/// The last assignment counts when it is the only one, or is made from the ones before.
fn assigned_last(scope: &MacroScope<'_>, name: &str, last: &str) -> Named {
    let only = scope.assigned.get(name).is_some_and(|all| all.len() == 1);
    let made_from_it = last
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == name);
    if !only && !made_from_it {
        return Named::Expression(format!("{{{{ {name} }}}}"));
    }
    match last.split_once(BY_ADAPTER) {
        Some((_, argument)) => Named::Adapter(constant(argument.trim_end_matches([')', ' ']))),
        None if only && !made_from_it => resolve(scope, last),
        None => Named::Expression(format!("{{{{ {name} }}}}")),
    }
}

/// `create [default] index`, `create materialized view`.
fn creates(words: &[String]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let behind: Vec<String> = words
            .iter()
            .skip(at + 1)
            .take(4)
            .map(|word| word.to_lowercase())
            .collect();
        let behind: Vec<&str> = behind.iter().map(String::as_str).collect();
        word.eq_ignore_ascii_case("create")
            && matches!(
                behind.as_slice(),
                ["index", ..]
                    | ["default", "index", ..]
                    | ["materialized", "view", ..]
                    | ["or", "replace", "materialized", "view"]
            )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<Named> {
        Clauses::of(text).named
    }

    #[test]
    fn a_name_from_the_adapter_is_known_as_such() {
        let by_adapter = [Named::Adapter(None)];
        for text in [
            "create index in cluster {{ adapter.generate_final_cluster_name(config.get('cluster', target.cluster)) }} on x",
            "{%- set cluster = adapter.generate_final_cluster_name(target.cluster) -%}\ncreate index {% if cluster %} in cluster {{ cluster }} {% endif %}",
            "{%- set c = i.cluster or target.cluster -%}{%- set c = adapter.generate_final_cluster_name(c) -%} create index in cluster {{ c }}",
            "{% set c = adapter.generate_final_cluster_name(target.cluster) %}{% do run_query('create index in cluster ' ~ c ~ ' on ' ~ this) %}",
        ] {
            assert_eq!(named(text), by_adapter, "{text}");
        }
        assert_eq!(
            named("in cluster {{ adapter.generate_final_cluster_name('prod') }}"),
            [Named::Adapter(Some("prod".into()))]
        );
    }

    #[test]
    fn other_names_are_told_as_they_stand() {
        let literal = || [Named::Literal("prod".into())];
        assert_eq!(
            named("CREATE INDEX IN CLUSTER \"prod\" ON {{ this }}"),
            literal()
        );
        assert_eq!(named("{% set c = 'prod' %}in cluster {{ c }}"), literal());
        assert_eq!(named("set cluster = prod;"), literal());
        assert_eq!(
            named("{% do run_query(\"create index in cluster prod on \" ~ this) %}"),
            literal()
        );
        let told = |text: &str| Named::Expression(text.into());
        assert_eq!(
            named("create index in cluster {{ target.cluster }} on {{ this }}"),
            [told("{{ target.cluster }}")]
        );
        assert_eq!(
            named("in cluster {{ target.name }}_serving"),
            [told("{{ target.name }}_serving")]
        );
        let branches = "{% if a %}{% set c = 'prod' %}{% else %}{% set c = adapter.generate_final_cluster_name(x) %}{% endif %}in cluster {{ c }}";
        assert_eq!(named(branches), [told("{{ c }}")]);
        assert_eq!(
            named("{% macro set_cluster(cluster) %}set cluster = {{ cluster }}{% endmacro %}"),
            [Named::Parameter("cluster".into())]
        );
    }

    #[test]
    fn comments_and_other_uses_of_the_word_name_nothing() {
        assert!(
            named("-- in cluster prod\n{# in cluster prod #} select cluster from x").is_empty()
        );
        assert!(named("{% set cluster = config.get('cluster', target.cluster) %}").is_empty());
        assert!(Clauses::of("create default index on {{ this }}").creates);
        assert!(!Clauses::of("create view {{ this }} as (select 1)").creates);
        assert!(Clauses::of("create\n materialized view {{ this }}").creates);
    }
}
