//! What a route is, and how a path finds its own.

use std::pin::Pin;

use hyper::Method;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::reply::Reply;

type Outcome = Pin<Box<dyn Future<Output = Result<Reply>> + Send>>;
type Handler = Box<dyn Fn(Context) -> Outcome + Send + Sync>;

/// How errors are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To people, as a page.
    Page,
    /// To programs, as JSON.
    Api,
}

/// What a browser's request has to pass before the handler of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Forms must be this site's own.
    Forms,
    /// Links too: they change something.
    Everything,
    /// Forms must be this site's own, and one client sends only so many.
    Attempts,
}

/// A path pattern with its handlers and what comes before them.
pub struct Route {
    /// As in the table; the label in logs and metrics.
    pub pattern: &'static str,
    /// How errors are told, but for what people ask on a path that they share with programs.
    kind: Kind,
    /// Whether `?latest=` is stored before anything else is looked at.
    pub records_latest: bool,
    /// Whether the simulator's credential is needed.
    pub for_simulator: bool,
    /// What browsers have to pass.
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

    /// Stores `?latest=` first, whatever becomes of the call.
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

    /// Takes forms of one client only so often.
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

    /// Answers POSTs of HTML forms, where others are [`Route::post`]'s: the path is a page's and the
    /// API's.
    #[must_use]
    pub fn form<H, F>(mut self, handler: H) -> Self
    where
        H: Fn(Context) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.form = Some(Box::new(move |context| Box::pin(handler(context))));
        self
    }

    /// Who asks here by this method, with an HTML form or without.
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
            // HEAD asks what GET would say; one that changes something can't be asked that.
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

/// Names that no user can have though no route of this release has them: pages that other releases
/// have, files that browsers and robots ask for, and path segments that browsers remove.
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
    /// When two patterns collide: a defect of the table, seen at the first start.
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

    /// Whether a user's page of that name could not be reached.
    #[must_use]
    pub fn reserves(&self, name: &str) -> bool {
        RESERVED.contains(&name)
            || self
                .routes
                .iter()
                .any(|route| route.first_segment() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    #[test]
    fn fixed_paths_beat_user_pages() {
        let router = Router::new(routes::table());
        let pattern = |path| router.find(path).map(|(route, _)| route.pattern);
        assert_eq!(pattern("/public"), Some("/public"));
        assert_eq!(pattern("/ann"), Some("/{user}"));
        assert_eq!(pattern("/msgs/ann"), Some("/msgs/{user}"));
        assert_eq!(pattern("/msgs/ann/more"), None);
        assert_eq!(pattern("/ann/follow"), Some("/{user}/follow"));
        assert_eq!(pattern("/ann/else"), None);
    }

    #[test]
    fn names_of_routes_and_unreachable_names_are_reserved() {
        let router = Router::new(routes::table());
        for name in [
            "public", "msgs", "fllws", "latest", "register", "login", "static", "..",
        ] {
            assert!(router.reserves(name), "{name} is free");
        }
        assert!(!router.reserves("ann"));
        assert!(!router.reserves("Public"));
    }
}
