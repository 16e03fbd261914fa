//! The actions and their default keys.

use crate::domain::action::Operation;
use crate::tui::screens::Screen;
use std::sync::LazyLock;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Opens the plan of an operation; never more than that.
    Operation(Operation),
    /// Looks, moves or copies.
    Look(ScreenCommand),
}

/// What changes nothing outside the screen (and at most writes the clipboard or a file of one's own).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScreenCommand {
    Screen(Screen),
    Help,
    Palette,
    Back,
    Quit,
    Interrupt,
    Suspend,
    CancelOperation,
    Refresh,
    Freeze,
    Mouse,
    Copy,
    CopyAll,
    Save,
    NextPane,
    PreviousPane,
    Zoom,
    Up,
    Down,
    Left,
    Right,
    HalfPageUp,
    HalfPageDown,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    Filter,
    ProblemsOnly,
    Sort,
    ReverseSort,
    Group,
    DiffLayout,
    DiffText,
    Follow,
    Wrap,
    NextMatch,
    PreviousMatch,
}

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyScope {
    Everywhere,
    On(Screen),
}

impl KeyScope {
    #[must_use]
    pub fn includes(self, screen: Screen) -> bool {
        match self {
            Self::Everywhere => true,
            Self::On(here) => here == screen,
        }
    }

    /// Whether there is a screen on which both hold.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        match (self, other) {
            (Self::On(one), Self::On(other)) => one == other,
            _ => true,
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::On(screen) => screen.title(),
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    pub action: Action,
    /// The name in the configuration and in the palette.
    pub name: &'static str,
    pub keys: &'static [&'static str],
    pub scope: KeyScope,
    pub about: &'static str,
}

const fn look(
    command: ScreenCommand,
    name: &'static str,
    keys: &'static [&'static str],
    about: &'static str,
) -> Binding {
    Binding {
        action: Action::Look(command),
        name,
        keys,
        scope: KeyScope::Everywhere,
        about,
    }
}

const fn look_on(
    screen: Screen,
    command: ScreenCommand,
    name: &'static str,
    keys: &'static [&'static str],
    about: &'static str,
) -> Binding {
    Binding {
        action: Action::Look(command),
        name,
        keys,
        scope: KeyScope::On(screen),
        about,
    }
}

/// Every operation with its key, a capital that no other action shares, and what it does. A key only ever opens a plan.
const OPERATIONS: &[(Operation, &[&str], &str)] = &[
    (Operation::Init, &["I"], "plan: create the deployment side"),
    (
        Operation::Deploy,
        &["D"],
        "plan: build what changed on the deployment side",
    ),
    (
        Operation::Await,
        &["A"],
        "wait until the deployment side is ready",
    ),
    (
        Operation::Promote,
        &["P"],
        "plan: swap both sides, or finish a swap that is under way",
    ),
    (
        Operation::Sync,
        &["S"],
        "plan: rebuild the retired side as production is; ends the way back",
    ),
    (
        Operation::Rollback,
        &["B"],
        "plan: swap back to the retired production",
    ),
    (Operation::Cleanup, &["X"], "plan: drop the deployment side"),
];

