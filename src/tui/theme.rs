//! Named roles and the styles that a theme gives them. Views name roles, never colours.

use super::glyphs::Glyphs;
use crate::domain::finding::Severity;
use crate::domain::phase::Phase;
use crate::domain::project::{Compared, ModelChange};
use crate::domain::readiness::Readiness;
use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use std::collections::BTreeMap;

macro_rules! roles {
    ($($variant:ident = $name:literal),+ $(,)?) => {
        /// What a piece of text is, so that a theme can say how it looks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ThemeRole {
            $($variant,)+
        }

        impl ThemeRole {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in a theme file.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

roles! {
    Text = "text", Muted = "muted", Title = "title", Rule = "rule", Focus = "focus", Heading = "heading", Selection = "selection",
    Ready = "ready", Hydrating = "hydrating", Lagging = "lagging", Unknown = "unknown", Paused = "paused", Failing = "failing",
    Blue = "blue", Green = "green", Info = "info", Warn = "warn", Block = "block", Demo = "demo", Production = "production",
    ReadOnly = "read_only", Live = "live", Stale = "stale", Key = "key", KeyBlocked = "key_blocked", Danger = "danger",
    Input = "input", Found = "found", Modified = "modified", Added = "added", Removed = "removed", Downstream = "downstream",
    MarkAdded = "mark_added", MarkRemoved = "mark_removed", SqlKeyword = "sql_keyword", SqlString = "sql_string",
    SqlNumber = "sql_number", SqlComment = "sql_comment",
}

impl From<Readiness> for ThemeRole {
    fn from(readiness: Readiness) -> Self {
        match readiness {
            Readiness::Ready => Self::Ready,
            Readiness::Lagging => Self::Lagging,
            Readiness::Hydrating => Self::Hydrating,
            Readiness::Unknown => Self::Unknown,
            Readiness::Paused => Self::Paused,
            Readiness::Failing => Self::Failing,
        }
    }
}

/// Of the news that a phase began.
impl From<Phase> for ThemeRole {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Ready | Phase::Promoted | Phase::Synced => Self::Ready,
            Phase::Promoting | Phase::Unknown => Self::Warn,
            Phase::None | Phase::Initialized | Phase::Deploying | Phase::Hydrating => Self::Info,
        }
    }
}

impl From<Severity> for ThemeRole {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Warn => Self::Warn,
            Severity::Block => Self::Block,
        }
    }
}

impl From<ModelChange> for ThemeRole {
    fn from(change: ModelChange) -> Self {
        match change {
            ModelChange::Modified => Self::Modified,
            ModelChange::New => Self::Added,
            ModelChange::Removed => Self::Removed,
            ModelChange::Downstream => Self::Downstream,
            ModelChange::Drifted => Self::Warn,
        }
    }
}

impl From<Compared> for ThemeRole {
    fn from(compared: Compared) -> Self {
        match compared {
            Compared::Changed(change) => Self::from(change),
            Compared::Unmodified => Self::Text,
            Compared::Unknown => Self::Muted,
        }
    }
}

/// Why a theme file can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTheme {
    #[error("the theme can't be read: {0}")]
    Syntax(String),
    #[error("the theme names the unknown role `{0}`; assets/themes/ansi.toml lists all")]
    UnknownRole(String),
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Look {
    fg: Option<Color>,
    bg: Option<Color>,
    bold: bool,
    dim: bool,
    italic: bool,
    underlined: bool,
    reversed: bool,
}

impl Look {
    fn style(self) -> Style {
        let modifiers = [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underlined, Modifier::UNDERLINED),
            (self.reversed, Modifier::REVERSED),
        ];
        let style = Style {
            fg: self.fg,
            bg: self.bg,
            ..Style::default()
        };
        modifiers
            .into_iter()
            .filter(|(on, _)| *on)
            .fold(style, |style, (_, modifier)| style.add_modifier(modifier))
    }
}

