//! Pages are byte for byte what they were: each is compared with a file in `tests/golden/`.
//!
//! After a change of a page that is meant, `MINITWIT_WRITE_GOLDEN=1` writes the files; read their difference.

use std::path::Path;
use std::{env, fs};

use minitwit::version::version;

use crate::browser::{Browser, Page};
use crate::site::Site;

/// The version that runs is part of each page.
const VERSION: &str = "{VERSION}";

/// Characters that HTML, addresses and templates give a meaning to.
const STRANGE: &str =
    "<b>&amp; \"quoted\" 'single' {{mustache}} {{{raw}}} \\{{x}} é😀\u{feff} a/b?c#d %41";

struct Golden {
    differing: Vec<String>,
}

impl Golden {
    fn compare(&mut self, name: &str, page: &Page) {
        let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
        let file = directory.join(format!("{name}.html"));
        let text = page.html.replace(version(), VERSION);
        if env::var_os("MINITWIT_WRITE_GOLDEN").is_some() {
            fs::write(&file, &text).expect("the directory is in the package");
        }
        let expected = fs::read_to_string(&file).expect("a golden page");
        if text != expected {
            self.differing
                .push(format!("{name}: expected\n{expected}\ngot\n{text}"));
        }
    }
}

#[tokio::test]
async fn pages_are_byte_for_byte_the_golden_ones() {
    let site = Site::start().await;
    let mut golden = Golden {
        differing: Vec::new(),
    };
    let anonymous = Browser::new(&site);
    golden.compare("public_empty", &anonymous.get("/public").await);
    golden.compare("login", &anonymous.get("/login").await);
    golden.compare("register", &anonymous.get("/register").await);
    let strange = "Ann <a href='x'> & \"B\"/ü";
    let ann = Browser::signed_in(&site, strange).await;
    for name in ["bob", "cid", "dan"] {
        site.register(name).await;
    }
    golden.compare("home_empty", &ann.get("/").await);
    ann.once(reqwest::Method::GET, "/bob/follow", None, &[])
        .await;
    // Two flashes are waiting now.
    golden.compare("bob_followed", &ann.get("/bob/follow").await);
    write_messages(&site).await;
    for (name, path) in [
        ("public_signed_in", "/public"),
        ("home", "/"),
        ("home_older", "/?before=31"),
        ("bob", "/bob"),
        ("cid_stranger", "/cid"),
        ("dan_no_messages", "/dan"),
        ("unknown_user", "/nobody"),
        ("cross_method", "/add_message"),
    ] {
        golden.compare(name, &ann.get(path).await);
        // What was kept from the first time is the same.
        golden.compare(name, &ann.get(path).await);
    }
    let own = format!("/{}", percent(strange));
    golden.compare("own_page", &ann.get(&own).await);
    golden.compare("own_page_anonymous", &anonymous.get(&own).await);
    for (name, path) in [
        ("public", "/public"),
        ("public_older", "/public?before=61"),
        ("public_last", "/public?before=20"),
        ("bob_anonymous", "/bob"),
        ("unauthorized", "/bob/follow"),
    ] {
        golden.compare(name, &anonymous.get(path).await);
        golden.compare(name, &anonymous.get(path).await);
    }
    golden.compare("login_failed", &anonymous.login(STRANGE, "x").await);
    let refused = anonymous.register(STRANGE, "a", Some("b"), Some("\"e'@<x>"));
    golden.compare("register_failed", &refused.await);
    assert!(
        golden.differing.is_empty(),
        "{}",
        golden.differing.join("\n\n")
    );
}

/// 70 messages with fixed numbers and times.
async fn write_messages(site: &Site) {
    let strange = STRANGE.replace('\'', "''");
    let sql = format!(
        "INSERT INTO messages (author_id, content, published_at)
        SELECT users.id,
            CASE n % 7 WHEN 0 THEN '{strange}' WHEN 1 THEN ' ' ELSE users.name || ' says ' || n || '.' END,
            timestamptz '2026-11-21 08:38:59Z' + make_interval(mins => n * 61)
        FROM generate_series(1, 70) n
        JOIN users ON users.name = CASE WHEN n % 5 = 0 THEN 'cid' WHEN n % 3 = 0 THEN
            (SELECT name FROM users ORDER BY id LIMIT 1) ELSE 'bob' END
        ORDER BY n"
    );
    site.database.execute(&sql).await;
}

fn percent(name: &str) -> String {
    use std::fmt::Write as _;
    name.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
