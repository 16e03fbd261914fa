//! The screens.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Screen {
    Cockpit,
    Changes,
    Run,
    Traffic,
    History,
}

impl Screen {
    pub const ALL: [Self; 5] = [
        Self::Cockpit,
        Self::Changes,
        Self::Run,
        Self::Traffic,
        Self::History,
    ];

    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cockpit => "cockpit",
            Self::Changes => "changes",
            Self::Run => "run",
            Self::Traffic => "traffic",
            Self::History => "history",
        }
    }
}
