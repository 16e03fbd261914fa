//! A scripted server: it does what a test says, which a faithful simulator could not be brought to do.
//!
//! It holds rows by query, knows a logical time that only the test moves, and streams SUBSCRIBEs from both.

use crate::wire::{Opening, Outgoing, Row, opening, query};
use cutover::materialize::queries::{CatalogQuery, QUERIES};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub const START: u64 = 1_795_167_680_000;

/// What a statement is answered with.
#[derive(Debug, Clone)]
pub enum Reply {
    Tag(&'static str),
    Notice(&'static str, &'static str),
    Error(&'static str, &'static str),
    /// No answer until a cancel request comes.
    Hang,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Times {
    Always,
    Once,
}

#[derive(Debug, Clone)]
struct Change {
    time: u64,
    query: CatalogQuery,
    row: Row,
    diff: i64,
}

#[derive(Debug, Clone, Default)]
struct World {
    time: u64,
    changes: Vec<Change>,
    /// Statements that hold this text are answered so: always, or once.
    replies: Vec<(&'static str, Reply, Times)>,
    /// Relations or columns that this server lacks.
    lacking: Vec<&'static str>,
    statements: Vec<String>,
    /// SUBSCRIBEs that hold this text hear of no more progress.
    silent: Option<&'static str>,
    /// Without one, a simulated server's.
    version: Option<&'static str>,
    /// SELECTs that hold this text are of so many milliseconds ago.
    stale: Option<(&'static str, u64)>,
    /// The parameters that sessions were opened with, in order.
    startups: Vec<String>,
}

#[derive(Clone)]
pub struct Script {
    pub address: SocketAddr,
    world: Arc<watch::Sender<World>>,
    cancelled: Arc<watch::Sender<i32>>,
}

/// Cells from texts; `-` is NULL.
pub fn row(cells: &[&str]) -> Row {
    cells
        .iter()
        .map(|cell| (*cell != "-").then(|| (*cell).to_owned()))
        .collect()
}

impl Script {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let script = Self {
            address: listener.local_addr().unwrap(),
            world: Arc::new(watch::Sender::new(World {
                time: START,
                ..World::default()
            })),
            cancelled: Arc::default(),
        };
        let server = script.clone();
        let last_session = AtomicI32::new(0);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let session = last_session.fetch_add(1, Ordering::SeqCst) + 1;
                let server = server.clone();
                tokio::spawn(async move { server.serve(stream, session).await });
            }
        });
        script
    }

    /// Answers every statement that holds the text so, from now on.
    pub fn reply(&self, text: &'static str, reply: Reply) {
        self.world.send_modify(|world| {
            world.replies.insert(0, (text, reply, Times::Always));
        });
    }

    /// Answers the next statement that holds the text so.
    pub fn reply_once(&self, text: &'static str, reply: Reply) {
        self.world.send_modify(|world| {
            world.replies.insert(0, (text, reply, Times::Once));
        });
    }

    /// An older server: it lacks this relation, or column of a relation.
    pub fn lack(&self, what: &'static str) {
        self.world.send_modify(|world| world.lacking.push(what));
    }

    /// Every stream goes on except those that hold the text.
    pub fn silence(&self, text: &'static str) {
        self.world.send_modify(|world| world.silent = Some(text));
    }

    /// The version that the server says that it is.
    pub fn version(&self, version: &'static str) {
        self.world
            .send_modify(|world| world.version = Some(version));
    }

    /// SELECTs that hold the text are of so many milliseconds ago.
    pub fn stale(&self, text: &'static str, millis: u64) {
        self.world
            .send_modify(|world| world.stale = Some((text, millis)));
    }

    /// The parameters that sessions were opened with, in order.
    pub fn startups(&self) -> Vec<String> {
        self.world.borrow().startups.clone()
    }

    /// One second later, these rows came (+1) or went (-1).
    pub fn second(&self, changes: &[(CatalogQuery, i64, &[&str])]) {
        self.world.send_modify(|world| {
            world.time += 1_000;
            let time = world.time;
            world
                .changes
                .extend(changes.iter().map(|(query, diff, cells)| Change {
                    time,
                    query: *query,
                    row: row(cells),
                    diff: *diff,
                }));
        });
    }

    /// The statements that hold the text, in order of arrival.
    pub fn heard(&self, text: &str) -> Vec<String> {
        let world = self.world.borrow();
        let holds = |statement: &&String| statement.contains(text);
        world.statements.iter().filter(holds).cloned().collect()
    }

    async fn serve(&self, mut stream: TcpStream, session: i32) -> Option<()> {
        match opening(&mut stream).await? {
            Opening::Cancel(session) => {
                self.cancelled.send_replace(session);
                return None;
            }
            Opening::Startup(parameters) => self.world.send_modify(|world| {
                world.startups.push(parameters);
            }),
        }
        let version = self.world.borrow().version;
        let version = version.unwrap_or("v26.9.0 (simulated)");
        Outgoing::welcome(session, version)
            .send(&mut stream)
            .await
            .ok()?;
        while let Some(statement) = query(&mut stream).await {
            self.answer(&mut stream, session, statement).await?;
        }
        Some(())
    }

