//! dbt's structured log (`--log-format json`, log version 3), read tolerantly: what is not understood is shown as it is.

use super::arguments::LEFT_OUT;
use crate::domain::escape::without_colours;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// One thing that dbt said.
#[derive(Debug, Clone, PartialEq)]
pub enum DbtEvent {
    /// How many nodes this run will build.
    Planned { nodes: usize },
    Started {
        node: NodeName,
        /// From 1.
        index: usize,
        total: usize,
    },
    Finished {
        node: NodeName,
        status: NodeStatus,
        took: Option<Duration>,
        /// The error's text, or the server's answer.
        message: Option<String>,
    },
    /// A line for people.
    Log { level: LogLevel, text: String },
    /// dbt's own verdict about the whole command.
    Completed {
        success: bool,
        took: Option<Duration>,
    },
}

/// A node of the project.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeName {
    pub unique_id: String,
    pub name: String,
}

/// How a node ended, in dbt's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeStatus {
    Success,
    Error,
    Skipped,
    /// A word that this version does not know.
    Other(String),
}

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Info,
    Warn,
    Error,
}

#[derive(Deserialize)]
struct Line {
    info: Info,
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    name: String,
    #[serde(default)]
    level: String,
    #[serde(default)]
    msg: String,
}

/// Reads one line of dbt's output. `None` for lines that only a debugger wants.
#[must_use]
pub fn parse(line: &str) -> Option<DbtEvent> {
    if line.trim().is_empty() {
        return None;
    }
    let Ok(Line { info, data }) = serde_json::from_str(line) else {
        // Tracebacks and warnings of Python's come as plain text.
        return Some(DbtEvent::Log {
            level: LogLevel::Info,
            text: without_colours(line).into_owned(),
        });
    };
    event(&info, &data).or_else(|| log(&info, &data))
}

fn event(info: &Info, data: &Value) -> Option<DbtEvent> {
    match info.name.as_str() {
        "ConcurrencyLine" => Some(DbtEvent::Planned {
            nodes: count(data, "node_count")?,
        }),
        "LogStartLine" => Some(DbtEvent::Started {
            node: node(data)?,
            index: count(data, "index")?,
            total: count(data, "total")?,
        }),
        "NodeFinished" => {
            let result = data.get("run_result")?;
            Some(DbtEvent::Finished {
                node: node(data)?,
                status: NodeStatus::read(result.get("status")?.as_str()?),
                took: seconds(result, "execution_time"),
                message: text(result, "message"),
            })
        }
        "CommandCompleted" => Some(DbtEvent::Completed {
            success: data.get("success")?.as_bool()?,
            took: seconds(data, "elapsed"),
        }),
        _ => None,
    }
}

fn log(info: &Info, data: &Value) -> Option<DbtEvent> {
    let level = match info.level.as_str() {
        "debug" | "test" => return None,
        // dbt warns of every exclusion of ours that excludes nothing.
        _ if info.name == "NoNodesForSelectionCriteria" && names_left_out(data) => return None,
        "warn" => LogLevel::Warn,
        "error" => LogLevel::Error,
        _ => LogLevel::Info,
    };
    let text = text(data, "exc").unwrap_or_else(|| without_colours(&info.msg).into_owned());
    (!text.trim().is_empty()).then_some(DbtEvent::Log { level, text })
}

fn names_left_out(data: &Value) -> bool {
    let selector = data.get("spec_raw").and_then(Value::as_str);
    selector.is_some_and(|selector| LEFT_OUT.contains(&selector))
}

impl NodeStatus {
    fn read(word: &str) -> Self {
        match word {
            "success" | "pass" => Self::Success,
            "error" | "fail" | "runtime error" => Self::Error,
            "skipped" => Self::Skipped,
            other => Self::Other(other.to_owned()),
        }
    }
}

fn node(data: &Value) -> Option<NodeName> {
    let info = data.get("node_info")?;
    Some(NodeName {
        unique_id: text(info, "unique_id")?,
        name: text(info, "node_name")?,
    })
}

fn text(data: &Value, key: &str) -> Option<String> {
    let text = data.get(key)?.as_str()?;
    (!text.is_empty()).then(|| without_colours(text).into_owned())
}

