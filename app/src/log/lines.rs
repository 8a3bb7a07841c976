//! The log's writer. The thread that logs formats the line and appends it to a buffer; one thread writes the buffer with as few
//! system calls as possible. A slow reader of the log delays no request.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::mem;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use prometheus::IntCounter;
use slog::{Drain, Level, OwnedKVList, Record, o};
use slog_json::Json;

use super::json;

/// Bytes that may wait to be written; further lines are dropped.
const MOST: usize = 4 * 1024 * 1024;

/// The buffer shrinks to this size when there are few lines.
const SHRUNK: usize = 64 * 1024;

/// The buffer is written this long after its first line.
const GATHER: Duration = Duration::from_millis(5);

/// How long the last write may take when the process ends.
const LAST_WRITE_LIMIT: Duration = Duration::from_secs(2);

/// Starts the thread that writes to `to`; `dropped` counts lost lines.
pub fn start(to: impl Write + Send + 'static, dropped: IntCounter) -> io::Result<(Lines, Writer)> {
    let shared = Arc::new(Shared {
        state: Mutex::default(),
        changed: Condvar::new(),
        dropped,
    });
    let work = shared.clone();
    thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || work.write(to))?;
    Ok((Lines(shared.clone()), Writer(shared)))
}

/// The drain for records.
pub struct Lines(Arc<Shared>);

/// Writes the gathered lines when it is dropped.
pub struct Writer(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// All lines that were lost.
    dropped: IntCounter,
}

#[derive(Default)]
struct State {
    /// Whole lines.
    text: Vec<u8>,
    /// How many.
    lines: u64,
    /// Lost lines that no line has reported yet.
    dropped: u64,
    stopping: bool,
    stopped: bool,
}

thread_local! {
    /// This thread's formatter. It is taken while it is in use, as a logged value may log too.
    static FORMAT: Cell<Option<Format>> = const { Cell::new(None) };
}

struct Format {
    line: Line,
    json: Json<Line>,
}

impl Default for Format {
    fn default() -> Self {
        let line = Line::default();
        let json = json(line.clone());
        Self { line, json }
    }
}

#[derive(Clone, Default)]
struct Line(Rc<RefCell<Vec<u8>>>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drain for Lines {
    type Ok = ();
    type Err = io::Error;

    fn log(&self, record: &Record<'_>, values: &OwnedKVList) -> io::Result<()> {
        let format = FORMAT.take().unwrap_or_default();
        format.line.0.borrow_mut().clear();
        format.json.log(record, values)?;
        self.0.add(&format.line.0.borrow());
        FORMAT.set(Some(format));
        Ok(())
    }
}

impl Shared {
    /// Nothing panics while it holds this lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &[u8]) {
        let mut state = self.lock();
        if state.text.len() + line.len() > MOST {
            state.dropped += 1;
            self.dropped.inc();
            return;
        }
        let is_first = state.text.is_empty();
        state.text.extend_from_slice(line);
        state.lines += 1;
        drop(state);
        if is_first {
            self.changed.notify_all();
        }
    }

    /// Waits for a line, then for more lines.
    fn gathered(&self) -> MutexGuard<'_, State> {
        let nothing = |state: &mut State| state.text.is_empty() && !state.stopping;
        let waited = self.changed.wait_while(self.lock(), nothing);
        let state = waited.unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .changed
            .wait_timeout_while(state, GATHER, |state| !state.stopping);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn write(&self, mut to: impl Write) {
        let mut text = Vec::new();
        loop {
            let mut state = self.gathered();
            mem::swap(&mut state.text, &mut text);
            let (lines, dropped) = (mem::take(&mut state.lines), mem::take(&mut state.dropped));
            let is_last = state.stopping;
            drop(state);
            if dropped > 0 {
                append_dropped(&mut text, dropped);
            }
            if to.write_all(&text).and_then(|()| to.flush()).is_err() {
                self.lock().dropped += lines;
                self.dropped.inc_by(lines);
            }
            text.clear();
            text.shrink_to(SHRUNK);
            if is_last {
                break;
            }
        }
        self.lock().stopped = true;
        self.changed.notify_all();
    }
}

/// Appends a line that reports the number of lost lines.
fn append_dropped(text: &mut Vec<u8>, dropped: u64) {
    let values = OwnedKVList::from(o!(
        "service.name" => "minitwit", "minitwit.log.dropped" => dropped));
    let level = Level::Warning;
    let location = slog::record_static!(level, "");
    let message = format_args!("log lines were dropped: what they are written to is too slow");
    let record = Record::new(&location, &message, slog::b!());
    // A Vec takes any line.
    let _ = json(text).log(&record, &values);
}

impl Drop for Writer {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.stopping = true;
        self.0.changed.notify_all();
        let changed = &self.0.changed;
        // A reader that has stopped reading must not delay the end of the process.
        let _ = changed.wait_timeout_while(state, LAST_WRITE_LIMIT, |state| !state.stopped);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use serde_json::Value;
    use slog::{Logger, info};

    use super::*;

    /// Accepts one write for each permission, and all writes once the permissions' sender is dropped.
    struct Slow {
        go: mpsc::Receiver<()>,
        taken: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.go.recv();
            let _ = self.taken.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logger() -> (
        Logger,
        Writer,
        IntCounter,
        mpsc::Sender<()>,
        mpsc::Receiver<Vec<u8>>,
    ) {
        let (permit, go) = mpsc::channel();
        let (taken, written) = mpsc::channel();
        let dropped = IntCounter::new("dropped", "Lost lines").expect("a name");
        let started = start(Slow { go, taken }, dropped.clone());
        let (drain, writer) = started.expect("a thread");
        let logger = Logger::root(drain.fuse(), o!("service.name" => "test"));
        (logger, writer, dropped, permit, written)
    }

    fn lines(text: &[u8]) -> Vec<Value> {
        let lines = text.split_inclusive(|byte| *byte == b'\n');
        lines
            .map(|line| serde_json::from_slice(line).expect("a line of JSON"))
            .collect()
    }

    #[test]
    fn every_line_is_written_in_order_before_the_writer_is_dropped() {
        let (logger, writer, dropped, permit, written) = logger();
        drop(permit);
        for n in 0..1000 {
            info!(logger, "line"; "n" => n);
        }
        drop(writer);
        let text: Vec<u8> = written.try_iter().flatten().collect();
        let numbers: Vec<_> = lines(&text).iter().map(|line| line["n"].as_i64()).collect();
        assert_eq!(numbers, (0..1000).map(Some).collect::<Vec<_>>());
        assert_eq!(dropped.get(), 0);
    }

    #[test]
    fn a_slow_reader_delays_no_logger_and_lost_lines_are_counted_and_reported() {
        let (logger, writer, dropped, permit, written) = logger();
        let long = "x".repeat(10_000);
        let sent = 2 * MOST / long.len();
        for _ in 0..sent {
            info!(logger, "line"; "long" => &long);
        }
        let lost = dropped.get();
        assert!(lost > 0);
        drop(permit);
        drop(writer);
        let text: Vec<u8> = written.try_iter().flatten().collect();
        let lines = lines(&text);
        let reported = lines
            .iter()
            .filter_map(|line| line["minitwit.log.dropped"].as_u64());
        assert_eq!(reported.sum::<u64>(), lost);
        let written = lines
            .iter()
            .filter(|line| line["message"] == "line")
            .count();
        assert_eq!(written as u64 + lost, sent as u64);
    }
}
