//! What the screen costs. Run with `cargo bench --bench draw`.
//!
//! | benchmark | means | budget |
//! |---|---|---|
//! | `draw/N` | one whole frame at 200x60 with N objects on each side: must not depend on N | 2 ms |
//! | `picture/N` | taking in a new board: trends, time in state, filter, order | 1 s apart, so well below 100 ms |
//! | `filter/N` | one more letter in the filter line | 16 ms, so that typing never lags |
//! | `sort/N` | ordering by another column | 50 ms |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/boards.rs"]
#[allow(dead_code)]
mod boards;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent};
use cutover::domain::picture::{ConnectionState, ConnectionStatus, Picture};
use cutover::tui::event::Event;
use cutover::tui::glyphs::Glyphs;
use cutover::tui::keymap::Keymap;
use cutover::tui::state::{State, TargetInfo};
use cutover::tui::theme::Theme;
use cutover::tui::{update, view};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const SIZE: (u16, u16) = (200, 60);
const OBJECTS: [usize; 2] = [2_000, 20_000];

fn picture(objects: usize, seconds: u64) -> Event {
    Event::Picture(Picture {
        board: Some(boards::large(objects, seconds)),
        preflight: None,
        connection: ConnectionStatus {
            state: ConnectionState::Live,
            ..ConnectionStatus::default()
        },
        ..Picture::default()
    })
}

fn state(objects: usize) -> State {
    let keymap = Arc::new(Keymap::default());
    let mut state = State::new(TargetInfo::default(), keymap, Instant::now(), SIZE);
    for second in 0..3 {
        update(&mut state, picture(objects, second));
    }
    state
}

fn press(state: &mut State, c: char) {
    update(state, Event::Key(KeyEvent::from(KeyCode::Char(c))));
}

fn draw(criterion: &mut Criterion) {
    let theme = Theme::ansi(Glyphs::UNICODE);
    let mut group = criterion.benchmark_group("draw");
    for objects in OBJECTS {
        let state = state(objects);
        let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
        group.bench_function(BenchmarkId::from_parameter(objects), |bencher| {
            bencher.iter(|| {
                terminal
                    .draw(|frame| view(black_box(&state), &theme, frame))
                    .unwrap();
            });
        });
    }
    group.finish();
}

fn take(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("picture");
    group.sample_size(20);
    for objects in OBJECTS {
        let before = state(objects);
        let next = picture(objects, 4);
        group.bench_function(BenchmarkId::from_parameter(objects), |bencher| {
            bencher.iter_batched(
                || (before.clone(), next.clone()),
                |(mut state, next)| black_box(update(&mut state, next)),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn keys(criterion: &mut Criterion) {
    for (name, prepare, key) in [("filter", "/model_00", '1'), ("sort", "ooooo", 'o')] {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20);
        for objects in OBJECTS {
            let mut before = state(objects);
            prepare.chars().for_each(|c| press(&mut before, c));
            group.bench_function(BenchmarkId::from_parameter(objects), |bencher| {
                bencher.iter_batched(
                    || before.clone(),
                    |mut state| press(&mut state, key),
                    BatchSize::LargeInput,
                );
            });
        }
        group.finish();
    }
}

criterion_group!(benches, draw, take, keys);
criterion_main!(benches);
