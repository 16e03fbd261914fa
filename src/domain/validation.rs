//! Green against blue, relation by relation: what is compared, how it is asked, what the answer means.

use super::name::{Identifier, QualifiedName};
use super::object::ObjectKind;
use super::project::{Compared, ModelChange};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// A column as `mz_catalog.mz_columns` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinColumn {
    pub name: Identifier,
    /// The type with its modifier, where it has one.
    pub type_name: String,
    pub nullable: bool,
}

/// What a relation holds at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contents {
    pub rows: u64,
    /// The sum of a hash of every row: equal contents have equal sums, in whatever order.
    pub checksum: String,
}

/// What a comparison of twins came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentMatch {
    Equal,
    /// It differs, or may, and is meant to: the model changed, or reads what did.
    Changed,
    /// It differs though its model did not change.
    Differs,
    /// Whether its model changed is unknown, and it differs.
    Unknown,
    /// The deployment side has none, though its model was not removed.
    Missing,
    /// It could not be read to its end.
    Unread,
}

impl fmt::Display for ContentMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Equal => "equal",
            Self::Changed => "changed",
            Self::Differs => "DIFFERS",
            Self::Unknown => "unknown",
            Self::Missing => "MISSING",
            Self::Unread => "unread",
        })
    }
}

/// One relation of production beside its twin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TwinReport {
    /// The production name of its schema.
    pub schema: Identifier,
    pub name: Identifier,
    pub kind: ObjectKind,
    /// What the manifests say of it: how the deployment side's differs from production's.
    pub change: Compared,
    pub verdict: ContentMatch,
    /// How the columns differ, one sentence each.
    pub columns: Vec<String>,
    /// `None`: not read.
    pub production: Option<Contents>,
    pub deployment: Option<Contents>,
    /// Why it was not read.
    pub message: Option<String>,
}

/// Judges what was found. Without contents of both sides there must be a reason.
#[must_use]
pub fn content_match(
    expected: Compared,
    columns: &[String],
    production: Option<&Contents>,
    deployment: Option<&Contents>,
) -> ContentMatch {
    let same_columns = columns.is_empty();
    match (expected, production, deployment) {
        (Compared::Unmodified, _, _) if !same_columns => ContentMatch::Differs,
        (Compared::Unknown, _, _) if !same_columns => ContentMatch::Unknown,
        (_, Some(one), Some(other)) if same_columns && one == other => ContentMatch::Equal,
        (Compared::Unmodified, Some(_), Some(_)) => ContentMatch::Differs,
        (Compared::Unknown, Some(_), Some(_)) => ContentMatch::Unknown,
        (Compared::Changed(_), Some(_), Some(_)) => ContentMatch::Changed,
        (_, None, _) | (_, _, None) => ContentMatch::Unread,
    }
}

/// Judges a relation of production that the deployment side does not have.
#[must_use]
pub fn without_twin(expected: Compared) -> ContentMatch {
    match expected {
        Compared::Changed(ModelChange::Removed) => ContentMatch::Changed,
        Compared::Unknown => ContentMatch::Unknown,
        Compared::Unmodified | Compared::Changed(_) => ContentMatch::Missing,
    }
}

/// How the columns of the deployment side differ from production's.
#[must_use]
pub fn column_differences(production: &[TwinColumn], deployment: &[TwinColumn]) -> Vec<String> {
    let by_name = |columns: &[TwinColumn]| -> BTreeMap<Identifier, TwinColumn> {
        let pairs = columns.iter();
        pairs
            .map(|column| (column.name.clone(), column.clone()))
            .collect()
    };
    let (before, after) = (by_name(production), by_name(deployment));
    let mut differences = Vec::new();
    for column in production {
        let name = &column.name;
        let Some(twin) = after.get(name) else {
            differences.push(format!("column {name} only in production"));
            continue;
        };
        if twin.type_name != column.type_name {
            differences.push(format!(
                "column {name}: {} -> {}",
                column.type_name, twin.type_name
            ));
        }
        if twin.nullable != column.nullable {
            let word = |nullable: bool| if nullable { "nullable" } else { "not null" };
            differences.push(format!(
                "column {name}: {} -> {}",
                word(column.nullable),
                word(twin.nullable)
            ));
        }
    }
    let added = deployment
        .iter()
        .filter(|column| !before.contains_key(&column.name));
    differences
        .extend(added.map(|column| format!("column {} only in the deployment", column.name)));
    let names = |columns: &[TwinColumn]| -> Vec<Identifier> {
        columns.iter().map(|column| column.name.clone()).collect()
    };
    if differences.is_empty() && names(production) != names(deployment) {
        differences.push("the columns are in another order".to_owned());
    }
    differences
}

/// How many hexadecimal digits of a row's hash are added up: 48 bits, so that a row fits a bigint.
const DIGITS: u32 = 12;

