//! Transactions: what may share one, and how they end (recorded: 05).

use crate::catalog::Catalog;
use crate::catalog::id::Id;
use crate::error::{SqlError, SqlResult};
use crate::statement::Ddl;
use crate::store::Row;

/// What a transaction has done so far; each kind keeps the others out.
#[derive(Debug, Default)]
pub enum Work {
    #[default]
    Nothing,
    Reads,
    Subscribes,
    /// Rows to add at the end, by table.
    Writes(Vec<(Id, Vec<Row>)>),
    /// Swaps and renames, done on a copy of the catalog that was current at `base`.
    Renames {
        base: u64,
        catalog: Box<Catalog>,
    },
    /// One other statement, carried out at the end.
    Single(Box<Ddl>),
}

#[derive(Debug, Default)]
pub enum Transaction {
    #[default]
    None,
    /// Of one query string, without BEGIN.
    Implicit(Work),
    /// After BEGIN.
    Explicit(Work),
    /// A statement of it was refused; only its end is left.
    Failed,
}

/// What a statement does to its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Read,
    Subscribe,
    Write,
    Rename,
    OtherDdl,
}

impl Transaction {
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Explicit(_) | Self::Failed)
    }

    pub const fn work(&mut self) -> Option<&mut Work> {
        match self {
            Self::Implicit(work) | Self::Explicit(work) => Some(work),
            Self::None | Self::Failed => None,
        }
    }

    /// Whether the statement may run in this transaction.
    ///
    /// # Errors
    /// The recorded refusals: 25P02, 25000, 25001, 25006. `shown` is the statement as messages show it.
    pub fn admit(&self, act: Act, shown: &str) -> SqlResult<()> {
        let work = match self {
            Self::None => return Ok(()),
            Self::Failed => return Err(aborted()),
            Self::Implicit(_) if act == Act::OtherDdl => return Err(not_in_block(shown)),
            Self::Implicit(work) | Self::Explicit(work) => work,
        };
        match (work, act) {
            (Work::Nothing, _)
            | (Work::Reads, Act::Read)
            | (Work::Writes(_), Act::Write)
            | (Work::Subscribes, Act::Subscribe)
            | (Work::Renames { .. }, Act::Rename) => Ok(()),
            (Work::Renames { .. }, _) => Err(SqlError::new(
                "25000",
                "transactions which modify objects are restricted to just modifying objects",
            )),
            (Work::Reads | Work::Subscribes, _) => Err(SqlError::new(
                "25006",
                "transaction in read-only mode",
            )
            .detail(
                "SELECT queries cannot be combined with other query types, including SUBSCRIBE.",
            )),
            (Work::Writes(_), _) => Err(SqlError::new("25000", "transaction in write-only mode")),
            (Work::Single(_), _) => Err(SqlError::new(
                "25000",
                "this transaction can only execute a single statement",
            )),
        }
    }

    /// A statement was refused.
    pub fn fail(&mut self) {
        *self = match std::mem::take(self) {
            Self::Explicit(_) | Self::Failed => Self::Failed,
            Self::Implicit(_) | Self::None => Self::None,
        };
    }
}

#[must_use]
pub fn aborted() -> SqlError {
    SqlError::new(
        "25P02",
        "current transaction is aborted, commands ignored until end of transaction block",
    )
}

/// Recorded: 05, 11.
#[must_use]
pub fn not_in_block(shown: &str) -> SqlError {
    SqlError::new(
        "25001",
        format!("{shown} cannot be run inside a transaction block"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_renames_keep_each_other_out() {
        let reads = Transaction::Explicit(Work::Reads);
        assert_eq!(reads.admit(Act::Rename, "").unwrap_err().code, "25006");
        let single = Transaction::Implicit(Work::Nothing);
        assert_eq!(
            single.admit(Act::OtherDdl, "CREATE SCHEMA a1").unwrap_err(),
            not_in_block("CREATE SCHEMA a1")
        );
        assert!(
            Transaction::Explicit(Work::Nothing)
                .admit(Act::OtherDdl, "")
                .is_ok()
        );
    }

    #[test]
    fn only_an_explicit_transaction_stays_failed() {
        let mut explicit = Transaction::Explicit(Work::Nothing);
        explicit.fail();
        assert_eq!(explicit.admit(Act::Read, "").unwrap_err().code, "25P02");
        let mut implicit = Transaction::Implicit(Work::Nothing);
        implicit.fail();
        assert!(matches!(implicit, Transaction::None));
    }
}
