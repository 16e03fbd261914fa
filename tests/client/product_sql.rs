//! Every statement of `assets/sql` against what real servers answered to it (recordings 17): it is decoded by the code that reads servers.

use crate::recorded::{recording, text};
use cutover::domain::access::{Access, Grant, Grantee, Privilege};
use cutover::domain::name::{Identifier, RoleId};
use cutover::domain::reading::MissingReadings;
use cutover::domain::snapshot::{LogicalTime, Server, Snapshot};
use cutover::materialize::assemble::Assembler;
use cutover::materialize::decode::access::access;
use cutover::materialize::decode::background;
use cutover::materialize::decode::changes::ChangedIds;
use cutover::materialize::decode::identity::{Identity, identity, offer};
use cutover::materialize::decode::store::CatalogRows;
use cutover::materialize::offer::Offer;
use cutover::materialize::queries::{CatalogQuery, QUERIES, QueryDefinition};
use cutover::materialize::row::TextRow;
use flate2::read::GzDecoder;
use regex::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

/// A statement that no server was asked in this form, and why that is no risk.
struct Unrecorded {
    name: &'static str,
    why: &'static str,
    /// A recorded statement whose first columns are this one's answer, where there is one.
    answered_by: Option<&'static str>,
}

/// Whatever stands here may only use relations and columns of every recorded catalog (of those that have its relation, where older servers
/// may lack it), and constructs of the recordings.
const UNRECORDED: [Unrecorded; 14] = [
    Unrecorded {
        name: "system_privileges",
        why: "the recorded form cast the item to text and so read names; without the cast the column stands in another recorded statement",
        answered_by: Some(
            "select privileges, privileges::text from mz_catalog.mz_system_privileges",
        ),
    },
    Unrecorded {
        name: "audit_events",
        why: "the recorded form asked for schemas and clusters alone",
        answered_by: Some(
            "SELECT id::text AS id, event_type, object_type, details::text AS details, \"user\" AS user_name, \
             EXTRACT(EPOCH FROM occurred_at)::float8 AS occurred_at FROM mz_catalog.mz_audit_events \
             WHERE object_type IN ('schema', 'cluster') ORDER BY occurred_at DESC LIMIT 500",
        ),
    },
    Unrecorded {
        name: "name_events",
        why: "made after the recordings; the events that it takes apart stand in them, and their shape is held by a test here",
        answered_by: None,
    },
    Unrecorded {
        name: "object_events",
        why: "the same",
        answered_by: None,
    },
    Unrecorded {
        name: "own_session",
        why: "made after the recordings; where it is refused or tells nothing, the lease counts as held until its marker is dropped",
        answered_by: None,
    },
    Unrecorded {
        name: "view_schemas",
        why: "made after the recordings, of columns that other recorded statements read",
        answered_by: None,
    },
    Unrecorded {
        name: "types",
        why: "made after the recordings; the relation stands in others (18)",
        answered_by: None,
    },
    Unrecorded {
        name: "pending_replicas",
        why: "as another recording asks (18), with one column",
        answered_by: None,
    },
    Unrecorded {
        name: "reconfigurations",
        why: "another recording asks for the whole relation (v26.39/20), and its rows are decoded where they are read",
        answered_by: None,
    },
    Unrecorded {
        name: "autoscaling",
        why: "the recorded form left out the state, which another recording shows (v26.39/20)",
        answered_by: None,
    },
    Unrecorded {
        name: "replacements",
        why: "another recording asks for the whole relation (18)",
        answered_by: None,
    },
    Unrecorded {
        name: "catalog_server",
        why: "made after the recordings, of columns that other recorded statements read",
        answered_by: None,
    },
    Unrecorded {
        name: "replica_statuses",
        why: "the recorded form left out the replicas of built-in clusters",
        answered_by: Some(
            "SELECT replica_id, process_id::text AS process_id, status, reason, EXTRACT(EPOCH FROM updated_at)::float8 AS since \
             FROM mz_internal.mz_cluster_replica_statuses WHERE replica_id LIKE 'u%'",
        ),
    },
    Unrecorded {
        name: "replica_interruptions",
        why: "the same",
        answered_by: Some(
            "SELECT replica_id, process_id::text AS process_id, reason, EXTRACT(EPOCH FROM occurred_at)::float8 AS occurred_at \
             FROM mz_internal.mz_cluster_replica_status_history WHERE replica_id LIKE 'u%' AND status = 'offline'",
        ),
    },
];

