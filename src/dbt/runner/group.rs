//! A process group: started with its streams piped, ended by signals of rising strength, and killed with the value that holds it.

use super::process::{GracePeriods, ProcessError, ProcessOptions};
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessGroup};
use std::io;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{ChildStdin, Command};
use tokio::signal::unix::SignalKind;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How many lines may wait to be read; dbt is slowed down beyond that.
const LINES: usize = 256;

/// A process group that dies with this value.
pub(super) struct Group {
    pub child: Box<dyn ChildWrapper>,
    /// Set once the leader is reaped.
    pub ended: bool,
}

impl Group {
    /// Starts a command with its three streams piped. `program` is how errors name it.
    pub fn start(
        mut process: Command,
        program: &str,
        options: &ProcessOptions,
    ) -> Result<Self, ProcessError> {
        // A missing folder and a missing program give the same error code.
        std::fs::metadata(&options.dir).map_err(|source| ProcessError::Folder {
            dir: options.dir.clone(),
            source,
        })?;
        process
            .current_dir(&options.dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in &options.variables {
            process.env(name, value.reveal());
        }
        let child = CommandWrap::from(process)
            .wrap(ProcessGroup::leader())
            .wrap(KillOnDrop)
            .spawn()
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => ProcessError::Missing {
                    program: program.to_owned(),
                },
                _ => ProcessError::Start {
                    program: program.to_owned(),
                    source,
                },
            })?;
        Ok(Self {
            child,
            ended: false,
        })
    }

    /// The way in. Nothing of it is left here, so dropping it ends the process's input.
    pub fn input(&mut self) -> Option<ChildStdin> {
        self.child.stdin().take()
    }

    /// The lines of both outputs, in the order in which they are read.
    pub fn lines(&mut self) -> mpsc::Receiver<String> {
        let (sender, receiver) = mpsc::channel(LINES);
        if let Some(stdout) = self.child.stdout().take() {
            tokio::spawn(forward(stdout, sender.clone()));
        }
        if let Some(stderr) = self.child.stderr().take() {
            tokio::spawn(forward(stderr, sender));
        }
        receiver
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Once the leader is reaped its id may belong to somebody else.
        if !self.ended {
            let _ = self.child.start_kill();
        }
    }
}

async fn forward(output: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) {
    let mut reader = BufReader::new(output).split(b'\n');
    while let Ok(Some(line)) = reader.next_segment().await {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if lines.send(line).await.is_err() {
            return;
        }
    }
}

/// Signals of rising strength.
pub(super) struct SignalEscalation {
    grace: GracePeriods,
    rung: usize,
    /// When the next, stronger signal is due.
    pub next: Instant,
}

impl SignalEscalation {
    pub fn new(patience: GracePeriods) -> Self {
        Self {
            grace: patience,
            rung: 0,
            next: Instant::now(),
        }
    }

    pub fn is_climbed(&self) -> bool {
        self.rung > 0
    }

    pub fn climb(&mut self, group: &mut Group) {
        // A signal that can't be sent means that the group is gone; its end is noticed elsewhere.
        let wait = match self.rung {
            0 => {
                let _ = group.child.signal(SignalKind::interrupt().as_raw_value());
                self.grace.interrupt
            }
            1 => {
                let _ = group.child.signal(SignalKind::terminate().as_raw_value());
                self.grace.terminate
            }
            _ => {
                let _ = group.child.start_kill();
                self.grace.terminate
            }
        };
        self.rung += 1;
        self.next = Instant::now() + wait;
    }
}
