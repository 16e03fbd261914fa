//! The places that a text of SQL and Jinja would change: the targets of CREATE, DROP, INSERT and their like, read without running it.
//!
//! Only a place that is named by the text itself is told: as written, or from the dbt target. Whatever dbt hands over is left to
//! what proves it elsewhere, and to the gate before each statement.

use super::text::{Flat, MacroScope, constant};

/// Where dbt makes relations out of parts.
const MAKERS: [&str; 3] = ["Relation.create(", ".incorporate(", ".replace_path("];
/// So many assignments are followed to what a name stands for.
const DEPTH: usize = 5;
/// How far behind its verb the `ON` of an index or a grant may stand.
const ON_WITHIN: usize = 10;

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    Schema,
    Cluster,
    Database,
}

/// A place that a text names by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedTarget {
    pub of: Of,
    pub name: Name,
}

/// How it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// As the server reads it.
    Written(String),
    /// By an expression that knows nothing of the deployment side.
    ByItself(String),
}

/// The targets of all statements in a macro or a hook.
pub(super) fn targets(text: &str) -> Vec<NamedTarget> {
    let (main, statements) = Flat::of(text);
    let scope = MacroScope::of(&statements);
    let mut found = changed(&main, &scope);
    for inner in main.marks.iter().chain(&statements) {
        found.extend(changed(&Flat::of_expression(inner), &scope));
    }
    found
}

/// Whether a macro changes anything, wherever that is.
pub(super) fn changes(text: &str) -> bool {
    let (main, _) = Flat::of(text);
    let words = main.words();
    let verbs = [
        "create", "drop", "alter", "insert", "delete", "update", "comment", "grant",
    ];
    words
        .iter()
        .any(|word| verbs.iter().any(|verb| word.eq_ignore_ascii_case(verb)))
}

/// The targets of what a model sends while it is compiled: its own SQL is a query.
pub(super) fn targets_sent(text: &str) -> Vec<NamedTarget> {
    let (main, statements) = Flat::of(text);
    let scope = MacroScope::of(&statements);
    let mut found = Vec::new();
    for inner in main.marks.iter().chain(&statements) {
        found.extend(changed(&Flat::of_expression(inner), &scope));
    }
    let called = text.split("endcall").collect::<Vec<_>>();
    let bodies = called.iter().take(called.len().saturating_sub(1));
    for body in bodies.filter_map(|before| before.rsplit_once("call ")) {
        let sql = body.1.split_once("%}").map_or("", |(_, sql)| sql);
        found.extend(targets(sql));
    }
    found
}

/// The places of relations that a macro puts together by itself.
pub(super) fn made(text: &str) -> Vec<NamedTarget> {
    let (main, statements) = Flat::of(text);
    let scope = MacroScope::of(&statements);
    let mut found = Vec::new();
    for inner in main.marks.iter().chain(&statements) {
        for maker in MAKERS {
            let calls = inner.match_indices(maker);
            for arguments in calls.filter_map(|(at, _)| inner.get(at + maker.len()..)) {
                found.extend(argument(arguments, "schema", Of::Schema, &scope));
                found.extend(argument(arguments, "database", Of::Database, &scope));
            }
        }
    }
    found
}

/// The value of a keyword, or of a key of a dictionary, in a call.
fn argument(arguments: &str, key: &str, of: Of, scope: &MacroScope<'_>) -> Option<NamedTarget> {
    let arguments = arguments.get(..closing(arguments, &[]))?;
    let mut places = arguments.match_indices(key);
    let value = places.find_map(|(at, _)| {
        let before = arguments.get(..at)?.chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.') {
            return None;
        }
        let behind = arguments.get(at + key.len()..)?;
        let behind = behind.trim_start_matches(['\'', '"']).trim_start();
        let value = behind.strip_prefix(['=', ':'])?;
        (!value.starts_with('=')).then_some(value)
    })?;
    let value = value.get(..closing(value, &[',']))?;
    Some(NamedTarget {
        of,
        name: by_itself(value.trim(), of, scope)?,
    })
}

/// Where an expression ends: at a bracket that it did not open, or at one of these.
fn closing(text: &str, at_these: &[char]) -> usize {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') if depth == 0 => return at,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, other) if depth == 0 && at_these.contains(&other) => return at,
            _ => {}
        }
    }
    text.len()
}

/// What a text would change, statement by statement.
fn changed(flat: &Flat, scope: &MacroScope<'_>) -> Vec<NamedTarget> {
    let words = flat.words();
    let reader = Reader {
        flat,
        scope,
        words: &words,
    };
    (0..words.len())
        .filter_map(|at| reader.target(at))
        .collect()
}