/// Constructs that stand in no recording, each with what says that servers have it.
const UNSEEN: [(&str, &str); 4] = [
    (
        "pg_backend_pid(",
        "in the server's list of functions: the id of the own connection",
    ),
    ("->>", "jsonb's operator, in the server's list of operators"),
    (
        "split_part(",
        "in the server's list of functions: (text, text, bigint)",
    ),
    (
        "substring(",
        "in the server's list of functions: (text, bigint)",
    ),
];

/// One server: what it answered, by statement.
struct Recorded {
    version: &'static str,
    answers: BTreeMap<String, Value>,
}

fn servers() -> [Recorded; 2] {
    let server = |version, compressed: &[u8]| Recorded {
        version,
        answers: recording(compressed)
            .into_iter()
            .map(|line| (normal(line["sql"].as_str().unwrap()), line))
            .collect(),
    };
    [
        server(
            "v26.24",
            include_bytes!("../data/materialize/v26.24/17-product-sql.jsonl.gz"),
        ),
        server(
            "v26.39",
            include_bytes!("../data/materialize/v26.39/17-product-sql.jsonl.gz"),
        ),
    ]
}

/// The text with single blanks.
fn normal(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unrecorded(query: &QueryDefinition) -> Option<&'static Unrecorded> {
    UNRECORDED.iter().find(|entry| entry.name == query.name)
}

impl Recorded {
    fn answer(&self, query: &QueryDefinition) -> Option<&Value> {
        self.answers.get(&normal(&query.statement()))
    }

    /// The rows of a statement as they came, as wide as it asks; none where the server lacks what it reads.
    fn rows(&self, query: &QueryDefinition) -> Vec<TextRow> {
        let answer = match unrecorded(query) {
            Some(entry) => entry.answered_by.map(|sql| &self.answers[sql]),
            None => self.answer(query),
        };
        let rows = answer.unwrap_or(&Value::Null)["rows"]
            .as_array()
            .into_iter()
            .flatten();
        rows.map(|row| {
            let cells: Vec<_> = row.as_array().unwrap().iter().map(text).collect();
            let wide = query.columns.len();
            TextRow::new(cells.iter().take(wide).map(Option::as_deref))
        })
        .collect()
    }

    fn told(&self) -> CatalogRows {
        let mut told = CatalogRows::default();
        for query in QUERIES {
            for row in self.rows(query) {
                told.change(query.query, row, 1);
            }
        }
        told
    }

    fn identity(&self) -> Identity {
        identity(&self.told()).unwrap()
    }

    fn access(&self) -> Access {
        let identity = self.identity();
        access(&self.told(), &identity.role, identity.superuser, true).unwrap()
    }

    fn snapshot(&self) -> Snapshot {
        let identity = self.identity();
        let server = Server {
            version: identity.version.unwrap(),
            host: "localhost".to_owned(),
            port: 6875,
            database: identity.database,
            database_id: None,
            role: identity.role,
            superuser: identity.superuser,
            simulated: false,
        };
        Assembler::new(server, MissingReadings::new())
            .snapshot(
                &self.told(),
                &ChangedIds::everything(),
                LogicalTime(1_795_000_000_000),
            )
            .unwrap()
    }
}

#[test]
fn every_statement_has_a_recorded_answer_or_a_reason() {
    for server in servers() {
        for query in QUERIES {
            let recorded = server.answer(query).is_some();
            match unrecorded(query) {
                None => assert!(
                    recorded,
                    "{}: no answer of {} is recorded; record one, or list it with its reason",
                    query.name, server.version
                ),
                Some(entry) => assert!(
                    !recorded && !entry.why.is_empty(),
                    "{} is recorded: it needs no reason",
                    query.name
                ),
            }
        }
    }
    for entry in &UNRECORDED {
        assert!(CatalogQuery::named(entry.name).is_some(), "{}", entry.name);
    }
}

#[test]
fn recorded_answers_have_the_columns_that_the_statements_name() {
    for server in servers() {
        for query in QUERIES {
            let Some(columns) = server.answer(query).and_then(|a| a["columns"].as_array()) else {
                continue;
            };
            let names: Vec<_> = columns.iter().map(|c| c[0].as_str().unwrap()).collect();
            assert_eq!(names, query.columns, "{} {}", server.version, query.name);
        }
    }
}