/// Every other action with its default keys, but for the screens', which are in their own table.
#[rustfmt::skip]
const COMMANDS: &[Binding] = &[
    look(ScreenCommand::Help, "help", &["?"], "this list"),
    look(ScreenCommand::Palette, "palette", &[":"], "find an action by its name"),
    look(ScreenCommand::Filter, "filter", &["/"], "filter rows, or search the log"),
    look(ScreenCommand::Open, "open", &["enter"], "look closer; never confirms anything"),
    look(ScreenCommand::Back, "back", &["esc"], "one level back; clears the filter"),
    look(ScreenCommand::NextPane, "next-pane", &["tab"], "the next pane"),
    look(ScreenCommand::PreviousPane, "previous-pane", &["shift-tab"], "the pane before"),
    look(ScreenCommand::Zoom, "zoom", &["+"], "the focused pane alone, and back"),

    look(ScreenCommand::Up, "up", &["k", "up"], "up"),
    look(ScreenCommand::Down, "down", &["j", "down"], "down"),
    look(ScreenCommand::Left, "left", &["h", "left"], "left, or the tab before"),
    look(ScreenCommand::Right, "right", &["l", "right"], "right, or the next tab"),
    look(ScreenCommand::HalfPageUp, "half-page-up", &["ctrl-u"], "half a page up"),
    look(ScreenCommand::HalfPageDown, "half-page-down", &["ctrl-d"], "half a page down"),
    look(ScreenCommand::PageUp, "page-up", &["pageup"], "a page up"),
    look(ScreenCommand::PageDown, "page-down", &["pagedown"], "a page down"),
    look(ScreenCommand::Top, "top", &["g", "home"], "to the first line"),
    look(ScreenCommand::Bottom, "bottom", &["G", "end"], "to the last line"),

    look_on(Screen::Cockpit, ScreenCommand::ProblemsOnly, "problems", &["!"], "only what is not ready, and back"),
    look_on(Screen::Cockpit, ScreenCommand::Sort, "sort", &["o"], "sort by the next column"),
    look_on(Screen::Cockpit, ScreenCommand::ReverseSort, "reverse-sort", &["O"], "turn the order round"),
    look_on(Screen::Cockpit, ScreenCommand::Group, "group", &["t"], "group by cluster, by schema, or not"),
    look_on(Screen::Cockpit, ScreenCommand::Freeze, "freeze", &["f"], "hold the picture still, and go on"),
    look_on(Screen::Changes, ScreenCommand::DiffLayout, "diff-layout", &["v"], "side by side, or unified"),
    look_on(Screen::Changes, ScreenCommand::DiffText, "diff-text", &["c"], "compiled SQL, or as written"),
    look_on(Screen::Run, ScreenCommand::Follow, "follow", &["f"], "follow the log, or stay"),
    look_on(Screen::Run, ScreenCommand::Wrap, "wrap", &["w"], "wrap long lines, or cut them"),
    look_on(Screen::Run, ScreenCommand::NextMatch, "next-match", &["n"], "the next line that matches the search"),
    look_on(Screen::Run, ScreenCommand::PreviousMatch, "previous-match", &["N"], "the matching line before"),

    look(ScreenCommand::Refresh, "refresh", &["r"], "read anew now; on the changes screen, run dbt parse"),
    look(ScreenCommand::Copy, "copy", &["y"], "copy the name of what is selected"),
    look(ScreenCommand::CopyAll, "copy-all", &["Y"], "copy the row, the SQL or the entry"),
    look(ScreenCommand::Save, "save", &["ctrl-s"], "save what is shown to a file"),
    look(ScreenCommand::Mouse, "mouse", &["m"], "mouse on or off (off keeps text selection)"),
    look(ScreenCommand::CancelOperation, "cancel-operation", &["ctrl-x"], "ask the running operation to stop"),
    look(ScreenCommand::Suspend, "suspend", &["ctrl-z"], "back to the shell until `fg`"),
    look(ScreenCommand::Interrupt, "interrupt", &["ctrl-c"], "like q; twice within 2 s leaves from anywhere"),
    look(ScreenCommand::Quit, "quit", &["q"], "close what is open, or the filter; on the cockpit, quit"),
];

/// Every action with its default keys.
pub static BINDINGS: LazyLock<Vec<Binding>> = LazyLock::new(|| {
    let operations = OPERATIONS.iter().map(|(operation, keys, about)| Binding {
        action: Action::Operation(*operation),
        name: operation.as_str(),
        keys,
        scope: KeyScope::Everywhere,
        about,
    });
    let screens = Screen::ALL.iter().map(|screen| {
        let command = ScreenCommand::Screen(*screen);
        look(command, screen.action(), screen.keys(), screen.about())
    });
    let commands = COMMANDS.iter().copied();
    operations.chain(screens).chain(commands).collect()
});
