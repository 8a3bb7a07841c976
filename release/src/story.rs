//! The stories by which a version is verified: what the simulator does, and what a visitor does with pages.

use std::time::Duration;

use serde_json::{Value, json};

use crate::user::{Answer, User};

/// A version at an address, to be used.
pub struct Story {
    user: User,
    version: String,
    tag: String,
    slowest: Duration,
    requests: u32,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Told {
    /// Requests sent.
    pub requests: u32,
    /// The slowest answer.
    pub slowest: Duration,
    /// The visitor, still signed in.
    pub visitor: User,
}

/// The accounts that a story makes, for clearing up.
#[must_use]
pub fn accounts(tag: &str) -> [String; 2] {
    [format!("check {tag} a"), format!("check {tag} b")]
}

impl Story {
    /// Each answer must come from `version`. `tag` makes its accounts' names new.
    #[must_use]
    pub fn new(user: User, version: &str, tag: &str) -> Self {
        Self {
            user,
            version: version.to_owned(),
            tag: tag.to_owned(),
            slowest: Duration::ZERO,
            requests: 0,
        }
    }

    /// Tells both stories.
    ///
    /// # Errors
    /// The first thing that is not as it should be.
    pub async fn tell(mut self) -> Result<Told, String> {
        let [author, visitor] = accounts(&self.tag);
        let password = format!("{:032x}", rand::random::<u128>());
        self.simulator(&author, &password).await?;
        self.visitor(&author, &visitor, &password).await?;
        Ok(Told {
            requests: self.requests,
            slowest: self.slowest,
            visitor: self.user,
        })
    }

    /// Whether a visitor who signed in before is still known.
    ///
    /// # Errors
    /// If not.
    pub async fn remembers(visitor: User, version: &str) -> Result<(), String> {
        let mut story = Self::new(visitor, version, "");
        let answer = story.page("/", 200).await?;
        expect(
            "the timeline of a visitor who signed in before",
            &answer,
            "on your mind",
        )
    }

    async fn simulator(&mut self, author: &str, password: &str) -> Result<(), String> {
        let path = |what: &str| format!("/{what}/{}", author.replace(' ', "%20"));
        let account = json!({"username": author, "email": "check@example.com", "pwd": password});
        self.call("/register", Some(&account), 204).await?;
        self.call("/register", Some(&account), 400).await?;
        let text = format!("checking {}: ö & <b>", self.version);
        self.call(&path("msgs"), Some(&json!({"content": text})), 204)
            .await?;
        let told = self.call(&path("msgs"), None, 200).await?;
        let messages: Value =
            serde_json::from_str(&told.body).map_err(|_| "/msgs/USER is no JSON")?;
        if messages[0]["content"] != text || messages[0]["user"] != author {
            return Err("/msgs/USER does not show the message that was just written".to_owned());
        }
        // Others write too, so that it may be further down than anybody reads; but nothing older comes first.
        let told = self.call("/msgs?no=20", None, 200).await?;
        let newest: Value = serde_json::from_str(&told.body).map_err(|_| "/msgs is no JSON")?;
        let second = |list: &Value| list[0]["pub_date"].as_i64();
        // In seconds, and of two that are written at once either may come first.
        if second(&newest).map(|it| it + 1) < second(&messages) {
            return Err("/msgs does not begin with what was just written, or newer".to_owned());
        }
        self.call("/msgs/nobody%20here%20at%20all", None, 404)
            .await?;
        let follow = json!({"follow": "nobody here at all"});
        self.call(&path("fllws"), Some(&follow), 404).await?;
        let told = self.call(&path("fllws"), None, 200).await?;
        if told.body.replace(' ', "") != r#"{"follows":[]}"# {
            return Err("/fllws/USER is not an empty list for a new account".to_owned());
        }
        let told = self.call("/latest", None, 200).await?;
        let latest: Value = serde_json::from_str(&told.body).map_err(|_| "/latest is no JSON")?;
        if !latest["latest"].is_i64() {
            return Err("/latest has no number".to_owned());
        }
        // Without the credential.
        self.page("/msgs", 403).await.map(drop)
    }

    async fn visitor(&mut self, author: &str, visitor: &str, password: &str) -> Result<(), String> {
        self.page("/public", 200).await?;
        self.page("/register", 200).await?;
        let fields = [
            ("username", visitor),
            ("email", "check@example.com"),
            ("password", password),
            ("password2", password),
        ];
        self.submit("/register", &fields, "/login").await?;
        let answer = self.page("/login", 200).await?;
        expect(
            "the login page",
            &answer,
            "You were successfully registered",
        )?;
        let fields = [("username", visitor), ("password", password)];
        self.submit("/login", &fields, "/").await?;
        let author_page = format!("/{}", author.replace(' ', "%20"));
        self.page(&format!("{author_page}/follow"), 302).await?;
        let answer = self.page(&author_page, 200).await?;
        expect(
            "the author's page",
            &answer,
            "You are currently following this user",
        )?;
        self.submit("/add_message", &[("text", "checking & writing")], "/")
            .await?;
        let answer = self.page("/", 200).await?;
        expect("my timeline", &answer, "checking &amp; writing")?;
        expect("my timeline", &answer, "&lt;b&gt;")?;
        self.page("/nobody%20here%20at%20all", 404).await?;
        self.page("/static/style.css", 200).await.map(drop)
    }

    async fn page(&mut self, path: &str, status: u16) -> Result<Answer, String> {
        let answer = self.user.page(path).await;
        self.check(path, status, answer)
    }

    async fn call(
        &mut self,
        path: &str,
        body: Option<&Value>,
        status: u16,
    ) -> Result<Answer, String> {
        let answer = self.user.call(path, body).await;
        self.check(path, status, answer)
    }

    async fn submit(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        to: &str,
    ) -> Result<(), String> {
        let answer = self.user.submit(path, fields).await;
        let answer = self.check(path, 302, answer)?;
        match answer.location.as_deref() {
            Some(location) if location == to => Ok(()),
            other => Err(format!("{path} redirects to {other:?}, not to {to}")),
        }
    }

    fn check(
        &mut self,
        path: &str,
        status: u16,
        answer: Result<Answer, String>,
    ) -> Result<Answer, String> {
        self.requests += 1;
        let answer = answer?;
        self.slowest = self.slowest.max(answer.took);
        if answer.status != status {
            return Err(format!("{path} answers {}, not {status}", answer.status));
        }
        if answer.version != self.version {
            return Err(format!(
                "{path} is answered by {:?}, not by {}",
                answer.version, self.version
            ));
        }
        Ok(answer)
    }
}

fn expect(what: &str, answer: &Answer, text: &str) -> Result<(), String> {
    if answer.body.contains(text) {
        Ok(())
    } else {
        Err(format!("{what} does not say {text:?}"))
    }
}

/// Makes a tag for one verification.
#[must_use]
pub fn tag() -> String {
    format!("{:08x}", rand::random::<u32>())
}
