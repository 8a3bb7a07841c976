//! The recorded run's file format: tab-separated, no quoting, UTF-8, LF, no header.

use super::step::{Action, Step};
use crate::error::Error;
use std::fmt::Write as _;
use std::path::Path;

/// Reads a recorded run.
///
/// # Errors
/// If the file can't be read, holds no request, or has a bad line (with its number).
pub fn read(path: &Path) -> Result<Vec<Step>, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        what: "a recorded run (tab-separated; `drill simulate --seed 1 --write FILE` makes one)",
        source,
    })?;
    let steps = parse(&bytes).map_err(|(line, problem)| Error::BadLine {
        path: path.to_owned(),
        line,
        problem,
    })?;
    if steps.is_empty() {
        return Err(Error::BadFile {
            path: path.to_owned(),
            problem: "there is no request in it; give a recorded run".to_owned(),
        });
    }
    Ok(steps)
}

/// Parses a whole file. Only LF ends a line: a text may hold any other character but a tab.
///
/// # Errors
/// The first bad line's number, counted from 1, and what is wrong with it.
pub fn parse(bytes: &[u8]) -> Result<Vec<Step>, (usize, String)> {
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if body.is_empty() {
        return Ok(Vec::new());
    }
    body.split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(index, line)| parse_line(line).map_err(|problem| (index + 1, problem)))
        .collect()
}

fn parse_line(line: &[u8]) -> Result<Step, String> {
    let line = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?;
    let fields: Vec<&str> = line.split('\t').collect();
    let [id, delay, timestamp, kind, rest @ ..] = fields.as_slice() else {
        return Err(format!(
            "{} tab-separated fields, but id, delay, timestamp and type are the least",
            fields.len()
        ));
    };
    Ok(Step {
        id: number("request id", id)?,
        delay: number("delay", delay)?,
        timestamp_ms: number("timestamp", timestamp)?,
        action: parse_action(kind, rest)?,
    })
}

fn number<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("the {what} {text:?} is no such number"))
}

fn parse_action(kind: &str, rest: &[&str]) -> Result<Action, String> {
    let owned = |text: &&str| (*text).to_owned();
    match (kind, rest) {
        ("register", [user, email, password]) => Ok(Action::Register {
            user: owned(user),
            email: owned(email),
            password: owned(password),
        }),
        ("tweet", [user, text]) => Ok(Action::Tweet {
            user: owned(user),
            text: owned(text),
        }),
        ("follow", [user, target]) => Ok(Action::Follow {
            user: owned(user),
            target: owned(target),
        }),
        ("unfollow", [user, target]) => Ok(Action::Unfollow {
            user: owned(user),
            target: owned(target),
        }),
        ("register", _) => Err(format!(
            "register takes user, e-mail and password, but there are {} fields after it",
            rest.len()
        )),
        ("tweet", _) => Err(format!(
            "tweet takes user and text, but there are {} fields after it",
            rest.len()
        )),
        ("follow" | "unfollow", _) => Err(format!(
            "{kind} takes user and target, but there are {} fields after it",
            rest.len()
        )),
        _ => Err(format!(
            "the type {kind:?} is none of register, tweet, follow, unfollow"
        )),
    }
}

/// Writes a run in the same format.
///
/// # Errors
/// If the file can't be written.
pub fn write(path: &Path, steps: &[Step]) -> Result<(), Error> {
    std::fs::write(path, render(steps)).map_err(|source| Error::Unwritable {
        path: path.to_owned(),
        source,
    })
}

fn render(steps: &[Step]) -> String {
    let mut file = String::new();
    for step in steps {
        let (kind, fields): (_, &[&String]) = match &step.action {
            Action::Register {
                user,
                email,
                password,
            } => ("register", &[user, email, password]),
            Action::Tweet { user, text } => ("tweet", &[user, text]),
            Action::Follow { user, target } => ("follow", &[user, target]),
            Action::Unfollow { user, target } => ("unfollow", &[user, target]),
        };
        write!(
            file,
            "{}\t{}\t{}\t{kind}",
            step.id, step.delay, step.timestamp_ms
        )
        .expect("a String takes any text");
        for field in fields {
            file.push('\t');
            file.push_str(field);
        }
        file.push('\n');
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_four_types_are_read() {
        let file = "0\t0\t1582\tregister\tAnn Lee\ta@b.c\t\"\\<\n\
                    1\t12\t1583\ttweet\tAnn Lee\t\u{feff}“ça”\u{2028}x \n\
                    2\t3\t1584\tfollow\tAnn Lee\tBo\n\
                    7\t4\t1585\tunfollow\tAnn Lee\tBo";
        let steps = parse(file.as_bytes()).unwrap();
        assert_eq!(steps.len(), 4);
        assert_eq!(steps[3].id, 7);
        assert_eq!(steps[1].pause().as_nanos(), 120);
        let Action::Tweet { text, .. } = &steps[1].action else {
            panic!("{:?}", steps[1]);
        };
        assert_eq!(text, "\u{feff}“ça”\u{2028}x ");
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let good = "0\t0\t1\ttweet\ta\tb\n";
        for (bad, about) in [
            ("", "fields"),
            ("1\t2\t3", "fields"),
            ("x\t0\t1\ttweet\ta\tb", "request id"),
            ("1\t-4\t1\ttweet\ta\tb", "delay"),
            ("1\t4\tlater\ttweet\ta\tb", "timestamp"),
            ("1\t4\t1\ttweet\ta", "tweet takes"),
            ("1\t4\t1\ttweet\ta\tb\tc", "tweet takes"),
            ("1\t4\t1\tregister\ta\tb", "register takes"),
            ("1\t4\t1\tfollow\ta", "follow takes"),
            ("1\t4\t1\tretweet\ta\tb", "none of"),
        ] {
            let (line, problem) = parse(format!("{good}{bad}\n{good}").as_bytes()).unwrap_err();
            assert_eq!(line, 2, "{bad:?}");
            assert!(problem.contains(about), "{bad:?}: {problem}");
        }
        let (line, problem) = parse(b"0\t0\t1\ttweet\ta\t\xff").unwrap_err();
        assert_eq!((line, problem.as_str()), (1, "it is not UTF-8"));
    }

    #[test]
    fn a_missing_or_empty_file_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.tsv");
        assert!(matches!(read(&path), Err(Error::Unreadable { .. })));
        std::fs::write(&path, "").unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.to_string().contains("run.tsv"), "{error}");
        assert_eq!(error.exit_code(), 3);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(
            id: i64, delay: u64, timestamp_ms: i64, user in "[^\t\n]{1,20}", text in "[^\t\n]{0,140}",
        ) {
            let steps = vec![Step { id, delay, timestamp_ms, action: Action::Tweet { user, text } }];
            prop_assert_eq!(parse(render(&steps).as_bytes()).unwrap(), steps);
        }
    }
}
