//! The terminal: entered and left by a guard, restored after panics and signals, drawn to in one synchronized update.

use super::input;
use super::state::State;
use super::theme::Theme;
use super::view;
use crate::domain::escape::visible_lines;
use crate::domain::quantity::count;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{clipboard, execute, queue, style};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::mem::ManuallyDrop;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal is in our modes now. Only whoever turns it off restores.
static ENTERED: AtomicBool = AtomicBool::new(false);
static PANIC_HOOK: Once = Once::new();

/// The longest text that terminals take through OSC 52, in bytes before encoding: 74,994 encoded.
const MOST_COPIED: usize = 56_244;

/// What the session shows itself on. Every error means that the terminal is gone, that of [`Surface::copy`] apart.
pub trait Surface {
    /// Columns and rows.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn size(&self) -> io::Result<(u16, u16)>;

    /// Draws a state in one synchronized update.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn draw(&mut self, state: &State, theme: &Theme) -> io::Result<()>;

    /// Draws everything anew at the next draw.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn redraw(&mut self) -> io::Result<()>;

    /// Turns mouse reporting on or off.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn mouse(&mut self, on: bool) -> io::Result<()>;

    /// Puts a text into the clipboard of the person's own machine, by OSC 52; works over ssh.
    ///
    /// # Errors
    /// When the text is longer than terminals take, or the terminal is gone.
    fn copy(&mut self, text: &str) -> io::Result<()>;

    /// Gives the terminal back to the shell and stops the process until it is continued.
    ///
    /// # Errors
    /// When the terminal is gone afterwards.
    fn suspend(&mut self) -> io::Result<()>;
}

/// The terminal in our modes; dropping it gives it back as it was.
pub struct Cockpit {
    /// Never dropped: ratatui's `Drop` writes to the terminal and panics where that is dead, in the middle of an operation's end.
    /// [`restore`] does all that it would do.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
    mouse: bool,
}

impl Cockpit {
    /// # Errors
    /// When input or output is no terminal, or it refuses its modes.
    pub fn enter() -> io::Result<Self> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(io::Error::new(
                io::ErrorKind::NotConnected,
                "the cockpit needs a terminal; `cutover status` and the other commands do not",
            ));
        }
        // With NO_COLOR crossterm 0.29 sends a bare reset after the attributes, which wipes bold and reverse. The mono theme has no
        // colours, so forcing them on shows none.
        style::force_color_output(true);
        restore_on_panic();
        let cockpit = Self {
            terminal: ManuallyDrop::new(Terminal::new(CrosstermBackend::new(
                BufWriter::with_capacity(64 * 1024, io::stdout()),
            ))?),
            mouse: false,
        };
        enter_modes()?;
        Ok(cockpit)
    }
}

impl Surface for Cockpit {
    fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    fn draw(&mut self, state: &State, theme: &Theme) -> io::Result<()> {
        // A panic in a task gave the terminal back for its report; the session goes on.
        if !ENTERED.load(Ordering::SeqCst) {
            enter_modes()?;
            self.redraw()?;
        }
        // Through the backend's own writer: anything else would reach the terminal before the frame does.
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let drawn = self
            .terminal
            .draw(|frame| view(state, theme, frame))
            .map(|_| ());
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.terminal.backend_mut().flush()?;
        drawn
    }

    fn redraw(&mut self) -> io::Result<()> {
        // Not `Terminal::clear`, which asks the terminal for its cursor and waits while the event stream eats the answer.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        if on {
            execute!(self.terminal.backend_mut(), EnableMouseCapture)
        } else {
            execute!(self.terminal.backend_mut(), DisableMouseCapture)
        }
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        // It will be pasted into a shell: what that would obey is written out.
        let text = visible_lines(text);
        if text.len() > MOST_COPIED {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "{} are too many for the terminal's clipboard",
                    count(text.len(), "byte")
                ),
            ));
        }
        execute!(
            self.terminal.backend_mut(),
            clipboard::CopyToClipboard::to_clipboard_from(&*text)
        )
    }

    fn suspend(&mut self) -> io::Result<()> {
        restore();
        // STOP cannot be caught, so this works whether a key or a TSTP of the shell asked for it.
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
        enter_modes()?;
        if self.mouse {
            self.mouse(true)?;
        }
        self.redraw()
    }
}

impl Drop for Cockpit {
    fn drop(&mut self) {
        restore();
    }
}

fn enter_modes() -> io::Result<()> {
    // Set first: a failure half-way must still be undone.
    ENTERED.store(true, Ordering::SeqCst);
    let entered = enable_raw_mode().and_then(|()| {
        execute!(
            io::stdout(),
            EnterAlternateScreen,
            EnableBracketedPaste,
            Hide
        )
    });
    if entered.is_err() {
        restore();
    }
    entered
}

/// Gives the terminal back, once. Errors are dropped: there is nobody left to tell.
fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        // The modes first: whoever sees the normal screen again may rely on them.
        let _ = disable_raw_mode();
        let _ = execute!(
            io::stdout(),
            EndSynchronizedUpdate,
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        );
    }
}

/// Puts the restoring before whatever hook is installed, so that its report is readable.
fn restore_on_panic() {
    PANIC_HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            // A report that can't be written panics itself, which aborts the process with an operation at work.
            if !input::has_hung_up() {
                report(info);
            }
        }));
    });
}