fn count(data: &Value, key: &str) -> Option<usize> {
    usize::try_from(data.get(key)?.as_u64()?).ok()
}

fn seconds(data: &Value, key: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(data.get(key)?.as_f64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foo() -> NodeName {
        NodeName {
            unique_id: "model.shop.foo".into(),
            name: "foo".into(),
        }
    }

    /// Lines of dbt 1.11, shortened.
    #[test]
    fn the_lines_that_matter_become_events() {
        let node =
            r#""node_info":{"node_name":"foo","unique_id":"model.shop.foo","node_status":"x"}"#;
        let line = |name: &str, level: &str, data: &str| {
            parse(&format!(
                r#"{{"data":{{{data}}},"info":{{"name":"{name}","level":"{level}","msg":"m","new_field":1}}}}"#
            ))
        };
        assert_eq!(
            line(
                "ConcurrencyLine",
                "info",
                r#""node_count":3,"num_threads":1"#
            ),
            Some(DbtEvent::Planned { nodes: 3 })
        );
        assert_eq!(
            line(
                "LogStartLine",
                "info",
                &format!(r#""index":1,"total":3,{node}"#)
            ),
            Some(DbtEvent::Started {
                node: foo(),
                index: 1,
                total: 3
            })
        );
        let result =
            r#""run_result":{"status":"error","execution_time":0.5,"message":"Database Error"}"#;
        assert_eq!(
            line("NodeFinished", "debug", &format!("{node},{result}")),
            Some(DbtEvent::Finished {
                node: foo(),
                status: NodeStatus::Error,
                took: Some(Duration::from_millis(500)),
                message: Some("Database Error".into()),
            })
        );
        assert_eq!(
            line(
                "CommandCompleted",
                "debug",
                r#""success":true,"elapsed":1.0"#
            ),
            Some(DbtEvent::Completed {
                success: true,
                took: Some(Duration::from_secs(1))
            })
        );
        assert_eq!(
            line(
                "MainEncounteredError",
                "error",
                r#""exc":"Connection refused""#
            ),
            Some(DbtEvent::Log {
                level: LogLevel::Error,
                text: "Connection refused".into()
            })
        );
    }

    #[test]
    fn what_is_not_understood_is_shown_or_left_out_but_never_an_error() {
        let shown = |text: &str| {
            Some(DbtEvent::Log {
                level: LogLevel::Info,
                text: text.into(),
            })
        };
        assert_eq!(
            parse("Traceback (most recent call last):"),
            shown("Traceback (most recent call last):")
        );
        assert_eq!(parse(""), None);
        let unmatched = |selector: &str| {
            parse(&format!(
                r#"{{"info":{{"name":"NoNodesForSelectionCriteria","level":"warn","msg":"m"}},"data":{{"spec_raw":"{selector}"}}}}"#
            ))
        };
        assert_eq!(unmatched("config.materialized:sink"), None);
        assert!(unmatched("tag:nothing").is_some());
        assert_eq!(
            parse(r#"{"info":{"name":"SQLQuery","level":"debug","msg":"select"}}"#),
            None
        );
        assert_eq!(
            parse(r#"{"info":{"name":"NewThing","level":"info","msg":"hello"}}"#),
            shown("hello")
        );
        assert_eq!(
            parse(
                r#"{"info":{"name":"LogStartLine","level":"info","msg":"START"},"data":{"index":"one"}}"#
            ),
            shown("START")
        );
        assert_eq!(parse("[1, 2]"), shown("[1, 2]"));
    }

    #[test]
    fn colours_are_left_out() {
        let shown = |text: &str| {
            Some(DbtEvent::Log {
                level: LogLevel::Info,
                text: text.into(),
            })
        };
        assert_eq!(
            parse(
                r#"{"info":{"name":"NewThing","level":"info","msg":"\u001b[32mOK\u001b[0m created"}}"#
            ),
            shown("OK created")
        );
        assert_eq!(parse("\u{1b}[31mTraceback\u{1b}[0m:"), shown("Traceback:"));
    }
}