/// How every role looks, and with which glyphs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: Vec<Style>,
    pub glyphs: Glyphs,
}

const ANSI: &str = include_str!("../../assets/themes/ansi.toml");
const MONO: &str = include_str!("../../assets/themes/mono.toml");

impl Theme {
    /// The 16 colours of the terminal.
    #[must_use]
    pub fn ansi(glyphs: Glyphs) -> Self {
        let plain = Self {
            styles: vec![Style::default(); ThemeRole::ALL.len()],
            glyphs,
        };
        // A test holds that the shipped file is valid, so nothing is lost here.
        plain.patched(ANSI).unwrap_or(plain)
    }

    /// Attributes only.
    #[must_use]
    pub fn mono(glyphs: Glyphs) -> Self {
        let ansi = Self::ansi(glyphs);
        ansi.patched(MONO).unwrap_or(ansi).without_colour()
    }

    fn without_colour(self) -> Self {
        let styles = self.styles.into_iter();
        Self {
            styles: styles
                .map(|style| Style {
                    fg: None,
                    bg: None,
                    ..style
                })
                .collect(),
            ..self
        }
    }

    /// This theme with the roles of a theme file in place of its own.
    ///
    /// # Errors
    /// When the text is not a theme file, or names a role that does not exist.
    pub fn patched(&self, text: &str) -> Result<Self, InvalidTheme> {
        let looks: BTreeMap<String, Look> =
            toml::from_str(text).map_err(|error| InvalidTheme::Syntax(error.to_string()))?;
        let mut theme = self.clone();
        for (name, look) in looks {
            let position = ThemeRole::ALL.iter().position(|role| role.name() == name);
            match position.and_then(|position| theme.styles.get_mut(position)) {
                Some(style) => *style = look.style(),
                None => return Err(InvalidTheme::UnknownRole(name)),
            }
        }
        Ok(theme)
    }

    #[must_use]
    pub fn style(&self, role: ThemeRole) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

/// The built-in themes; the first is the default.
#[must_use]
pub fn names() -> &'static [&'static str] {
    &["ansi", "mono"]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_theme_names_every_role_and_only_the_terminals_own_colours() {
        let named: BTreeMap<String, Look> = toml::from_str(ANSI).unwrap();
        for role in ThemeRole::ALL {
            let look = named.get(role.name()).unwrap_or_else(|| panic!("{role:?}"));
            for colour in [look.fg, look.bg].into_iter().flatten() {
                assert!(
                    !matches!(colour, Color::Rgb(..) | Color::Indexed(_)),
                    "{role:?}"
                );
            }
        }
        assert_eq!(named.len(), ThemeRole::ALL.len());
    }

    #[test]
    fn mono_has_no_colour_and_still_shows_the_selection() {
        let mono = Theme::mono(Glyphs::UNICODE);
        for role in ThemeRole::ALL {
            assert_eq!(
                (mono.style(*role).fg, mono.style(*role).bg),
                (None, None),
                "{role:?}"
            );
        }
        assert!(
            mono.style(ThemeRole::Selection)
                .add_modifier
                .contains(Modifier::REVERSED)
        );
        assert!(Theme::ansi(Glyphs::UNICODE).patched(MONO).is_ok());
    }

    #[test]
    fn a_theme_file_may_name_some_roles_and_no_unknown_ones() {
        let base = Theme::ansi(Glyphs::UNICODE);
        let mine = base
            .patched("ready = { fg = \"#00ff00\", bold = true }")
            .unwrap();
        assert_eq!(mine.style(ThemeRole::Ready).fg, Some(Color::Rgb(0, 255, 0)));
        assert_eq!(mine.style(ThemeRole::Blue), base.style(ThemeRole::Blue));
        assert_eq!(
            base.patched("raedy = {}"),
            Err(InvalidTheme::UnknownRole("raedy".to_owned()))
        );
        assert!(matches!(
            base.patched("ready = { colour = 1 }"),
            Err(InvalidTheme::Syntax(_))
        ));
    }
}
