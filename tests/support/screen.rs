//! Rendering a state to text, with a second layer that tells the style of each cell.

use cutover::tui::state::State;
use cutover::tui::theme::Theme;
use cutover::tui::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Style;

/// Draws a state at a size.
pub fn draw(state: &mut State, theme: &Theme, size: (u16, u16)) -> Buffer {
    state.size = size;
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(|frame| view(state, theme, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// The characters of the screen.
pub fn text(buffer: &Buffer) -> String {
    rows(buffer, |buffer, x, y| buffer[(x, y)].symbol().to_owned())
}

/// The characters, then a letter per cell for its style (`.` is plain), then what each letter stands for.
pub fn styled(buffer: &Buffer) -> String {
    let mut styles: Vec<Style> = Vec::new();
    let layer = rows(buffer, |buffer, x, y| {
        let style = buffer[(x, y)].style();
        if is_plain(style) {
            return ".".to_owned();
        }
        let at = styles
            .iter()
            .position(|known| *known == style)
            .unwrap_or_else(|| {
                styles.push(style);
                styles.len() - 1
            });
        letter(at).to_string()
    });
    let legend: Vec<String> = styles
        .iter()
        .enumerate()
        .map(|(at, style)| format!("{} = {}", letter(at), describe(*style)))
        .collect();
    format!("{}\n\n{layer}\n\n{}\n", text(buffer), legend.join("\n"))
}

fn is_plain(style: Style) -> bool {
    style.add_modifier.is_empty()
        && [style.fg, style.bg]
            .into_iter()
            .flatten()
            .all(|colour| colour == ratatui::style::Color::Reset)
}

fn letter(at: usize) -> char {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    letters.chars().nth(at).unwrap_or('#')
}

fn describe(style: Style) -> String {
    let mut words = Vec::new();
    for (name, colour) in [("", style.fg), ("on ", style.bg)] {
        if let Some(colour) = colour.filter(|colour| *colour != ratatui::style::Color::Reset) {
            words.push(format!("{name}{colour}"));
        }
    }
    if !style.add_modifier.is_empty() {
        words.push(format!("{:?}", style.add_modifier));
    }
    words.join(" ")
}

fn rows(buffer: &Buffer, mut cell: impl FnMut(&Buffer, u16, u16) -> String) -> String {
    let area = buffer.area;
    let mut lines = Vec::new();
    for y in area.y..area.bottom() {
        let mut line = String::new();
        for x in area.x..area.right() {
            line.push_str(&cell(buffer, x, y));
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}