struct Reader<'a> {
    flat: &'a Flat,
    scope: &'a MacroScope<'a>,
    words: &'a [String],
}

impl Reader<'_> {
    fn word(&self, at: usize) -> &str {
        self.words.get(at).map(String::as_str).unwrap_or_default()
    }

    fn is(&self, at: usize, words: &[&str]) -> bool {
        let word = self.word(at);
        words.iter().any(|known| word.eq_ignore_ascii_case(known))
    }

    /// Goes past words that may stand there.
    fn past(&self, mut at: usize, words: &[&str]) -> usize {
        while self.is(at, words) {
            at += 1;
        }
        at
    }

    /// Behind the next `on`.
    fn behind_on(&self, at: usize) -> Option<usize> {
        let mut near = at..at + ON_WITHIN;
        near.find(|at| self.is(*at, &["on"])).map(|at| at + 1)
    }

    /// What the statement that begins here would change, where it names a place by itself.
    fn target(&self, at: usize) -> Option<NamedTarget> {
        let next = at + 1;
        match self.word(at).to_ascii_lowercase().as_str() {
            "drop" | "alter" => self.object(next),
            "create" => self.created(next),
            "comment" if self.is(next, &["on"]) => self.object(next + 1),
            "grant" | "revoke" => self.granted(next),
            "insert" if self.is(next, &["into"]) => self.relation(next + 1, 0),
            "delete" if self.is(next, &["from"]) => self.relation(next + 1, 0),
            // An alias, with or without AS, may stand between.
            "update" if (1..=3).any(|behind| self.is(next + behind, &["set"])) => {
                self.relation(next, 0)
            }
            "truncate" => self.relation(self.past(next, &["table"]), 0),
            _ => None,
        }
    }

    fn created(&self, at: usize) -> Option<NamedTarget> {
        let at = self.past(at, &["or", "replace", "replacement", "default"]);
        match self.word(at).to_ascii_lowercase().as_str() {
            "temporary" | "temp" => None,
            "index" => self.relation(self.behind_on(at)?, 0),
            _ => self.object(at),
        }
    }

    fn granted(&self, at: usize) -> Option<NamedTarget> {
        let at = self.behind_on(at)?;
        match self.is(at, &["all"]) {
            true => {
                let mut near = at..at + ON_WITHIN;
                self.object(near.find(|at| self.is(*at, &["schema"]))?)
            }
            false => self.object(at).or_else(|| self.relation(at, 0)),
        }
    }

    /// A kind and a name.
    fn object(&self, at: usize) -> Option<NamedTarget> {
        let kind = self.word(at).to_ascii_lowercase();
        let (at, kind) = match kind.as_str() {
            "materialized" | "continual" => (at + 2, "view"),
            other => (at + 1, other),
        };
        let at = self.past(at, &["if", "not", "exists", "replica"]);
        match kind {
            "schema" => self.place(Of::Schema, self.parts(at).last()?),
            "cluster" => self.place(Of::Cluster, self.parts(at).first()?),
            "column" => self.relation(at, 1),
            "view" | "table" | "source" | "sink" | "index" | "connection" | "secret" | "type" => {
                self.relation(at, 0)
            }
            _ => None,
        }
    }

    /// The schema of a relation's name, behind which so many parts are something of its.
    fn relation(&self, at: usize, behind: usize) -> Option<NamedTarget> {
        let parts = self.parts(at);
        let schema = parts.len().checked_sub(2 + behind)?;
        self.place(Of::Schema, parts.get(schema)?)
    }

    /// The parts of a dotted name.
    fn parts(&self, at: usize) -> Vec<String> {
        let (mut parts, mut quoted) = (vec![String::new()], false);
        for c in self.word(at).chars() {
            if c == '"' {
                quoted = !quoted;
            }
            match parts.last_mut() {
                Some(_) if c == '.' && !quoted => parts.push(String::new()),
                Some(part) => part.push(c),
                None => {}
            }
        }
        parts
    }

    fn place(&self, of: Of, part: &str) -> Option<NamedTarget> {
        let bare = part.trim_matches('"');
        let mut marks = bare.chars().filter_map(|c| self.flat.marked(c));
        let name = match (marks.next(), bare.chars().count()) {
            (None, 0) => return None,
            (None, _) if part.starts_with('"') => Name::Written(bare.to_owned()),
            (None, _) => Name::Written(bare.to_lowercase()),
            (Some(expression), 1) => by_itself(expression, of, self.scope)?,
            (Some(_), _) => return None,
        };
        Some(NamedTarget { of, name })
    }
}