#[test]
fn recorded_answers_become_a_picture() {
    for server in servers() {
        let snapshot = server.snapshot();
        assert!(snapshot.server.version.contains(server.version));
        let catalog = &snapshot.catalog;
        assert_eq!(
            catalog.objects.len(),
            server.rows(CatalogQuery::Objects.definition()).len()
        );
        assert_eq!(
            catalog.schemas.len(),
            server.rows(CatalogQuery::Schemas.definition()).len()
        );
        assert_eq!(
            catalog.clusters.len(),
            server.rows(CatalogQuery::Clusters.definition()).len()
        );
        assert!(
            catalog
                .objects
                .values()
                .any(|object| object.create_sql.is_some())
        );
        assert!(
            snapshot
                .readings
                .hydration
                .values()
                .flat_map(|of| of.iter())
                .any(|status| status.hydrated == Some(true))
        );
        assert!(!snapshot.readings.frontiers.is_empty());
        assert!(!snapshot.readings.replicas.is_empty());
        assert!(!snapshot.readings.sessions.is_empty());
    }
}

#[test]
fn recorded_answers_become_what_plans_need_beside_it() {
    for server in servers() {
        let told = server.told();
        let columns = background::columns(&told).unwrap();
        assert_eq!(
            columns.values().map(Vec::len).sum::<usize>(),
            server.rows(CatalogQuery::Columns.definition()).len()
        );
        assert!(
            columns.values().flatten().any(|column| column.nullable)
                && columns.values().flatten().any(|column| !column.nullable)
        );
        let history = background::lag_history(&told).unwrap();
        assert!(history.values().flatten().any(|s| s.seconds.is_some()));
        // The recordings keep 400 rows: enough to be read, not to be whole.
        let offer = offer(&told);
        assert_eq!(offer.lacks(CatalogQuery::Roles.definition()), None);
    }
}

/// The defect that this file came with: `init` failed for everybody but superusers.
#[test]
fn a_role_that_is_no_superuser_may_do_what_it_was_granted() {
    for server in servers() {
        let access = server.access();
        assert!(!access.superuser && !access.is_unrestricted());
        assert!(access.may_create_clusters(), "{}", server.version);
        let database = server.snapshot().server.database_id.unwrap();
        for privilege in [Privilege::Create, Privilege::Usage] {
            assert!(access.holds_on_database(&database, &privilege));
        }
    }
    let [old, _] = servers();
    let deployer = Grant {
        grantee: Grantee::Role(RoleId::user(2)),
        grantor: RoleId::system(1),
        privileges: [
            Privilege::CreateRole,
            Privilege::CreateDb,
            Privilege::CreateCluster,
        ]
        .into(),
    };
    assert!(old.access().system_grants.contains(&deployer));
}

/// The names in a single item's text are an error where ids are asked for, never grants to nobody.
#[test]
fn the_text_of_a_single_item_is_refused() {
    for server in servers() {
        let mut told = server.told();
        let items = &server.answers["SELECT privileges::text AS privileges FROM mz_catalog.mz_system_privileges"];
        let item = items["rows"][0][0].as_str();
        let row = TextRow::new([item].into_iter());
        told.change(CatalogQuery::SystemPrivileges, row, 1);
        let role = Identifier::new("materialize").unwrap();
        let error = access(&told, &role, false, true).unwrap_err().to_string();
        assert!(error.contains("names roles"), "{error}");
    }
}

/// Relation -> column -> type, of each server whose catalog is recorded.
type Columns = BTreeMap<String, BTreeMap<String, String>>;

fn catalogs() -> [Columns; 2] {
    let catalog = |compressed: &[u8]| {
        let mut text = String::new();
        GzDecoder::new(compressed)
            .read_to_string(&mut text)
            .unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let relations = value["relations"].as_object().unwrap().iter();
        relations
            .map(|(name, relation)| {
                let columns = relation["columns"].as_array().unwrap().iter();
                let word = |cell: &Value| cell.as_str().unwrap().to_owned();
                let columns = columns.map(|column| (word(&column[0]), word(&column[1])));
                (name.clone(), columns.collect())
            })
            .collect()
    };
    [
        catalog(include_bytes!(
            "../data/materialize/catalog-columns.json.gz"
        )),
        catalog(include_bytes!(
            "../data/materialize/v26.39/catalog-columns.json.gz"
        )),
    ]
}

#[test]
fn recorded_servers_offer_everything_that_a_picture_shows() {
    for catalog in catalogs() {
        let offer = Offer::new(catalog.iter().flat_map(|(name, columns)| {
            let (schema, relation) = name.split_once('.').unwrap();
            columns
                .keys()
                .map(move |column| (schema.to_owned(), relation.to_owned(), column.clone()))
        }));
        assert_eq!(offer.missing_required(), None);
        assert_eq!(offer.missing(), MissingReadings::new());
    }
}

