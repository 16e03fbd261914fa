//! The deployment record: one line in the comment of each schema of the pair, beside whatever text is there.
//!
//! Comments travel with the schema's id through a swap (recorded: 14), so the record says what the objects are, whatever name they carry now.

use super::name::SchemaId;
use std::collections::BTreeMap;
use std::fmt;

const NAME: &str = "cutover/";
const PREFIX: &str = "cutover/1 ";
const SEPARATOR: &str = " | ";

/// What the schema's objects are meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeploymentRole {
    /// Meant to become production.
    Candidate,
    /// What clients use.
    Production,
    /// The old production: the way back.
    Retired,
    /// Rebuilt to equal production: the way back is closed, the next deploy starts from here.
    Synced,
}

impl DeploymentRole {
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
    pub role: DeploymentRole,
    /// The dbt target.
    pub environment: String,
    /// The id of the other schema of the pair.
    pub twin: Option<SchemaId>,
    /// First 12 hex digits of the hash of the manifest that was deployed.
    pub manifest: Option<String>,
    /// The project that the manifest tells of, whichever parse of it: 12 hex digits. Where the manifest's file is not at hand, a parse of
    /// the same project tells what it holds.
    pub project: Option<String>,
    /// The manifest that was held before an unfinished deployment began: what a repetition compares with.
    pub base: Option<String>,
    /// The manifest that production was said to run (by a state directory, or by a record before somebody built on it): nothing proves it.
    pub claimed: Option<String>,
    pub commit: Option<String>,
    /// `CI_TAG` of the job that deployed it.
    pub tag: Option<String>,
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

    /// The record within a comment, if it can be read and is the only one.
    #[must_use]
    pub fn find(comment: &str) -> Option<Self> {
        match Written::read(Some(comment)) {
            Written::Record(record) => Some(*record),
            Written::Nothing | Written::Broken(_) => None,
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let fields = fields(line.strip_prefix(PREFIX)?)?;
        let text = |key: &str| fields.get(key).filter(|value| !value.is_empty()).cloned();
        let hash = |key: &str| match text(key) {
            Some(hash) if !is_hash(&hash) => None,
            hash => Some(hash),
        };
        Some(Self {
            role: DeploymentRole::parse(&text("role")?)?,
            environment: text("env").unwrap_or_default(),
            twin: text("twin").map(|id| id.parse()).transpose().ok()?,
            manifest: hash("manifest")?,
            project: hash("project")?,
            base: hash("base")?,
            claimed: hash("claimed")?,
            commit: text("commit"),
            tag: text("tag"),
            complete: text("complete").as_deref() == Some("yes"),
            by: text("by").unwrap_or_default(),
            at: text("at").unwrap_or_default(),
        })
    }

    /// The comment with this record in place of an earlier one; other text stays as it is.
    #[must_use]
    pub fn write_into(&self, comment: Option<&str>) -> String {
        let mut parts = other_parts(comment);
        parts.push(self.to_string());
        parts.join(SEPARATOR)
    }
}

/// What a comment holds of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    Nothing,
    Record(Box<Record>),
    /// Something that begins like a record and is none, or more than one: why it does not count.
    Broken(String),
}

impl Written {
    /// Reads a schema's comment.
    #[must_use]
    pub fn read(comment: Option<&str>) -> Self {
        let lines: Vec<&str> = parts(comment).filter(|part| is_record_like(part)).collect();
        match lines.as_slice() {
            [] => Self::Nothing,
            [line] => Record::parse(line).map_or_else(
                || Self::Broken("its record can't be read".to_owned()),
                |record| Self::Record(Box::new(record)),
            ),
            _ => Self::Broken("it holds more than one record".to_owned()),
        }
    }
}

