//! `cutover`: a cockpit for blue/green and slim deployments of dbt projects on Materialize.
//!
//! This page is for whoever comes new: where something is decided, and what to touch. Paths are from the repository's root; a test holds
//! them to what exists, and the arrows to what the files import (`tests/architecture/main.rs`).
//!
//! # The rooms
//!
//! ```text
//!                 src/main.rs, src/wiring      puts real parts together
//!                   /         |         \
//!              src/cli     src/tui     src/config
//!                   \         |            |
//!                    `----- src/ops --------+      the verbs, for both
//!                          /       \        |
//!             src/materialize    src/dbt    |      the server; the project
//!                          \       /        |
//!                         src/domain -------'      decides everything, touches nothing
//!
//!              src/sim: a crate of its own, met only over the wire
//! ```
//!
//! | room | is | may use |
//! |---|---|---|
//! | [`domain`] | names, objects, snapshots, readiness, provenance, findings, plans: pure, no IO, no clock | nothing |
//! | [`config`] | `cutover.toml`, profiles, project variables, environment, flags -> [`config::Settings`] | `domain` |
//! | [`materialize`] | the only room that speaks SQL: connect, observe, keep live, execute | `domain` |
//! | [`dbt`] | manifests, state comparison, selection, runners | `domain` |
//! | [`ops`] | the verbs (init, deploy, await, promote, ...), shared by terminal and command line | all above |
//! | [`cli`] | headless commands, text and JSON, exit codes | `ops`, `domain` |
//! | [`tui`] | the cockpit: event -> update -> effects -> view | `ops`, `domain` |
//! | `sim` | the simulated Materialize | nothing |
//!
//! # Where a question is answered
//!
//! - What is read of the server at one time: `src/domain/snapshot.rs`. With the project beside it, judged: `src/domain/board.rs`.
//! - Is an object ready: `src/domain/readiness.rs`. Is a side whole: `src/domain/whole.rs`. Which side is which: `src/domain/provenance.rs`,
//!   from records (`src/domain/record.rs`) and audit events (`src/domain/lineage.rs`).
//! - What may begin, what comes next, where it stands, whether waiting helps: `src/domain/workflow/mod.rs` and its neighbours. Command
//!   line and cockpit only render them.
//! - Which hazards there are: `src/domain/finding.rs`; when each is one: `src/domain/guard/mod.rs` and its neighbours.
//! - What an operation would do: `src/domain/plan/mod.rs`, one file for each operation. Whether it still holds: `src/domain/plan/proof.rs`.
//! - Who is at work: `src/domain/lease.rs`.
//!
//! # Words
//!
//! Materialize's, dbt's and Postgres' own words mean here what they mean there. Ours, each with one meaning (a test holds that no two types
//! share a name):
//!
//! | word | means |
//! |---|---|
//! | side | production or deployment: the schemas and clusters that bear those names now; blue and green only on screen |
//! | twin | the object, schema or cluster of the same production name on the other side |
//! | snapshot | what a server told, read together; a *picture* is the newest with how the connection stands, a *board* the same judged beside the project |
//! | phase | where a deployment stands: none, initialized, deploying, hydrating, ready, promoting, promoted, synced, unknown |
//! | candidate, retired, synced | what the deployment side holds: the next release, the one before, the same as production |
//! | record | the comment on a schema that says what that side holds (`cutover/1 role=... manifest=...`) |
//! | provenance | what each side is, by its records and the server's audit events |
//! | finding | a hazard that a guard sees: info, warning or block |
//! | plan | the steps of an operation with what they rely on; *confirmed* once somebody has agreed to its fingerprint |
//! | fence | the open transaction behind whose first ALTER no DDL of others can pass unseen |
//! | lease | the marker of whoever is at work on the deployment side |
//! | look | one reading of everything on demand: `src/materialize/look.rs` |
//!
//! # Three walks
//!
//! **A frontier becomes a cell.** `assets/sql/frontiers.sql` is subscribed to by `src/materialize/live/session.rs`;
//! `src/materialize/live/alignment.rs` lets a picture through when every stream has come to its time; `src/materialize/assemble.rs` decodes
//! what changed (`src/materialize/decode/readings.rs`) into a snapshot; `src/ops/watch.rs` makes a board of it, where
//! `src/domain/readiness/lag.rs` has judged the lag; `src/tui/update/picture.rs` takes it in, `src/tui/table/arrange.rs` orders the rows, and
//! `src/tui/table/cell.rs` makes the cell of it.
//!
//! **`P` becomes a COMMIT.** `src/tui/keymap/actions.rs` makes an action of the key, `src/tui/update/operation.rs` an effect of the action;
//! `src/ops/planning.rs` looks at the server and lets `src/domain/plan/promote.rs` draw the plan; the word that is typed makes a confirmed
//! plan of it (`src/domain/plan/confirm.rs`); `src/ops/execute.rs` begins the audit, `src/ops/run.rs` goes through the steps,
//! `src/ops/swap.rs` opens the fence (`src/materialize/execute/fenced.rs`), looks again under it, and commits what is proven to be still so;
//! `src/ops/verify.rs` reads back what stands there. After a lost connection, `src/ops/read_back.rs`.
//!
//! **A manifest becomes a set.** `src/dbt/manifest/read.rs` reads it, `src/dbt/compare/mod.rs` says what differs from the state and why,
//! `src/dbt/selection/evaluate.rs` what the selectors take, `src/ops/build/choice.rs` what of that a deploy builds, and
//! `src/ops/proof.rs` asks dbt where it would put it.
//!
//! # Recipes
//!
//! | to add | touch |
//! |---|---|
//! | a finding | its row in `src/domain/finding.rs`; a function in `src/domain/guard/`; the plan that asks it in `src/domain/plan/`; both cases in `src/domain/guard/tests.rs`; the row in `README.md` that a test then asks for |
//! | a column of the objects | its row in `src/tui/table/column.rs` (title, width, what is saved of it), what it shows in `src/tui/table/cell.rs`, how it sorts in `src/tui/table/order.rs` |
//! | a catalog relation | a SELECT in `assets/sql/` with its recorded answer, its row in `src/materialize/queries.rs`; where a picture can do without it, `src/domain/reading.rs`; decoding in `src/materialize/decode/`; in the simulator `src/sim/store/relations.rs` |
//! | an operation | what it is and how dangerous: `src/domain/action.rs`; what it does: a plan in `src/domain/plan/`, which `src/ops/planning.rs` draws |
//! | ... in the workflow | when it may begin: `src/domain/workflow/begin.rs`; what it leaves: `src/domain/workflow/after.rs`; what is read back: `src/ops/verify.rs` |
//! | ... at hand | its words on the command line: `src/cli/args.rs`; its key: `src/tui/keymap/actions.rs` |
//! | a cluster option | `src/domain/cluster_options.rs`, `src/domain/plan/twin.rs`; in the simulator `src/sim/statement/cluster.rs` |
//! | a screen | a folder in `src/tui/screens/` (state, update, view, export); its row in `src/tui/screens/screen.rs` (name, key, what it shows) and in `src/tui/screens/parts.rs` (hints, functions); its state in `src/tui/state/mod.rs`; its pictures in `tests/screens.rs` |
//! | a setting | its row in `src/config/setting.rs`: flag, variable, example file and `config show` come from it; the field in `src/config/settings.rs` |
//! | a theme role | `src/tui/theme.rs`, `assets/themes/ansi.toml`, `assets/themes/mono.toml` |
//! | a manifest version | `src/dbt/manifest/read.rs`, `src/dbt/manifest/metadata.rs`; what it compares otherwise in `src/dbt/compare/rules.rs`; both versions of dbt judge it in `tests/versions/` |
//! | a simulated statement | parsing in `src/sim/statement/mod.rs`, its doing in `src/sim/ddl/mod.rs` or `src/sim/session/perform.rs`, and the recording that it answers as in `tests/simulator.rs` |
//!
//! # The inner loop
//!
//! | what | how |
//! |---|---|
//! | a room | `cargo nextest run --lib domain::` and the like: `--lib` builds no other test binary. After a change in `domain` 32 processor seconds |
//! | what an operator does, against the simulated server | `cargo nextest run --test journeys faults::` |
//! | the command line | `cargo nextest run --test cli` |
//! | real dbt | `cargo nextest run --test real_dbt` |
//! | all of it | `.ci/test` |
//!
//! Journeys burn processor time and hardly wait: a debug build of client and simulator answers some hundred statements for each operation.
//! So world time runs at 40 times ours there rather than by hand, and what is slow is found with a profiler, not with a clock.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cli;
pub mod config;
pub mod dbt;
pub mod domain;
pub mod materialize;
pub mod ops;
pub mod tui;

#[cfg(feature = "sim")]
pub use cutover_sim as sim;

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_page_for_newcomers_names_what_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let page = std::fs::read_to_string(root.join("src/lib.rs")).unwrap();
        let path = regex::Regex::new("`((?:src|tests|assets)/[^`\\s]*|README\\.md)`").unwrap();
        let named: Vec<&str> = path
            .captures_iter(&page)
            .map(|found| found.get(1).unwrap().as_str())
            .collect();
        assert!(named.len() > 60, "{} paths", named.len());
        let gone: Vec<&&str> = named
            .iter()
            .filter(|path| !root.join(path).exists())
            .collect();
        assert!(gone.is_empty(), "it names {gone:?}");
        for room in std::fs::read_dir(root.join("src")).unwrap() {
            let room = room.unwrap().file_name().into_string().unwrap();
            assert!(page.contains(&format!("src/{room}")), "it lacks src/{room}");
        }
    }
}
