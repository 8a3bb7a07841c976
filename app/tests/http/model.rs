//! Random calls against the app and against a model of it that fits on two pages: they agree.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::site::{Site, send};

const CALLS: usize = 400;

const NAMES: [&str; 9] = [
    "ann", "Ann", "bob", "Éva", "d e", "f/g", "<h>", "public", "nobody",
];

const CONTENTS: [&str; 6] = ["hi", "", "a<b>&\"c'", "\u{feff}é😀", "two\nlines", " "];

const LATEST: [&str; 7] = ["5", "7", "-1", "-3", "x", "", "9000000000"];

/// The state that the app should have.
#[derive(Default)]
struct Model {
    follows: BTreeMap<String, BTreeSet<String>>,
    /// Author and text, oldest first.
    messages: Vec<(String, String)>,
    latest: i64,
}

impl Model {
    fn knows(&self, name: &str) -> bool {
        self.follows.contains_key(name)
    }

    fn note(&mut self, latest: &str) {
        if let Ok(number) = latest.parse()
            && number != -1
        {
            self.latest = number;
        }
    }

    /// The newest first.
    fn newest(&self, author: Option<&str>, count: usize) -> Vec<Value> {
        let wanted = self.messages.iter().rev();
        let wanted = wanted.filter(|(name, _)| author.is_none_or(|author| author == name));
        let shown = wanted.map(|(user, content)| json!({"user": user, "content": content}));
        shown.take(count).collect()
    }
}

/// The app, the model and the random choices.
struct Pair {
    site: Site,
    model: Model,
    dice: Dice,
}

impl Pair {
    fn name(&self) -> &'static str {
        self.dice.one_of(&NAMES)
    }

    /// Adds `?latest=`, in the model too.
    fn path(&mut self, path: &str) -> String {
        let latest = self.dice.one_of(&LATEST);
        self.model.note(latest);
        format!("{path}?latest={latest}")
    }

    async fn post(&mut self, path: &str, body: &Value) -> u16 {
        let path = self.path(path);
        self.site.post(&path, body).await.status().as_u16()
    }

    async fn register(&mut self) {
        let name = self.name();
        let (mail, password) = (
            self.dice.one_of(&["a@b", "ab"]),
            self.dice.one_of(&["p", ""]),
        );
        let body = json!({"username": name, "email": mail, "pwd": password});
        let status = self.post("/register", &body).await;
        let right = mail == "a@b" && password == "p" && name != "public";
        let free = right && !self.model.knows(name);
        assert_eq!(status, if free { 204 } else { 400 }, "register {body}");
        if free {
            self.model.follows.insert(name.to_owned(), BTreeSet::new());
        }
    }

    async fn say(&mut self) {
        let (name, text) = (self.name(), self.dice.one_of(&CONTENTS));
        let status = self
            .post(&path("/msgs", name), &json!({"content": text}))
            .await;
        let known = self.model.knows(name);
        assert_eq!(status, if known { 204 } else { 404 }, "{name}: {text}");
        if known {
            let message = (name.to_owned(), text.to_owned());
            self.model.messages.push(message);
        }
    }

    async fn change_follows(&mut self) {
        let (who, whom) = (self.name(), self.name());
        let verb = self.dice.one_of(&["follow", "unfollow"]);
        let status = self.post(&path("/fllws", who), &json!({verb: whom})).await;
        let known = self.model.knows(who) && self.model.knows(whom);
        assert_eq!(status, if known { 204 } else { 404 }, "{verb} {whom}");
        if known {
            let follows = self.model.follows.get_mut(who).expect("known");
            if verb == "follow" {
                follows.insert(whom.to_owned());
            } else {
                follows.remove(whom);
            }
        }
    }

    async fn refused(&mut self) {
        let path = self.path(&path("/msgs", self.name()));
        let request = self.site.request(Method::POST, &path);
        let response = send(request.json(&json!({"content": "x"}))).await;
        assert_eq!(response.status(), 403);
    }

    async fn read(&self, path: &str, count: usize) -> Response {
        let path = format!("{path}?no={count}");
        send(self.site.simulator(Method::GET, &path)).await
    }

    async fn read_messages(&self) {
        let count = self.dice.below(40);
        let name = Some(self.name()).filter(|_| self.dice.below(2) == 0);
        let address = name.map_or("/msgs".to_owned(), |name| path("/msgs", name));
        let response = self.read(&address, count).await;
        if name.is_some_and(|name| !self.model.knows(name)) {
            assert_eq!(response.status(), 404);
            return;
        }
        let mut messages: Vec<Value> = response.json().await.expect("JSON");
        for message in &mut messages {
            let message = message.as_object_mut().expect("an object");
            assert!(message.remove("pub_date").expect("a time").is_i64());
        }
        assert_eq!(messages, self.model.newest(name, count), "{address}");
    }

    async fn read_follows(&self) {
        let (name, count) = (self.name(), self.dice.below(12));
        let response = self.read(&path("/fllws", name), count).await;
        let Some(follows) = self.model.follows.get(name) else {
            assert_eq!(response.status(), 404);
            return;
        };
        let body: Value = response.json().await.expect("JSON");
        let told: BTreeSet<String> =
            serde_json::from_value(body["follows"].clone()).expect("names");
        assert_eq!(told.len(), count.min(follows.len()));
        assert!(told.is_subset(follows), "{told:?} of {follows:?}");
    }

    async fn read_page(&self) {
        let page = self.site.get("/public").await.text().await.expect("a page");
        let shown: Vec<_> = page
            .split("</strong> ")
            .skip(1)
            .filter_map(|rest| rest.split_once(" <small>"))
            .map(|(content, _)| content.to_owned())
            .collect();
        let newest = self.model.messages.iter().rev().take(30);
        let expected: Vec<_> = newest.map(|(_, content)| escaped(content)).collect();
        assert_eq!(shown, expected);
    }

    async fn step(&mut self) {
        match self.dice.below(12) {
            0 | 1 => self.register().await,
            2..=4 => self.say().await,
            5 | 6 => self.change_follows().await,
            7 => self.refused().await,
            8 | 9 => self.read_messages().await,
            10 => self.read_follows().await,
            _ => self.read_page().await,
        }
        if self.dice.below(5) == 0 {
            assert_eq!(self.site.latest().await, self.model.latest);
        }
    }
}

fn path(collection: &str, name: &str) -> String {
    use std::fmt::Write;
    let mut path = format!("{collection}/");
    for byte in name.bytes() {
        write!(path, "%{byte:02x}").expect("a String takes any text");
    }
    path
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
}

#[tokio::test]
async fn random_calls_and_the_model_agree() {
    let mut pair = Pair {
        site: Site::start().await,
        model: Model {
            latest: -1,
            ..Model::default()
        },
        dice: Dice::new(),
    };
    for _ in 0..CALLS {
        pair.step().await;
    }
}