/// An expression that is a constant, or that takes a schema from the dbt target.
fn by_itself(expression: &str, of: Of, scope: &MacroScope<'_>) -> Option<Name> {
    let mut value = expression;
    for _ in 0..DEPTH {
        match scope.assigned.get(value).map(Vec::as_slice) {
            Some([only]) => value = only,
            _ => break,
        }
    }
    if let Some(text) = constant(value) {
        return Some(Name::Written(text));
    }
    let from_target = ["target.schema", "target.name", "target['schema']"];
    let is_plain = of == Of::Schema
        && from_target.iter().any(|known| value.contains(known))
        && !value.contains("deploy");
    is_plain.then(|| Name::ByItself(format!("{{{{ {value} }}}}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(of: Of, name: &str) -> Vec<NamedTarget> {
        let name = Name::Written(name.to_owned());
        vec![NamedTarget { of, name }]
    }

    #[test]
    fn places_as_written_are_told() {
        for text in [
            "drop view if exists serving.warm_people cascade",
            "DROP MATERIALIZED VIEW \"db\".\"serving\".\"x\"",
            "drop view if exists \"{{ target.database }}\".\"serving\".\"{{ r.identifier }}\" cascade;",
            "create view \"{{ target.database }}\".\"serving\".\"x\" as ( {{ sql }} )",
            "create default index in cluster c on Serving.x (a)",
            "insert into serving.log select 1",
            "delete from serving.log",
            "update serving.log as l set a = 1",
            "grant select on serving.x to r",
            "grant usage on schema serving to r",
            "grant select on all tables in schema serving to r",
            "comment on column serving.x.a is 'y'",
            "{% do run_query(\"drop view serving.x\") %}",
            "{% do run_query('drop view ' ~ 'serving.x') %}",
            "{% set s = 'serving' %}drop view {{ s }}.x",
            "{% do run_query('drop view ' ~ s ~ '.x') %}{% set s = 'serving' %}",
        ] {
            assert_eq!(targets(text), written(Of::Schema, "serving"), "{text}");
        }
        let cluster = targets("alter cluster compute set (replication factor = 0)");
        assert_eq!(cluster, written(Of::Cluster, "compute"));
    }

    #[test]
    fn places_from_the_target_are_told_and_those_of_dbt_are_not() {
        let told = targets("grant usage on schema {{ target.schema }} to r");
        let by_itself = Name::ByItself("{{ target.schema }}".to_owned());
        assert_eq!(told[0].name, by_itself);
        for text in [
            "drop view if exists {{ this }} cascade",
            "create view {{ relation }} as ({{ sql }})",
            "create index on {{ this }} (a)",
            "grant select on {{ this }} to r",
            "grant usage on schema {{ this.schema }} to r",
            "grant usage on schema {{ target.schema }}_dbt_deploy to r",
            "{% set s = target.schema ~ '_dbt_deploy' %}drop view {{ s }}.x",
            "comment on column {{ this }}.a is 'x'",
            "drop view v",
            "create temporary view serving.x as select 1",
            "select * from serving.x -- drop view serving.x",
            "{# drop view serving.x #}",
        ] {
            assert_eq!(targets(text), [], "{text}");
        }
    }

    #[test]
    fn a_relation_that_is_put_together_is_told() {
        let told = made(
            "{%- set r = api.Relation.create(identifier=model['alias'], schema=target.schema, database=database, type='view') -%}",
        );
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            told[0].name,
            Name::ByItself("{{ target.schema }}".to_owned())
        );
        let told =
            made("{% set r = this.incorporate(path={'schema': 'serving', 'identifier': 'x'}) %}");
        assert_eq!(told, written(Of::Schema, "serving"));
        let told = made(
            "{% set r = api.Relation.create(database='other', schema=schema, identifier='x') %}",
        );
        assert_eq!(told, written(Of::Database, "other"));
        assert!(
            made("{% set r = api.Relation.create(schema=model.schema, identifier='schema') %}")
                .is_empty()
        );
    }

    #[test]
    fn a_model_is_read_where_it_sends_something() {
        assert_eq!(
            targets_sent("select 'drop view serving.x' from {{ ref('a') }}"),
            []
        );
        for text in [
            "{% do run_query('drop view serving.x') %}select 1",
            "{% call statement('x') %} drop view serving.x {% endcall %}select 1",
        ] {
            assert_eq!(targets_sent(text), written(Of::Schema, "serving"), "{text}");
        }
    }
}