/// Every statement of every recording, in lower case.
fn everything_asked() -> Vec<String> {
    let mut folders = vec![PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/materialize"
    ))];
    let mut asked = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(".jsonl.gz") {
                let lines = recording(&std::fs::read(path).unwrap());
                let sql = lines.iter().filter_map(|line| line["sql"].as_str());
                asked.extend(sql.map(str::to_lowercase));
            }
        }
    }
    asked
}

/// The recorded statement that shows events whole: id, type, the object's type, details, user.
const EVENTS: &str = "SELECT id::text AS id, event_type, object_type, details::text AS details,";

/// What `name_events` takes apart: ids as they are, but for those of comments, and names at every change of one.
#[test]
fn recorded_events_have_the_shapes_that_are_taken_apart() {
    let comment = Regex::new(r"^Schema\(\(Id\(User\(\d+\)\), Id\(User\(\d+\)\)\)\)$").unwrap();
    let id = Regex::new(r"^u\d+$").unwrap();
    for server in servers() {
        let mut kinds = BTreeSet::new();
        let mut answers = server.answers.iter();
        let (_, answer) = answers.find(|(sql, _)| sql.starts_with(EVENTS)).unwrap();
        let events = answer["rows"].as_array().unwrap().iter();
        // What the server made by itself has ids of other forms.
        for row in events.filter(|row| !row[4].is_null()) {
            let details: Value = serde_json::from_str(row[3].as_str().unwrap()).unwrap();
            let text = |field: &str| details[field].as_str().unwrap_or_default().to_owned();
            let kind = row[1].as_str().unwrap();
            match kind {
                "comment" => assert!(comment.is_match(&text("id")), "{details}"),
                "create" => assert!(id.is_match(&text("id")), "{details}"),
                // Other changes than of the name have neither name, and may lack the id.
                "alter" => {
                    assert_eq!(text("old_name").is_empty(), text("new_name").is_empty());
                    let renames = !text("old_name").is_empty();
                    assert!(!renames || id.is_match(&text("id")), "{details}");
                }
                _ => continue,
            }
            kinds.insert(kind.to_owned());
        }
        assert_eq!(kinds.len(), 3, "{}: {kinds:?}", server.version);
    }
}

#[test]
fn unrecorded_statements_use_only_what_recorded_servers_have() {
    let relation = Regex::new(r"\b(mz_catalog|mz_internal)\.mz_\w+").unwrap();
    let construct = Regex::new(r"(?i)\b[a-z_]+\(|::[a-z0-9_]+|->>?|\|\||\bcase\b").unwrap();
    let asked = everything_asked();
    let seen = |used: &str| asked.iter().any(|sql| sql.contains(used));
    for (used, _) in UNSEEN {
        assert!(!seen(used), "{used} stands in a recording");
    }
    for query in QUERIES.iter().filter(|query| unrecorded(query).is_some()) {
        let statement = query.statement();
        let may_lack = !query.required && query.group.is_some() && query.reading.is_none();
        let mut catalogs = Vec::from(catalogs());
        catalogs.retain(|catalog| !may_lack || catalog.contains_key(query.relation));
        assert!(!catalogs.is_empty(), "{}", query.name);
        for catalog in catalogs {
            let known = catalog.get(query.relation).unwrap();
            for column in query.needs {
                assert!(known.contains_key(*column), "{}: {column}", query.name);
            }
            for found in relation.find_iter(&statement) {
                assert!(catalog.contains_key(found.as_str()), "{}", found.as_str());
            }
        }
        for found in construct.find_iter(&statement) {
            let used = found.as_str().to_lowercase();
            let known = UNSEEN.iter().any(|(unseen, _)| *unseen == used);
            assert!(known || seen(&used), "{}: {used}", query.name);
        }
    }
}

/// What is cast to text must not be a single access control item: its text holds names.
#[test]
fn no_statement_casts_a_single_access_control_item() {
    let cast = Regex::new(r"(\w+)::text").unwrap();
    for query in QUERIES.iter().filter(|query| !query.relation.is_empty()) {
        let statement = query.statement();
        for catalog in catalogs() {
            let Some(columns) = catalog.get(query.relation) else {
                continue;
            };
            for found in cast.captures_iter(&statement) {
                let ty = columns.get(&found[1]).map(String::as_str);
                assert_ne!(ty, Some("mz_aclitem"), "{}: {}", query.name, &found[1]);
            }
        }
    }
}
