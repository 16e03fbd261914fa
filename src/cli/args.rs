//! The command line's words, but for the flags of settings: those come from the table of settings.

use crate::domain::action::Operation;
use crate::domain::plan::{BurstStrategy, Request};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// A cockpit for blue/green and slim deployments of dbt projects on Materialize.
///
/// Without a command it opens the cockpit in the dbt project of the current directory.
#[derive(Debug, Parser)]
#[command(name = "cutover", version, max_term_width = 110, after_help = EXIT_CODES)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub common: Common,
}

/// The exit codes, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed: nothing changed, or it was undone
  2    usage or configuration error, or not confirmed
  3    not ready in time
  4    blocked by a finding, by --expect, or not ready
  5    outcome unknown: the next command is printed
  6    failing: waiting can't make it ready
  7    done but unfinished: the command that finishes it is printed
  130  interrupted";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    #[default]
    Text,
    Json,
    /// Sorted unique ids, one per line (`diff` only).
    Ids,
}

/// Flags that every command takes, beside those of settings.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Common {
    /// A cutover.toml, instead of the project's own
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What stdout carries
    #[arg(long, global = true, value_enum, default_value_t)]
    pub output: OutputFormat,
    /// Accept the plan without being asked
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Say less
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Tell errors with each cause in a line of its own, and log more (to the log file); repeat to log even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Flags of commands that change something.
#[derive(Debug, Clone, Default, Args)]
pub struct OperationFlags {
    /// Print the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Go on in spite of a finding about an object; repeat for more
    #[arg(long, value_name = "FINDING:OBJECT")]
    pub allow: Vec<String>,
    /// Run only the plan with this fingerprint, as --dry-run printed it
    #[arg(long, value_name = "FINGERPRINT")]
    pub expect: Option<String>,
}

