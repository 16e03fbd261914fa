//! Statements, parsed.
//!
//! Queries go through `sqlparser`; everything that Materialize says differently from Postgres (which is all of DDL) is read by
//! hand from its tokens.

pub mod cluster;
pub mod ingest;
pub mod object;
pub mod query;
pub mod relation;
pub mod rights;
pub mod settings;
pub mod show;
pub mod subscribe;
pub mod tokens;

use crate::error::{SqlError, SqlResult};
use cluster::{ClusterChange, ClusterSpec};
use ingest::{CreateConnection, CreateSink, CreateSource};
use object::ObjectKind;
use relation::{CreateIndex, CreateMaterializedView, CreateTable, CreateView};
use rights::{DefaultPrivileges, Grant};
use show::Show;
use sqlparser::ast::{Query, Statement as Dml};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;
use subscribe::Subscribe;
use tokens::Cursor;

/// A name as it was written, one part per identifier.
pub type Name = Vec<String>;

#[derive(Debug, Clone)]
pub enum Statement {
    Select(Box<Query>),
    Subscribe(Subscribe),
    /// `COPY (..) TO STDOUT`.
    CopySelect(Box<Query>),
    CopySubscribe(Subscribe),
    Declare {
        cursor: String,
        of: CursorOf,
    },
    Fetch {
        cursor: String,
        /// `None` for ALL.
        count: Option<u64>,
        /// In seconds; `None` waits for one row.
        timeout: Option<f64>,
    },
    CloseCursor(String),
    Show(Show),
    Set {
        name: String,
        /// `None` for DEFAULT.
        value: Option<Vec<String>>,
        local: bool,
    },
    Reset(String),
    /// SET TRANSACTION and the like, which change nothing here.
    SetTransaction,
    DiscardAll,
    Begin,
    Commit,
    Rollback,
    /// INSERT, UPDATE, DELETE.
    Dml(Box<Dml>),
    Ddl(Box<Ddl>),
}

#[derive(Debug, Clone)]
pub enum CursorOf {
    Select(Box<Query>),
    Subscribe(Subscribe),
}

/// A statement that changes the catalog.
#[derive(Debug, Clone)]
pub enum Ddl {
    CreateDatabase {
        name: String,
        if_not_exists: bool,
    },
    CreateSchema {
        name: Name,
        if_not_exists: bool,
    },
    CreateRole {
        name: String,
    },
    CreateCluster {
        name: String,
        if_not_exists: bool,
        spec: ClusterSpec,
    },
    CreateReplica {
        cluster: String,
        name: String,
        size: String,
    },
    CreateTable(CreateTable),
    CreateView(CreateView),
    CreateMaterializedView(CreateMaterializedView),
    CreateIndex(CreateIndex),
    CreateSource(CreateSource),
    CreateSink(CreateSink),
    CreateConnection(CreateConnection),
    CreateSecret {
        name: Name,
        if_not_exists: bool,
    },
    Drop {
        kind: ObjectKind,
        names: Vec<Name>,
        if_exists: bool,
        cascade: bool,
    },
    Swap {
        kind: ObjectKind,
        name: Name,
        with: String,
    },
    Rename {
        kind: ObjectKind,
        name: Name,
        to: String,
        if_exists: bool,
    },
    ChangeOwner {
        kind: ObjectKind,
        name: Name,
        role: String,
        if_exists: bool,
    },
    AlterCluster {
        name: String,
        if_exists: bool,
        change: ClusterChange,
    },
    /// ALTER SINK .. SET FROM.
    MoveSink {
        sink: Name,
        from: Name,
    },
    AlterSystem {
        name: String,
        value: Option<String>,
    },
    Grant(Grant),
    GrantRole {
        roles: Vec<String>,
        members: Vec<String>,
        revoke: bool,
    },
    DefaultPrivileges(DefaultPrivileges),
    Comment {
        kind: ObjectKind,
        name: Name,
        /// For COMMENT ON COLUMN.
        column: Option<String>,
        /// `None` for NULL.
        text: Option<String>,
    },
}

