//! The typed objects inside a manifest, as dbt's classes read them: a missing key has its default, an unknown key is
//! dropped unless the class keeps it. Two objects are compared only after both took their class's shape, which matters
//! when another version of dbt wrote the state.

use crate::dbt::json::Value;
use std::collections::BTreeMap;

/// The class of a value.
#[derive(Debug)]
pub(super) enum ValueShape {
    /// Compared as it stands.
    Any,
    /// A word of a fixed list that dbt's semantic layer reads in any case.
    Word,
    /// A lone text that dbt reads as the list of its letters.
    Letters,
    List(&'static ValueShape),
    /// A class that ignores keys it does not know.
    Class(&'static [Member]),
    /// A class that keeps keys it does not know.
    OpenClass(&'static [Member]),
}

/// A key of a class, what it is when missing, and its own class.
#[derive(Debug)]
pub(super) struct Member(&'static str, Missing, ValueShape);

#[derive(Debug, Clone, Copy)]
enum Missing {
    Null,
    False,
    True,
    EmptyText,
    EmptyMap,
    EmptyList,
    /// An object of the member's class with nothing set.
    Blank,
}

const fn null(key: &'static str) -> Member {
    Member(key, Missing::Null, ValueShape::Any)
}

const fn word(key: &'static str) -> Member {
    Member(key, Missing::Null, ValueShape::Word)
}

const fn off(key: &'static str) -> Member {
    Member(key, Missing::False, ValueShape::Any)
}

const META: Member = Member("meta", Missing::EmptyMap, ValueShape::Any);
const ENABLED: Member = Member("enabled", Missing::True, ValueShape::Any);

/// How an element of a semantic model is described; and its own configuration.
const ELEMENT_CONFIG: Member = Member("config", Missing::Null, ValueShape::Class(&[META]));

const FILE_METADATA: Member = Member(
    "metadata",
    Missing::Null,
    ValueShape::Class(&[
        null("repo_file_path"),
        Member(
            "file_slice",
            Missing::Null,
            ValueShape::Class(&[
                null("filename"),
                null("content"),
                null("start_line_number"),
                null("end_line_number"),
            ]),
        ),
    ]),
);

pub(super) const QUOTING: ValueShape = ValueShape::Class(&[
    null("database"),
    null("schema"),
    null("identifier"),
    null("column"),
]);

const DURATION: ValueShape = ValueShape::Class(&[null("count"), null("period")]);

pub(super) const FRESHNESS: ValueShape = ValueShape::Class(&[
    Member("warn_after", Missing::Blank, DURATION),
    Member("error_after", Missing::Blank, DURATION),
    null("filter"),
]);

/// An external table; what stands in its partitions depends on the version.
macro_rules! external {
    ($partition:expr) => {
        ValueShape::OpenClass(&[
            null("location"),
            null("file_format"),
            null("row_format"),
            null("tbl_properties"),
            Member("partitions", Missing::Null, ValueShape::List(&$partition)),
        ])
    };
}

pub(super) const EXTERNAL: ValueShape = external!(ValueShape::Any);
pub(super) const EXTERNAL_SINCE_1_12: ValueShape = external!(ValueShape::OpenClass(&[
    Member("name", Missing::EmptyText, ValueShape::Any),
    Member("description", Missing::EmptyText, ValueShape::Any),
    Member("data_type", Missing::EmptyText, ValueShape::Any),
    META,
]));

pub(super) const OWNER: ValueShape = ValueShape::OpenClass(&[null("email"), null("name")]);

pub(super) const ARGUMENTS: ValueShape = ValueShape::List(&ValueShape::Class(&[
    null("name"),
    null("data_type"),
    null("description"),
    null("default_value"),
]));

pub(super) const RETURNS: ValueShape = ValueShape::Class(&[null("data_type"), null("description")]);

/// Of a function, since dbt 1.12: descriptions and compiled code are not compared.
pub(super) const OVERLOADS: ValueShape = ValueShape::List(&ValueShape::Class(&[
    null("defined_in"),
    Member("arguments", Missing::EmptyList, ARGUMENTS),
    Member("returns", Missing::Null, RETURNS),
    null("raw_body"),
]));

pub(super) const DEFAULTS: ValueShape = ValueShape::Class(&[null("agg_time_dimension")]);

pub(super) const ENTITIES: ValueShape = ValueShape::List(&ValueShape::Class(&[
    null("name"),
    word("type"),
    null("description"),
    null("label"),
    null("role"),
    null("expr"),
    ELEMENT_CONFIG,
]));

/// A dimension, with what this version of dbt adds to it.
macro_rules! dimensions {
    ($($more:expr)?) => {
        ValueShape::List(&ValueShape::Class(&[
    null("name"),
    word("type"),
    null("description"),
    null("label"),
    off("is_partition"),
    Member(
        "type_params",
        Missing::Null,
        ValueShape::Class(&[
            word("time_granularity"),
            Member(
                "validity_params",
                Missing::Null,
                ValueShape::Class(&[off("is_start"), off("is_end")]),
            ),
        ]),
    ),
    null("expr"),
    FILE_METADATA,
    ELEMENT_CONFIG,
            $($more,)?
        ]))
    };
}

pub(super) const DIMENSIONS: ValueShape = dimensions!();
pub(super) const DIMENSIONS_SINCE_1_12: ValueShape = dimensions!(word("datatype"));

pub(super) const MEASURES: ValueShape = ValueShape::List(&ValueShape::Class(&[
    null("name"),
    word("agg"),
    null("description"),
    null("label"),
    off("create_metric"),
    null("expr"),
    Member(
        "agg_params",
        Missing::Null,
        ValueShape::Class(&[
            null("percentile"),
            off("use_discrete_percentile"),
            off("use_approximate_percentile"),
        ]),
    ),
    Member(
        "non_additive_dimension",
        Missing::Null,
        ValueShape::Class(&[
            null("name"),
            word("window_choice"),
            null("window_groupings"),
        ]),
    ),
    null("agg_time_dimension"),
    ELEMENT_CONFIG,
]));

pub(super) const WHERE: ValueShape = ValueShape::Class(&[Member(
    "where_filters",
    Missing::EmptyList,
    ValueShape::List(&ValueShape::Class(&[null("where_sql_template")])),
)]);

pub(super) const SEMANTIC_MODEL_CONFIG: ValueShape =
    ValueShape::OpenClass(&[ENABLED, null("group"), META]);

pub(super) const SAVED_QUERY_CONFIG: ValueShape = ValueShape::OpenClass(&[
    ENABLED,
    null("group"),
    META,
    word("export_as"),
    null("schema"),
    Member(
        "cache",
        Missing::Blank,
        ValueShape::Class(&[off("enabled")]),
    ),
]);

/// Of a column or of a model; only those of models name columns.
pub(super) const CONSTRAINTS: ValueShape = ValueShape::List(&ValueShape::Class(&[
    null("type"),
    null("name"),
    null("expression"),
    Member("warn_unenforced", Missing::True, ValueShape::Any),
    Member("warn_unsupported", Missing::True, ValueShape::Any),
    null("to"),
    Member("to_columns", Missing::EmptyList, ValueShape::Any),
    Member("columns", Missing::EmptyList, ValueShape::Any),
]));

impl ValueShape {
    /// The value as this class holds it. What is no object (null above all) stays as it is.
    pub(super) fn of(&self, value: Value) -> Value {
        match (self, value) {
            (Self::Word, Value::Text(text)) => Value::from(text.to_lowercase().as_str()),
            (Self::Letters, Value::Text(text)) => {
                let letter = |letter: char| Value::from(&*letter.to_string());
                Value::List(text.chars().map(letter).collect())
            }
            (Self::List(item), Value::List(items)) => {
                Value::List(items.into_iter().map(|value| item.of(value)).collect())
            }
            (Self::Class(members), Value::Map(mut given)) => {
                Value::Map(known(members, &mut given).collect())
            }
            (Self::OpenClass(members), Value::Map(mut given)) => {
                let known: Vec<_> = known(members, &mut given).collect();
                given.extend(known);
                Value::Map(given)
            }
            (_, value) => value,
        }
    }
}

/// The class's keys, taken out of the given ones.
fn known<'a>(
    members: &'static [Member],
    given: &'a mut BTreeMap<Box<str>, Value>,
) -> impl Iterator<Item = (Box<str>, Value)> + 'a {
    members.iter().map(|Member(key, missing, shape)| {
        let value = given.remove(*key);
        let value = value.map_or_else(|| missing.value(shape), |value| shape.of(value));
        (Box::from(*key), value)
    })
}

impl Missing {
    fn value(self, shape: &ValueShape) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::False => Value::Bool(false),
            Self::True => Value::Bool(true),
            Self::EmptyText => Value::from(""),
            Self::EmptyMap => Value::Map(BTreeMap::new()),
            Self::EmptyList => Value::List(Vec::new()),
            Self::Blank => shape.of(Value::Map(BTreeMap::new())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbt::json::Reader;

    fn of(shape: &ValueShape, text: &str) -> Value {
        shape.of(Reader::parse(text).unwrap())
    }

    #[test]
    fn missing_keys_have_their_defaults_but_nulls_stay() {
        assert_eq!(
            of(&FRESHNESS, "{}"),
            of(
                &FRESHNESS,
                r#"{"warn_after": {"count": null}, "error_after": {}}"#
            )
        );
        assert_ne!(
            of(&FRESHNESS, "{}"),
            of(&FRESHNESS, r#"{"warn_after": null}"#)
        );
        assert_eq!(of(&FRESHNESS, "null"), Value::Null);
        assert_eq!(
            of(&SAVED_QUERY_CONFIG, "{}"),
            of(
                &SAVED_QUERY_CONFIG,
                r#"{"enabled": true, "cache": {"enabled": false}, "meta": {}}"#
            )
        );
    }

    #[test]
    fn unknown_keys_count_only_where_the_class_keeps_them() {
        assert_eq!(of(&QUOTING, r#"{"x": 1}"#), of(&QUOTING, "{}"));
        assert_ne!(of(&OWNER, r#"{"slack": "a"}"#), of(&OWNER, "{}"));
        assert_eq!(
            of(
                &ENTITIES,
                r#"[{"name": "a", "x": 1, "config": {"meta": {}, "y": 2}}]"#
            ),
            of(&ENTITIES, r#"[{"name": "a", "role": null, "config": {}}]"#)
        );
    }
}
