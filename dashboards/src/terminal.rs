//! Shows the dashboards in a terminal, one at a time, refreshed every few seconds.

use std::time::{Duration, Instant};

use anyhow::Result;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};

use crate::dashboard::Dashboard;
use crate::prometheus::{Prometheus, Span};
use crate::view::View;

/// Shows the dashboards until the user quits.
///
/// # Errors
/// If the terminal can't be drawn on.
pub async fn run(
    prometheus: &Prometheus,
    dashboards: &[Dashboard],
    mut length: Duration,
) -> Result<()> {
    const REFRESH: Duration = Duration::from_secs(5);
    let mut terminal = ratatui::try_init()?;
    let (mut shown, mut scroll) = (0, 0_u16);
    let outcome = loop {
        let span = Span::until_now(length, 120);
        let view = View::of(dashboards, shown, scroll, prometheus, span).await;
        if let Err(error) = terminal.draw(|frame| view.draw(frame)) {
            break Err(error.into());
        }
        let drawn = Instant::now();
        match next_key(REFRESH, drawn) {
            Err(error) => break Err(error),
            Ok(Some(KeyCode::Char('q') | KeyCode::Esc)) => break Ok(()),
            Ok(Some(KeyCode::Char(digit @ '1'..='9'))) => {
                let wanted = usize::from(digit as u8 - b'1');
                (shown, scroll) = (wanted.min(dashboards.len() - 1), 0);
            }
            Ok(Some(KeyCode::Tab | KeyCode::Right)) => {
                (shown, scroll) = ((shown + 1) % dashboards.len(), 0);
            }
            Ok(Some(KeyCode::Down | KeyCode::PageDown)) => scroll += 1,
            Ok(Some(KeyCode::Up | KeyCode::PageUp)) => scroll = scroll.saturating_sub(1),
            Ok(Some(KeyCode::Char('+'))) => {
                length = (length * 2).min(Duration::from_hours(24 * 28));
            }
            Ok(Some(KeyCode::Char('-'))) => length = (length / 2).max(Duration::from_mins(4)),
            Ok(_) => {}
        }
    };
    ratatui::restore();
    outcome
}

/// The next key, or `None` when it is time to refresh. Ctrl-C counts as `q`: a raw terminal sends no signal.
fn next_key(refresh: Duration, drawn: Instant) -> Result<Option<KeyCode>> {
    loop {
        let left = refresh.saturating_sub(drawn.elapsed());
        if !event::poll(left)? {
            return Ok(None);
        }
        match event::read()? {
            Event::Key(key)
                if key.code == KeyCode::Char('c')
                    && key.modifiers.contains(KeyModifiers::CONTROL) =>
            {
                return Ok(Some(KeyCode::Char('q')));
            }
            Event::Key(key) if key.kind == KeyEventKind::Press => return Ok(Some(key.code)),
            Event::Resize(..) => return Ok(None),
            _ => {}
        }
    }
}

/// One dashboard as text, for a terminal of this size.
///
/// # Errors
/// If it can't be drawn.
pub async fn page(
    prometheus: &Prometheus,
    dashboards: &[Dashboard],
    shown: usize,
    length: Duration,
    (width, height): (u16, u16),
) -> Result<String> {
    let view = View::of(
        dashboards,
        shown,
        0,
        prometheus,
        Span::until_now(length, 120),
    )
    .await;
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(width, height))?;
    terminal.draw(|frame| view.draw(frame))?;
    let buffer = terminal.backend().buffer();
    let rows = buffer.content.chunks(usize::from(width));
    let rows = rows.map(|row| {
        row.iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>()
    });
    let mut text = String::new();
    for row in rows {
        text.push_str(row.trim_end());
        text.push('\n');
    }
    Ok(text)
}