/// The first 12 hex digits of a hash.
fn is_hash(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A record of any version begins like this.
fn is_record_like(part: &str) -> bool {
    part.strip_prefix(NAME).is_some_and(|rest| {
        let version = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        version.len() < rest.len() && version.starts_with(' ')
    })
}

/// Text of somebody else (a CI tag, a role's name, what a person wrote), so that no record can be in it.
#[must_use]
pub fn foreign(text: &str) -> String {
    text.replace(NAME, "cutover%2F")
}

/// The texts of a comment. Values of a record hold no bar, so a bar always stands between texts.
fn parts(comment: Option<&str>) -> impl Iterator<Item = &str> {
    comment
        .into_iter()
        .flat_map(|comment| comment.split('|'))
        .map(str::trim)
}

/// The comment without any record; `None` when nothing else is in it.
#[must_use]
pub fn without_record(comment: Option<&str>) -> Option<String> {
    let parts = other_parts(comment);
    (!parts.is_empty()).then(|| parts.join(SEPARATOR))
}

/// What is not a record, as it was written; what only begins like one is kept so that it does so no more.
fn other_parts(comment: Option<&str>) -> Vec<String> {
    let Some(comment) = comment else {
        return Vec::new();
    };
    let mut others: Vec<String> = Vec::new();
    let mut apart = true;
    for part in comment.split('|') {
        let text = part.trim();
        if is_record_like(text) {
            apart = true;
            if Record::parse(text).is_none() {
                others.push(foreign(text));
            }
            continue;
        }
        // A bar of the text's own stays in it.
        match others.last_mut().filter(|_| !apart) {
            Some(last) => {
                last.push('|');
                last.push_str(part);
            }
            None => others.push(part.to_owned()),
        }
        apart = false;
    }
    let texts = others.iter().flat_map(|text| text.split(SEPARATOR));
    texts
        .map(|text| text.trim_matches(|c: char| c == '|' || c.is_whitespace()))
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The comment without any record and without the mark of an earlier promote; `None` when nothing else is in it.
#[must_use]
pub fn without_promotion_mark(comment: Option<&str>) -> Option<String> {
    let others: Vec<String> = other_parts(comment)
        .into_iter()
        .filter(|part| !promoted_by_dbt(Some(part)) && !part.starts_with("Commit SHA: "))
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
        if let Some(project) = &self.project {
            write!(f, " project={}", escape(project))?;
        }
        if let Some(base) = &self.base {
            write!(f, " base={}", escape(base))?;
        }
        if let Some(claimed) = &self.claimed {
            write!(f, " claimed={}", escape(claimed))?;
        }
        if let Some(commit) = &self.commit {
            write!(f, " commit={}", escape(commit))?;
        }
        if let Some(tag) = &self.tag {
            write!(f, " tag={}", escape(tag))?;
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

/// The fields of a line, each `key=value`: a word between them is somebody else's text, and then it is no such line.
pub(super) fn fields(line: &str) -> Option<BTreeMap<&str, String>> {
    line.split(' ')
        .map(|field| {
            let (key, value) = field.split_once('=')?;
            Some((key, unescape(value)))
        })
        .collect()
}

/// Whitespace or a bar in a value would end the field or the record, and a value is no record itself.
pub(super) fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        if c == '%' || c == '|' || c == '/' || c.is_whitespace() || c.is_control() {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                escaped.push_str(&format!("%{byte:02X}"));
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// What is no escape stays as it is.
fn unescape(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = value.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(plain).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record() -> Record {
        Record {
            role: DeploymentRole::Candidate,
            environment: "prod".to_owned(),
            twin: Some(SchemaId::user(12)),
            manifest: Some("0123456789ab".to_owned()),
            project: None,
            base: None,
            claimed: None,
            commit: None,
            tag: None,
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
    fn a_foreign_comment_is_no_record_and_a_broken_one_is_told() {
        for text in [
            "Deployment by materialize on 2026",
            "see cutover/1 in the handbook",
            "",
        ] {
            assert_eq!(Written::read(Some(text)), Written::Nothing, "{text}");
        }
        for text in [
            "cutover/1 role=king env=prod",
            "cutover/2 role=candidate",
            "x| cutover/1 role=retired env=prod twin=u1 complete=yes by=me at=x on 2026-11-20",
            "cutover/1 role=candidate env=prod twin=u1 manifest=../../etc complete=yes",
        ] {
            assert!(
                matches!(Written::read(Some(text)), Written::Broken(_)),
                "{text}"
            );
        }
        let two = format!("{} | {}", record(), record());
        assert!(matches!(Written::read(Some(&two)), Written::Broken(_)));
    }

    #[test]
    fn what_only_begins_like_a_record_is_kept_and_does_so_no_more() {
        let written = record().write_into(Some("note | cutover/1 role=king | x|y |"));
        assert_eq!(
            written,
            format!("note | cutover%2F1 role=king | x|y | {}", record())
        );
        assert_eq!(Record::find(&written), Some(record()));
    }

    proptest! {
        #[test]
        fn reads_back_what_it_wrote(env in "[^\\x00]{1,20}", by in "[^\\x00]{1,20}", complete: bool) {
            let record = Record { environment: env, by, complete, ..record() };
            prop_assert_eq!(Record::find(&record.write_into(Some("x | y"))), Some(record));
        }

        /// Whatever stands in a comment, in a tag or in a value: what is read is what was written.
        #[test]
        fn no_text_of_others_holds_or_hides_a_record(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "cutover/", "1", " ", "|", " | ", "role=retired", "env=prod", "twin=u1", "complete=yes", "\n", "%", "x", "Deployment by ",
                ]),
                0..14,
            ),
        ) {
            let text = pieces.concat();
            prop_assert_eq!(Written::read(Some(&foreign(&text))), Written::Nothing);
            let record = Record { by: text.clone(), tag: Some(text.clone()).filter(|text| !text.is_empty()), ..record() };
            let kept = without_record(Some(&text));
            let written = record.write_into(Some(&text));
            prop_assert_eq!(Record::find(&written), Some(record.clone()));
            let again = record.write_into(Some(&written));
            prop_assert_eq!(&again, &written, "written once");
            if let Some(kept) = kept {
                prop_assert_eq!(Record::find(&record.write_into(Some(&kept))), Some(record));
            }
        }
    }
}
