//! Who plans, and when.

/// Who acts, and when: for records. Time enters from outside, so that planning stays pure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// RFC 3339.
    pub at: String,
    /// The commit that is checked out, if there is one.
    pub commit: Option<String>,
    /// `CI_TAG`, as dbt-materialize uses it.
    pub ci_tag: Option<String>,
}