/// A SELECT of the row count and of the sum of a hash of every row.
///
/// Each value is written with its length, so that no two rows are written alike; NULL is no text. The sum grows by addition only, so
/// that the server needs no memory for the rows, however many.
#[must_use]
pub fn contents_query(
    relation: &QualifiedName,
    columns: &[TwinColumn],
    as_of: Option<u64>,
) -> String {
    let values: Vec<String> = columns
        .iter()
        .map(|column| {
            let text = format!("r.{}::text", column.name.quoted());
            format!("coalesce(length({text})::text || ':' || {text}, '-')")
        })
        .collect();
    let row = if values.is_empty() {
        "''".to_owned()
    } else {
        values.join(" || ")
    };
    let digits: Vec<String> = (0..DIGITS)
        .map(|at| {
            let weight = 16_u64.pow(at);
            let digit = format!("strpos('123456789abcdef', substr(h.hash, {}, 1))", at + 1);
            format!("{digit}::int8 * {weight}::int8")
        })
        .collect();
    let as_of = as_of.map_or_else(String::new, |time| format!("\nAS OF {time}"));
    format!(
        "SELECT count(*)::text AS row_count, coalesce(sum({})::text, '0') AS checksum\nFROM (SELECT md5({row}) AS hash FROM {} AS r) AS h{as_of}",
        digits.join(" + "),
        relation.quoted()
    )
}

/// Chooses the cluster that later SELECTs of the session run on.
#[must_use]
pub fn set_cluster(cluster: &Identifier) -> String {
    format!("SET cluster = {}", cluster.quoted())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    fn column(text: &str, type_name: &str, nullable: bool) -> TwinColumn {
        TwinColumn {
            name: name(text),
            type_name: type_name.to_owned(),
            nullable,
        }
    }

    fn contents(rows: u64, checksum: &str) -> Contents {
        Contents {
            rows,
            checksum: checksum.to_owned(),
        }
    }

    #[test]
    fn every_kind_of_difference_between_columns_is_told() {
        let before = [
            column("a", "integer", false),
            column("b", "text", true),
            column("c", "text", true),
        ];
        let after = [
            column("b", "text", false),
            column("a", "bigint", false),
            column("d", "text", true),
        ];
        assert_eq!(
            column_differences(&before, &after),
            [
                "column a: integer -> bigint",
                "column b: nullable -> not null",
                "column c only in production",
                "column d only in the deployment"
            ]
        );
        let turned = [after[1].clone(), after[0].clone()];
        let order = column_differences(&after[..2], &turned);
        assert_eq!(order, ["the columns are in another order"]);
        assert!(column_differences(&before, &before).is_empty());
    }

    #[test]
    fn only_an_unchanged_model_must_be_equal() {
        let (one, other) = (contents(3, "7"), contents(3, "8"));
        let judge = |expected, columns: &[String], after| {
            content_match(expected, columns, Some(&one), after)
        };
        let changed = Compared::Changed(ModelChange::Downstream);
        assert_eq!(
            judge(Compared::Unmodified, &[], Some(&one)),
            ContentMatch::Equal
        );
        assert_eq!(
            judge(Compared::Unmodified, &[], Some(&other)),
            ContentMatch::Differs
        );
        assert_eq!(judge(changed, &[], Some(&other)), ContentMatch::Changed);
        assert_eq!(judge(changed, &[], Some(&one)), ContentMatch::Equal);
        assert_eq!(
            judge(Compared::Unknown, &[], Some(&other)),
            ContentMatch::Unknown
        );
        assert_eq!(judge(changed, &[], None), ContentMatch::Unread);
        let columns = ["column a only in production".to_owned()];
        assert_eq!(
            judge(Compared::Unmodified, &columns, None),
            ContentMatch::Differs
        );
        assert_eq!(judge(changed, &columns, Some(&one)), ContentMatch::Changed);
    }

    #[test]
    fn only_a_removed_model_may_be_missing() {
        let changed = |change| without_twin(Compared::Changed(change));
        assert_eq!(changed(ModelChange::Removed), ContentMatch::Changed);
        assert_eq!(changed(ModelChange::Modified), ContentMatch::Missing);
        assert_eq!(without_twin(Compared::Unmodified), ContentMatch::Missing);
        assert_eq!(without_twin(Compared::Unknown), ContentMatch::Unknown);
    }

    #[test]
    fn names_are_quoted_in_the_query() {
        let relation = QualifiedName {
            database: name("db"),
            schema: name("s"),
            name: name("odd \"one\""),
        };
        let sql = contents_query(&relation, &[column("a\"b", "text", true)], Some(17));
        assert!(sql.contains(r#"FROM "db"."s"."odd ""one""" AS r"#), "{sql}");
        assert!(sql.contains(r#"r."a""b"::text"#), "{sql}");
        assert!(sql.ends_with("AS OF 17"), "{sql}");
        assert_eq!(set_cluster(&name("c\"x")), r#"SET cluster = "c""x""#);
    }
}