impl Ddl {
    /// Whether it may share a transaction with others of its kind (recorded: 05, 14).
    #[must_use]
    pub fn is_rename(&self) -> bool {
        matches!(self, Self::Swap { .. } | Self::Rename { .. })
    }
}

/// Parses one statement.
///
/// # Errors
/// 42601 for what is not SQL, 0A000 for what the simulator does not know.
pub fn parse(tokens: &[Token]) -> SqlResult<Statement> {
    let mut cursor = Cursor::new(tokens);
    let Some(Token::Word(first)) = cursor.peek() else {
        return match cursor.peek() {
            Some(Token::LParen) => query::parse(tokens).map(Statement::Select),
            _ => Err(cursor.unexpected("a keyword at the beginning of a statement")),
        };
    };
    match first.keyword {
        Keyword::SELECT | Keyword::WITH | Keyword::VALUES | Keyword::TABLE => {
            query::parse(tokens).map(Statement::Select)
        }
        Keyword::INSERT | Keyword::UPDATE | Keyword::DELETE => {
            query::parse_dml(tokens).map(Statement::Dml)
        }
        Keyword::CREATE => parse_create(&mut cursor).map(ddl),
        Keyword::ALTER => parse_alter(&mut cursor).map(ddl),
        Keyword::DROP => object::parse_drop(&mut cursor).map(ddl),
        Keyword::COMMENT => object::parse_comment(&mut cursor).map(ddl),
        Keyword::GRANT | Keyword::REVOKE => rights::parse_grant(&mut cursor).map(ddl),
        Keyword::SHOW => show::parse(&mut cursor).map(Statement::Show),
        _ => parse_other(tokens, &mut cursor),
    }
}

fn ddl(ddl: Ddl) -> Statement {
    Statement::Ddl(Box::new(ddl))
}

fn parse_other(tokens: &[Token], cursor: &mut Cursor<'_>) -> SqlResult<Statement> {
    if let Some(statement) = settings::parse(cursor)? {
        return Ok(statement);
    }
    if let Some(statement) = subscribe::parse(cursor)? {
        return Ok(statement);
    }
    match cursor.peek() {
        Some(Token::Word(word)) if word.keyword == Keyword::NoKeyword => {
            Err(cursor.unexpected("a keyword at the beginning of a statement"))
        }
        _ => Err(SqlError::unsupported(tokens::shown(tokens))),
    }
}

fn parse_create(cursor: &mut Cursor<'_>) -> SqlResult<Ddl> {
    let statement = cursor.clone();
    cursor.expect("create")?;
    let or_replace = cursor.accept("or replace");
    let temporary = cursor.accept("temporary") || cursor.accept("temp");
    if cursor.accept("view") {
        relation::parse_view(cursor, or_replace, temporary).map(Ddl::CreateView)
    } else if cursor.accept("materialized view") {
        relation::parse_materialized_view(cursor, or_replace).map(Ddl::CreateMaterializedView)
    } else if cursor.accept("table") {
        relation::parse_table(cursor, temporary).map(Ddl::CreateTable)
    } else if cursor.sees("default index") || cursor.sees("index") {
        relation::parse_index(cursor).map(Ddl::CreateIndex)
    } else if cursor.accept("source") {
        ingest::parse_source(cursor).map(Ddl::CreateSource)
    } else if cursor.accept("sink") {
        ingest::parse_sink(cursor).map(Ddl::CreateSink)
    } else if cursor.accept("connection") {
        ingest::parse_connection(cursor).map(Ddl::CreateConnection)
    } else if cursor.accept("cluster replica") {
        cluster::parse_create_replica(cursor)
    } else if cursor.accept("cluster") {
        cluster::parse_create(cursor)
    } else {
        object::parse_create(cursor, &statement)
    }
}

fn parse_alter(cursor: &mut Cursor<'_>) -> SqlResult<Ddl> {
    let statement = cursor.clone();
    cursor.expect("alter")?;
    if cursor.accept("default privileges") {
        return rights::parse_default_privileges(cursor).map(Ddl::DefaultPrivileges);
    }
    if cursor.accept("system") {
        return settings::parse_alter_system(cursor);
    }
    object::parse_alter(cursor, &statement)
}