    async fn answer(&self, stream: &mut TcpStream, session: i32, sql: String) -> Option<()> {
        let mut reply = None;
        self.world.send_modify(|world| {
            world.statements.push(sql.clone());
            let holds = |(text, ..): &(&str, Reply, Times)| sql.contains(text);
            if let Some(at) = world.replies.iter().position(holds) {
                reply = Some(world.replies[at].1.clone());
                if world.replies[at].2 == Times::Once {
                    world.replies.remove(at);
                }
            }
        });
        let out = Outgoing::default();
        let out = match reply {
            Some(Reply::Tag(tag)) => out.tag(tag),
            Some(Reply::Notice(tag, text)) => out.notice(text).tag(tag),
            Some(Reply::Error(sqlstate, text)) => out.error(sqlstate, text),
            Some(Reply::Hang) => {
                let mut cancelled = self.cancelled.subscribe();
                cancelled.wait_for(|other| *other == session).await.ok()?;
                out.error("57014", "canceling statement due to user request")
            }
            None if sql.starts_with("SUBSCRIBE") => return self.subscribe(stream, &sql).await,
            None => self.usual(out, &sql),
        };
        out.ready().send(stream).await.ok()
    }

    fn usual(&self, out: Outgoing, sql: &str) -> Outgoing {
        if sql.contains("mz_is_superuser") {
            let columns = ["version", "role", "superuser", "database"];
            let row = row(&["v26.9.0 (simulated)", "materialize", "f", "materialize"]);
            return out.columns(&columns).row(&row).tag("SELECT 1");
        }
        if sql.contains("mz_catalog.mz_columns") {
            let lacking = self.world.borrow().lacking.clone();
            let mut out = out.columns(&["schema_name", "relation_name", "column_name"]);
            for query in QUERIES.iter().filter(|query| !query.relation.is_empty()) {
                let (schema, relation) = query.relation.split_once('.').unwrap();
                for need in query.needs {
                    let column = format!("{}.{need}", query.relation);
                    if !lacking.contains(&column.as_str()) && !lacking.contains(&query.relation) {
                        out = out.row(&row(&[schema, relation, need]));
                    }
                }
            }
            return out.tag("SELECT 1");
        }
        if sql.contains(" AS fact") {
            return self.read(out, sql);
        }
        out.tag(match sql.split(' ').next().unwrap_or_default() {
            "BEGIN" => "BEGIN",
            "COMMIT" => "COMMIT",
            "ROLLBACK" => "ROLLBACK",
            "ALTER" => "ALTER SCHEMA",
            _ => "SELECT 0",
        })
    }

    fn read(&self, out: Outgoing, sql: &str) -> Outgoing {
        let world = self.world.borrow();
        let width = 2 + width(sql);
        let stale = world.stale.filter(|(text, _)| sql.contains(text));
        let time = world.time - stale.map_or(0, |(_, millis)| millis);
        let mut out = out.columns(&vec!["c"; width]);
        for (query, row, count) in alive(&world, sql) {
            for _ in 0..count {
                let mut cells = vec![Some(time.to_string()), Some(name(query).to_owned())];
                cells.extend(row.iter().cloned());
                cells.resize(width, None);
                out = out.row(&cells);
            }
        }
        out.tag("SELECT 1")
    }

    async fn subscribe(&self, stream: &mut TcpStream, sql: &str) -> Option<()> {
        let mut watched = self.world.subscribe();
        let world = watched.borrow_and_update().clone();
        let width = 4 + width(sql);
        let row = |mut cells: Row| {
            cells.resize(width, None);
            cells
        };
        let progress = |time: u64| row(vec![Some(time.to_string()), Some("t".to_owned())]);
        let mut out = Outgoing::default()
            .columns(&vec!["c"; width])
            .row(&progress(world.time));
        for (query, cells, count) in alive(&world, sql) {
            out = out.row(&row(change(world.time, count, query, &cells)));
        }
        let mut passed = world.time + 1;
        out.row(&progress(passed)).send(stream).await.ok()?;
        let mut seen = world.changes.len();
        loop {
            watched.changed().await.ok()?;
            let world = watched.borrow_and_update().clone();
            if world.silent.is_some_and(|text| sql.contains(text)) || world.time < passed {
                continue;
            }
            let mut out = Outgoing::default();
            for one in &world.changes[seen..] {
                if wanted(sql, one.query) {
                    out = out.row(&row(change(one.time, one.diff, one.query, &one.row)));
                }
            }
            seen = world.changes.len();
            passed = world.time + 1;
            out.row(&progress(passed)).send(stream).await.ok()?;
        }
    }
}

/// How many columns the queries of a statement have at most.
fn width(sql: &str) -> usize {
    QUERIES
        .iter()
        .filter(|query| wanted(sql, query.query))
        .map(|query| query.columns.len())
        .max()
        .unwrap_or(0)
}

fn name(query: CatalogQuery) -> &'static str {
    query.definition().name
}

fn wanted(sql: &str, query: CatalogQuery) -> bool {
    sql.contains(&format!("'{}' AS fact", name(query)))
}

fn change(time: u64, diff: i64, query: CatalogQuery, row: &Row) -> Row {
    let mut cells = vec![
        Some(time.to_string()),
        Some("f".to_owned()),
        Some(diff.to_string()),
        Some(name(query).to_owned()),
    ];
    cells.extend(row.iter().cloned());
    cells
}

fn alive(world: &World, sql: &str) -> Vec<(CatalogQuery, Row, i64)> {
    let mut counts: BTreeMap<(CatalogQuery, Row), i64> = BTreeMap::new();
    for change in world.changes.iter().filter(|one| wanted(sql, one.query)) {
        *counts
            .entry((change.query, change.row.clone()))
            .or_default() += change.diff;
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count != 0)
        .map(|((query, row), count)| (query, row, count))
        .collect()
}
