#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cutover::tui::event::{Event, Link, LinkState, Now, Picture};
use cutover::tui::glyphs::Glyphs;
use cutover::tui::keymap::Keymap;
use cutover::tui::state::{Facts, State};
use cutover::tui::theme::Theme;
use cutover::tui::update;
use std::sync::Arc;
use support::boards::{self, Scene};
use support::screen;

fn facts() -> Facts {
    Facts {
        target: "prod".to_owned(),
        project: "shop".to_owned(),
        address: "127.0.0.1:6875/materialize".to_owned(),
        role: "deployer".to_owned(),
        read_only: None,
        production: false,
        demo: true,
    }
}

fn state(scene: Scene) -> State {
    let mut state = State::new(
        facts(),
        Arc::new(Keymap::default()),
        Now::default(),
        (80, 24),
    );
    for second in 0..30 {
        let now = Now {
            millis: second * 1000,
            wall: jiff::civil::date(2026, 11, 20).at(10, 0, second as i8, 0),
        };
        update(&mut state, Event::Tick(now));
        update(
            &mut state,
            Event::Picture(Picture {
                board: Some(boards::board(scene, second)),
                preflight: None,
                link: Link {
                    state: LinkState::Live,
                    age_ms: 200,
                    losses: 0,
                },
            }),
        );
    }
    state
}

#[test]
fn look() {
    let theme = Theme::ansi(Glyphs::UNICODE);
    for scene in [Scene::Hydrating(60), Scene::Promoted] {
        let mut state = state(scene);
        for size in [(80, 24), (120, 40), (200, 60)] {
            println!(
                "{}\n{}",
                screen::text(&screen::draw(&mut state, &theme, size)),
                "=".repeat(size.0.into())
            );
        }
    }
}