#[derive(Debug, Clone, Default, Args)]
pub struct DeployFlags {
    /// Build every model, not only what changed
    #[arg(long)]
    pub full: bool,
    /// dbt selectors, instead of state:modified+
    #[arg(short, long, value_name = "SELECTOR", num_args = 1..)]
    pub select: Vec<String>,
    /// dbt selectors of what to leave out
    #[arg(long, value_name = "SELECTOR", num_args = 1..)]
    pub exclude: Vec<String>,
    /// Compare with the manifest in this directory, not with what the deployment side holds
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Until {
    Ready,
    Promoted,
    Synced,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The cockpit on an embedded, simulated Materialize with a sample project; needs nothing else
    Demo {
        /// Perform the whole loop without a terminal and print each step
        #[arg(long)]
        headless: bool,
        /// How fast the simulated world runs
        #[arg(long, default_value_t = 1.0)]
        speed: f64,
    },
    /// Where the deployment stands: phase, readiness, clusters, objects, findings
    Status {
        /// Go on, printing a line whenever something changes
        #[arg(long)]
        watch: bool,
    },
    /// What changed against a saved state, exactly as dbt selects it, and why
    Diff(DiffFlags),
    /// Check files, connection, versions, privileges, relations and dbt, and say what to do
    Doctor,
    /// Create the deployment side: schemas and clusters like production's, with its grants
    Init {
        /// A size for the deployment twin of a cluster; repeat for more
        #[arg(long, value_name = "CLUSTER=SIZE")]
        size: Vec<String>,
        /// A size that the deployment twin bursts to while it hydrates, and for how long after (`1600cc,5m`); repeat for more
        #[arg(long, value_name = "CLUSTER=SIZE[,LINGER]")]
        burst: Vec<String>,
        #[command(flatten)]
        operation: OperationFlags,
    },
    /// Build the candidate on the deployment side
    Deploy {
        #[command(flatten)]
        deploy: DeployFlags,
        #[command(flatten)]
        operation: OperationFlags,
    },
    /// Wait until the deployment side is hydrated and caught up
    Await,
    /// Swap production and deployment, move the sinks, record it; finish it when it was cut off
    Promote {
        /// Wait until the deployment side is ready
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        operation: OperationFlags,
    },
    /// Build what production runs on the retired side; ends the way back
    Sync {
        #[command(flatten)]
        operation: OperationFlags,
    },
    /// Swap back to the retired production
    Rollback {
        /// Send the swap without a look inside its transaction, where other people's DDL never lets that through
        #[arg(long)]
        without_fence: bool,
        #[command(flatten)]
        operation: OperationFlags,
    },
    /// Drop the deployment side, with everything that goes along shown first
    Cleanup {
        #[command(flatten)]
        operation: OperationFlags,
    },
    /// The deployment records, which tell what each side holds
    Record {
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Compare the deployment side with production: columns, rows, checksums, configured commands
    Validate,
    /// The slim workflow up to a point, resumable at every step
    Run {
        /// Where to stop: `ready` to promote, `promoted`, or `synced`, which ends the way back
        #[arg(long, value_enum)]
        until: Until,
        #[command(flatten)]
        deploy: DeployFlags,
        /// Go on in spite of a finding about an object; repeat for more
        #[arg(long, value_name = "FINDING:OBJECT")]
        allow: Vec<String>,
    },
    /// The dbt targets that have a deployment, and where each stands
    Environments,
    /// Past operations, from the audit trail
    History {
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// The tool's own configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Every finding with its severity and whether it can be allowed
    Findings,
    /// The cockpit's keys and the names of their actions
    Keys,
    /// Completions for a shell
    Completions { shell: clap_complete::Shell },
    /// The manual page
    Man,
    /// The simulated Materialize alone
    Sim(SimFlags),
}

impl Command {
    /// What is asked for, and how, where that is an operation with a plan.
    ///
    /// # Errors
    /// What can't be read, in words.
    pub fn request(&self) -> Result<Option<(Request, &OperationFlags)>, String> {
        Ok(Some(match self {
            Self::Init {
                size,
                burst,
                operation,
            } => {
                let mut request = Request::new(Operation::Init);
                for text in size {
                    let (cluster, size) = cluster_size(text)?;
                    request.sizes.insert(cluster.to_owned(), size.to_owned());
                }
                for text in burst {
                    let (cluster, strategy) = cluster_burst(text)?;
                    request.bursts.insert(cluster.to_owned(), strategy);
                }
                (request, operation)
            }
            Self::Deploy { deploy, operation } => (deploy.request(), operation),
            Self::Promote { operation, .. } => (Request::new(Operation::Promote), operation),
            Self::Sync { operation } => (Request::new(Operation::Sync), operation),
            Self::Rollback {
                without_fence,
                operation,
            } => {
                let request = Request {
                    without_fence: *without_fence,
                    ..Request::new(Operation::Rollback)
                };
                (request, operation)
            }
            Self::Cleanup { operation } => (Request::new(Operation::Cleanup), operation),
            Self::Record {
                command: RecordCommand::Repair { operation },
            } => (Request::new(Operation::Repair), operation),
            _ => return Ok(None),
        }))
    }
}

fn cluster_size(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=')
        .filter(|(cluster, size)| !cluster.is_empty() && !size.is_empty())
        .ok_or_else(|| format!("--size {text}: write CLUSTER=SIZE"))
}

fn cluster_burst(text: &str) -> Result<(&str, BurstStrategy), String> {
    let wrong = || format!("--burst {text}: write CLUSTER=SIZE or CLUSTER=SIZE,LINGER");
    let (cluster, strategy) = text.split_once('=').ok_or_else(wrong)?;
    let (size, linger) = match strategy.split_once(',') {
        Some((size, linger)) => (size, Some(linger)),
        None => (strategy, None),
    };
    if cluster.is_empty() || size.is_empty() || linger.is_some_and(str::is_empty) {
        return Err(wrong());
    }
    let strategy = BurstStrategy {
        size: size.to_owned(),
        linger: linger.map(str::to_owned),
    };
    Ok((cluster, strategy))
}

impl DeployFlags {
    /// The deploy that is asked for.
    #[must_use]
    pub fn request(&self) -> Request {
        Request {
            full: self.full,
            select: self.select.clone(),
            exclude: self.exclude.clone(),
            state: self.state.clone(),
            ..Request::new(Operation::Deploy)
        }
    }
}

#[derive(Debug, Clone, Args)]
pub struct DiffFlags {
    /// The directory with the saved manifest (default: what production runs)
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// The project's manifest (default: target/manifest.json)
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// dbt selectors (default: state:modified+)
    #[arg(short, long, visible_short_alias = 'm', visible_alias = "models", value_name = "SELECTOR", num_args = 1.., action = clap::ArgAction::Append)]
    pub select: Vec<String>,
    /// dbt selectors of what to leave out
    #[arg(long, value_name = "SELECTOR", num_args = 1.., action = clap::ArgAction::Append)]
    pub exclude: Vec<String>,
    /// A selector of the project's selectors.yml
    #[arg(long, value_name = "NAME", conflicts_with_all = ["select", "exclude"])]
    pub selector: Option<String>,
    /// Kinds to list, as dbt ls; `all` for every kind
    #[arg(long, visible_alias = "resource-types", value_name = "KIND", num_args = 1.., action = clap::ArgAction::Append, env = "DBT_RESOURCE_TYPES", hide_env_values = true)]
    pub resource_type: Vec<String>,
    /// Which tests come along: eager, cautious, buildable, empty
    #[arg(
        long,
        value_name = "MODE",
        default_value = "eager",
        env = "DBT_INDIRECT_SELECTION",
        hide_env_values = true
    )]
    pub indirect_selection: String,
    /// Compare more values before rendering; only where there is no project, whose `flags:` else decide (default: as the dbt that
    /// wrote the manifest, no before 1.12)
    #[arg(long, value_name = "true|false", action = clap::ArgAction::Set)]
    pub compare_more_unrendered_values: Option<bool>,
}

#[derive(Debug, Clone, Subcommand)]
pub enum ConfigCommand {
    /// Write a cutover.toml with every setting
    Init,
    /// Read everything and report every mistake
    Check,
    /// Every setting, and what was found by way of it, with its value and where that comes from
    Show,
}

#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// Write records anew that a comment overwrote, from ids, audit events and this machine's last build
    Repair {
        #[command(flatten)]
        operation: OperationFlags,
    },
}

#[derive(Debug, Clone, Args)]
pub struct SimFlags {
    /// Where clients connect; port 0 takes a free one, and the first line printed tells it
    #[arg(long, default_value = "127.0.0.1:6875")]
    pub listen: SocketAddr,
    /// A built-in world, or a world file
    #[arg(long, default_value = "demo")]
    pub world: String,
    /// World seconds per second
    #[arg(long, default_value_t = 1.0)]
    pub speed: f64,
    /// The version of Materialize to be, whatever the world says: 26.9 or 26.39, as recorded
    #[arg(long, value_name = "VERSION")]
    pub server_version: Option<String>,
    /// How long statements take, whatever the world says: `none`, `real` (as recorded, by kind), or a time for each such as 20ms
    #[arg(long, value_name = "LATENCY")]
    pub latency: Option<String>,
}
