//! A browser without a screen: keeps cookies, sends forms, follows redirects.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, Response, StatusCode};

use crate::site::{Site, send};

/// What a form sends.
pub type Fields<'f> = &'f [(&'f str, &'f str)];

pub struct Browser<'s> {
    pub site: &'s Site,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What a click or an address led to.
pub struct Page {
    pub status: StatusCode,
    /// Where it ended.
    pub path: String,
    pub headers: HeaderMap,
    pub html: String,
}

impl Page {
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        assert!(self.html.contains(text), "no {text} in {}", self.html);
        self
    }

    #[track_caller]
    pub fn lacks(&self, text: &str) -> &Self {
        assert!(!self.html.contains(text), "{text} is in {}", self.html);
        self
    }

    #[track_caller]
    pub fn is(&self, status: u16, path: &str) -> &Self {
        assert_eq!((self.status.as_u16(), self.path.as_str()), (status, path));
        self
    }

    /// What stands between the first `start` and the next `end`.
    #[track_caller]
    pub fn between(&self, start: &str, end: &str) -> &str {
        let (_, rest) = self.html.split_once(start).expect(start);
        rest.split_once(end).expect(end).0
    }
}

impl<'s> Browser<'s> {
    pub fn new(site: &'s Site) -> Self {
        Self {
            site,
            cookies: Mutex::default(),
        }
    }

    /// One that is signed in as a new user.
    pub async fn signed_in(site: &'s Site, name: &str) -> Self {
        let browser = Self::new(site);
        browser.register(name, "default", None, None).await;
        let page = browser.login(name, "default").await;
        page.is(200, "/").shows("You were logged in");
        browser
    }

    pub async fn get(&self, path: &str) -> Page {
        self.follow(self.once(Method::GET, path, None, &[]).await, path)
            .await
    }

    pub async fn post(&self, path: &str, fields: Fields<'_>) -> Page {
        let response = self.once(Method::POST, path, Some(fields), &[]).await;
        self.follow(response, path).await
    }

    pub async fn register(
        &self,
        name: &str,
        password: &str,
        repeated: Option<&str>,
        email: Option<&str>,
    ) -> Page {
        let default = format!("{name}@example.com");
        let fields = [
            ("username", name),
            ("email", email.unwrap_or(&default)),
            ("password", password),
            ("password2", repeated.unwrap_or(password)),
        ];
        self.post("/register", &fields).await
    }

    pub async fn login(&self, name: &str, password: &str) -> Page {
        let fields = [("username", name), ("password", password)];
        self.post("/login", &fields).await
    }

    pub async fn say(&self, text: &str) -> Page {
        self.post("/add_message", &[("text", text)]).await
    }

    /// One request; redirects are not followed.
    pub async fn once(
        &self,
        method: Method,
        path: &str,
        form: Option<Fields<'_>>,
        headers: &[(&str, &str)],
    ) -> Response {
        let mut request = self.site.request(method, path).header(COOKIE, self.jar());
        if let Some(fields) = form {
            request = request.form(fields);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = send(request).await;
        self.keep(&response);
        response
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("a jar").get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut jar = self.cookies.lock().expect("a jar");
        jar.insert(name.to_owned(), value.to_owned());
    }

    async fn follow(&self, mut response: Response, from: &str) -> Page {
        let mut path = from.to_owned();
        for _ in 0..5 {
            let Some(location) = response.headers().get(LOCATION) else {
                break;
            };
            path = location.to_str().expect("ASCII").to_owned();
            response = self.once(Method::GET, &path, None, &[]).await;
        }
        Page {
            status: response.status(),
            path,
            headers: response.headers().clone(),
            html: response.text().await.expect("a page"),
        }
    }

    fn jar(&self) -> String {
        let jar = self.cookies.lock().expect("a jar");
        let pairs: Vec<_> = jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    fn keep(&self, response: &Response) {
        let mut jar = self.cookies.lock().expect("a jar");
        for cookie in response.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("ASCII");
            assert!(cookie.contains("; HttpOnly"), "{cookie}");
            assert!(cookie.contains("; SameSite=Lax"), "{cookie}");
            assert!(cookie.contains("; Path=/;"), "{cookie}");
            let (name, rest) = cookie.split_once('=').expect("a name");
            let (value, attributes) = rest.split_once(';').expect("attributes");
            if attributes.contains("Max-Age=0;") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
