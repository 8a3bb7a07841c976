//! A route, and the router that finds the route of a path.

use std::collections::HashSet;
use std::pin::Pin;

use hyper::Method;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::reply::Reply;

type Outcome = Pin<Box<dyn Future<Output = Result<Reply>> + Send>>;
type Handler = Box<dyn Fn(Context) -> Outcome + Send + Sync>;

/// The form of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A page, for people.
    Page,
    /// JSON, for programs.
    Api,
}

/// The checks of a browser's request before the handler of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Forms must come from this site.
    Forms,
    /// Links too, as they change something.
    Everything,
    /// Forms must come from this site, and the number for each client is limited.
    Attempts,
}

/// A path pattern with its handlers and the checks before them.
pub struct Route {
    /// The label in logs and metrics.
    pub pattern: &'static str,
    /// The form of errors. On a path that pages and the API share, it does not apply to HTML forms.
    kind: Kind,
    /// Whether `?latest=` is stored, whatever the result of the call is.
    pub records_latest: bool,
    /// Whether a call needs the simulator's credential.
    pub for_simulator: bool,
    pub guard: Guard,
    get: Option<Handler>,
    post: Option<Handler>,
    form: Option<Handler>,
}

impl Route {
    /// A path for people.
    #[must_use]
    pub fn page(pattern: &'static str) -> Self {
        Self {
            pattern,
            kind: Kind::Page,
            records_latest: false,
            for_simulator: false,
            guard: Guard::Forms,
            get: None,
            post: None,
            form: None,
        }
    }

    /// A path for programs.
    #[must_use]
    pub fn api(pattern: &'static str) -> Self {
        Self {
            kind: Kind::Api,
            ..Self::page(pattern)
        }
    }

    /// Stores `?latest=`, whatever the result of the call is.
    #[must_use]
    pub fn records_latest(mut self) -> Self {
        self.records_latest = true;
        self
    }

    /// Needs the simulator's credential.
    #[must_use]
    pub fn for_simulator(mut self) -> Self {
        self.for_simulator = true;
        self
    }

    /// Has GETs that change something.
    #[must_use]
    pub fn changes(mut self) -> Self {
        self.guard = Guard::Everything;
        self
    }

    /// Limits the number of forms for each client.
    #[must_use]
    pub fn limited(mut self) -> Self {
        self.guard = Guard::Attempts;
        self
    }

    /// Answers GET, and HEAD unless it changes something.
    #[must_use]
    pub fn get<H, F>(mut self, handler: H) -> Self
    where
        H: Fn(Context) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.get = Some(Box::new(move |context| Box::pin(handler(context))));
        self
    }

    /// Answers POST.
    #[must_use]
    pub fn post<H, F>(mut self, handler: H) -> Self
    where
        H: Fn(Context) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.post = Some(Box::new(move |context| Box::pin(handler(context))));
        self
    }

    /// Answers POSTs of HTML forms; other POSTs go to [`Route::post`]. The path belongs to a page and to the API.
    #[must_use]
    pub fn form<H, F>(mut self, handler: H) -> Self
    where
        H: Fn(Context) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.form = Some(Box::new(move |context| Box::pin(handler(context))));
        self
    }

    /// Whether a person or a program sends this method, with an HTML form or without.
    #[must_use]
    pub fn kind(&self, method: &Method, is_form: bool) -> Kind {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        if self.form.is_some() && (reads || is_form) {
            Kind::Page
        } else {
            self.kind
        }
    }

    /// The handler for a method, with an HTML form or without.
    ///
    /// # Errors
    /// 405 when the path has none.
    pub fn handler(
        &self,
        method: &Method,
        is_form: bool,
    ) -> Result<&(dyn Fn(Context) -> Outcome + Send + Sync)> {
        let handler = match *method {
            Method::POST if is_form && self.form.is_some() => &self.form,
            // HEAD returns the head of GET's reply, which is impossible for a GET that changes something.
            Method::HEAD if self.guard == Guard::Everything => &None,
            Method::GET | Method::HEAD => &self.get,
            Method::POST => &self.post,
            _ => &None,
        };
        handler
            .as_deref()
            .ok_or_else(|| Error::MethodNotAllowed(self.allowed()))
    }

    fn allowed(&self) -> &'static str {
        match (&self.get, &self.post) {
            _ if self.guard == Guard::Everything => "GET",
            (Some(_), Some(_)) => "GET, HEAD, POST",
            (Some(_), None) => "GET, HEAD",
            (None, Some(_)) => "POST",
            (None, None) => "",
        }
    }

    fn first_segment(&self) -> &'static str {
        self.pattern.split('/').nth(1).unwrap_or_default()
    }
}

/// Names that no user can have though this release has no route for them: files that browsers and robots request, and
/// path segments that browsers remove.
const RESERVED: [&str; 4] = ["favicon.ico", "robots.txt", ".", ".."];

/// The table, searchable by path. Fixed paths beat `/{user}`.
pub struct Router {
    routes: Vec<Route>,
    by_path: matchit::Router<usize>,
}

impl Router {
    /// Indexes the table.
    ///
    /// # Panics
    /// If two patterns collide: a defect of the table, found at the first start.
    #[must_use]
    pub fn new(routes: Vec<Route>) -> Self {
        let mut by_path = matchit::Router::new();
        for (index, route) in routes.iter().enumerate() {
            by_path
                .insert(route.pattern, index)
                .expect("the table's patterns are well-formed and differ");
        }
        Self { routes, by_path }
    }

    /// The route of a path, and the path's `{user}` segment as it was sent.
    #[must_use]
    pub fn find<'p>(&self, path: &'p str) -> Option<(&Route, Option<&'p str>)> {
        let found = self.by_path.at(path).ok()?;
        Some((&self.routes[*found.value], found.params.get("user")))
    }

    /// Names whose user's page could not be reached.
    #[must_use]
    pub fn reserved_names(&self) -> HashSet<&'static str> {
        let segments = self.routes.iter().map(Route::first_segment);
        segments.chain(RESERVED).collect()
    }
}
