//! The deployment record: one line in the comment of each schema of the pair, beside whatever text is there.
//!
//! Comments travel with the schema's id through a swap (recorded: 14), so the record says what the objects are, whatever name they carry now.

use super::name::SchemaId;
use std::collections::BTreeMap;
use std::fmt;

const PREFIX: &str = "cutover/1 ";
const SEPARATOR: &str = " | ";

/// What the schema's objects are meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Meant to become production.
    Candidate,
    /// What clients use.
    Production,
    /// The old production: the way back.
    Retired,
    /// Rebuilt to equal production: the way back is closed, the next deploy starts from here.
    Synced,
}

impl Role {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Production => "production",
            Self::Retired => "retired",
            Self::Synced => "synced",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [
            Self::Candidate,
            Self::Production,
            Self::Retired,
            Self::Synced,
        ]
        .into_iter()
        .find(|role| role.as_str() == text)
    }
}

/// One deployment record. Unknown keys of a newer version are ignored when read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub role: Role,
    /// The dbt target.
    pub environment: String,
    /// The id of the other schema of the pair.
    pub twin: Option<SchemaId>,
    /// First 12 hex digits of the hash of the manifest that was deployed.
    pub manifest: Option<String>,
    /// The manifest that was held before an unfinished deployment began: what a repetition compares with.
    pub base: Option<String>,
    pub commit: Option<String>,
    /// Whether the deployment that wrote it finished.
    pub complete: bool,
    /// The database role that wrote it.
    pub by: String,
    /// When it was written: RFC 3339, by the writer's clock. For people only, never compared.
    pub at: String,
}

impl Record {
    /// The manifest whose objects are surely here: that of the last deployment that finished.
    #[must_use]
    pub fn held(&self) -> Option<&str> {
        if self.complete {
            self.manifest.as_deref()
        } else {
            self.base.as_deref()
        }
    }

    /// The record within a comment, if there is one that can be read.
    #[must_use]
    pub fn find(comment: &str) -> Option<Self> {
        comment
            .split(SEPARATOR)
            .find_map(|part| Self::parse(part.trim()))
    }

    fn parse(line: &str) -> Option<Self> {
        let fields: BTreeMap<&str, String> = line
            .strip_prefix(PREFIX)?
            .split(' ')
            .filter_map(|field| field.split_once('='))
            .map(|(key, value)| (key, unescape(value)))
            .collect();
        let text = |key: &str| fields.get(key).filter(|value| !value.is_empty()).cloned();
        Some(Self {
            role: Role::parse(&text("role")?)?,
            environment: text("env").unwrap_or_default(),
            twin: text("twin").map(SchemaId::new),
            manifest: text("manifest"),
            base: text("base"),
            commit: text("commit"),
            complete: text("complete").as_deref() == Some("yes"),
            by: text("by").unwrap_or_default(),
            at: text("at").unwrap_or_default(),
        })
    }

    /// The comment with this record in place of an earlier one; other text stays as it is.
    #[must_use]
    pub fn write_into(&self, comment: Option<&str>) -> String {
        let mut parts: Vec<&str> = other_parts(comment);
        let line = self.to_string();
        parts.push(&line);
        parts.join(SEPARATOR)
    }
}

/// The comment without any record; `None` when nothing else is in it.
#[must_use]
pub fn without_record(comment: Option<&str>) -> Option<String> {
    let parts = other_parts(comment);
    (!parts.is_empty()).then(|| parts.join(SEPARATOR))
}

fn other_parts(comment: Option<&str>) -> Vec<&str> {
    comment
        .into_iter()
        .flat_map(|comment| comment.split(SEPARATOR))
        .filter(|part| !part.trim_start().starts_with(PREFIX) && !part.trim().is_empty())
        .collect()
}

/// The comment without any record and without the mark of an earlier promote; `None` when nothing else is in it.
#[must_use]
pub fn without_promotion_mark(comment: Option<&str>) -> Option<String> {
    let others: Vec<&str> = other_parts(comment)
        .into_iter()
        .filter(|part| {
            !promoted_by_dbt(Some(part)) && !part.trim_start().starts_with("Commit SHA: ")
        })
        .collect();
    (!others.is_empty()).then(|| others.join(SEPARATOR))
}

/// Whether a comment bears the mark that dbt-materialize's `deploy_promote` leaves on production.
#[must_use]
pub fn promoted_by_dbt(comment: Option<&str>) -> bool {
    comment.is_some_and(|text| text.trim_start().starts_with("Deployment by "))
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{PREFIX}role={} env={}",
            self.role.as_str(),
            escape(&self.environment)
        )?;
        if let Some(twin) = &self.twin {
            write!(f, " twin={twin}")?;
        }
        if let Some(manifest) = &self.manifest {
            write!(f, " manifest={}", escape(manifest))?;
        }
        if let Some(base) = &self.base {
            write!(f, " base={}", escape(base))?;
        }
        if let Some(commit) = &self.commit {
            write!(f, " commit={}", escape(commit))?;
        }
        let complete = if self.complete { "yes" } else { "no" };
        write!(
            f,
            " complete={complete} by={} at={}",
            escape(&self.by),
            escape(&self.at)
        )
    }
}

/// A space or a bar in a value would end the field or the record.
fn escape(value: &str) -> String {
    value
        .replace('%', "%25")
        .replace(' ', "%20")
        .replace('|', "%7C")
        .replace('\n', "%0A")
}

fn unescape(value: &str) -> String {
    value
        .replace("%0A", "\n")
        .replace("%7C", "|")
        .replace("%20", " ")
        .replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record() -> Record {
        Record {
            role: Role::Candidate,
            environment: "prod".to_owned(),
            twin: Some(SchemaId::new("u12")),
            manifest: Some("0123456789ab".to_owned()),
            base: None,
            commit: None,
            complete: false,
            by: "materialize".to_owned(),
            at: "2026-11-20T10:00:00Z".to_owned(),
        }
    }

    #[test]
    fn stands_beside_other_text_and_replaces_only_itself() {
        let first = record().write_into(Some("Deployment by me | pr_12"));
        assert!(first.starts_with("Deployment by me | pr_12 | cutover/1 role=candidate"));
        let done = Record {
            complete: true,
            ..record()
        }
        .write_into(Some(&first));
        assert_eq!(done.matches("cutover/1").count(), 1);
        assert_eq!(
            Record::find(&done),
            Some(Record {
                complete: true,
                ..record()
            })
        );
        assert_eq!(
            without_record(Some(&done)).as_deref(),
            Some("Deployment by me | pr_12")
        );
        assert_eq!(without_record(Some(&record().to_string())), None);
    }

    #[test]
    fn a_foreign_or_broken_comment_is_no_record() {
        assert_eq!(Record::find("Deployment by materialize on 2026"), None);
        assert_eq!(Record::find("cutover/1 role=king env=prod"), None);
        assert_eq!(Record::find("cutover/2 role=candidate"), None);
    }

    proptest! {
        #[test]
        fn reads_back_what_it_wrote(env in "[^\\x00]{1,20}", by in "[^\\x00]{1,20}", complete: bool) {
            let record = Record { environment: env, by, complete, ..record() };
            prop_assert_eq!(Record::find(&record.write_into(Some("x | y"))), Some(record));
        }
    }
}
