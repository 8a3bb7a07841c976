//! The table of all routes.

use crate::api::{follows, latest, messages, register};
use crate::pages::{self, assets, follow, live, login, post, timeline};
use crate::route::Route;

/// All paths of the public listener.
#[must_use]
pub fn table() -> Vec<Route> {
    vec![
        Route::page("/").get(timeline::home),
        Route::page("/public").get(timeline::public),
        Route::page("/{user}").get(timeline::user),
        Route::page("/{user}/follow").changes().get(follow::follow),
        Route::page("/{user}/unfollow")
            .changes()
            .get(follow::unfollow),
        Route::page("/add_message").post(post::add_message),
        Route::page("/login")
            .limited()
            .get(login::form)
            .post(login::login),
        Route::page("/logout").changes().get(login::logout),
        Route::page("/static/style.css").get(assets::stylesheet),
        Route::page("/static/icon.svg").get(assets::icon),
        Route::page("/static/live.js").get(assets::script),
        Route::page("/live").get(live::listen),
        Route::api("/latest").get(latest::show),
        Route::api("/register")
            .records_latest()
            .limited()
            .get(pages::register::form)
            .form(pages::register::register)
            .post(register::register),
        Route::api("/msgs")
            .records_latest()
            .for_simulator()
            .get(messages::of_all),
        Route::api("/msgs/{user}")
            .records_latest()
            .for_simulator()
            .get(messages::of_user)
            .post(messages::post),
        Route::api("/fllws/{user}")
            .records_latest()
            .for_simulator()
            .get(follows::of_user)
            .post(follows::change),
    ]
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::route::Router;

    #[test]
    fn fixed_paths_beat_user_pages() {
        let router = Router::new(table());
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
        let reserved = Router::new(table()).reserved_names();
        for name in [
            "public", "msgs", "fllws", "latest", "register", "login", "static", "..",
        ] {
            assert!(reserved.contains(name), "{name} is free");
        }
        assert!(!reserved.contains("ann"));
        assert!(!reserved.contains("Public"));
    }
}
