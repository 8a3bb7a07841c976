//! The pages for registering, signing in and signing out.

use reqwest::{Method, StatusCode};

use crate::browser::Browser;
use crate::site::{Site, send};

#[tokio::test]
async fn the_registration_page_has_five_inputs_in_order() {
    let site = Site::start().await;
    let page = Browser::new(&site).get("/register").await;
    page.shows("<title>Sign Up | MiniTwit</title>")
        .shows("<form action=\"/register\" method=\"post\">")
        .shows("<div class=\"actions\"><input type=\"submit\"");
    let inputs: Vec<_> = page.html.split("<input ").skip(1).collect();
    assert_eq!(inputs.len(), 5);
    let names = ["username", "email", "password", "password2"];
    for (input, name) in inputs.iter().zip(names) {
        assert!(input.contains(&format!("name=\"{name}\"")), "{input}");
        page.shows(&format!("<label for=\"{name}\">"));
    }
    assert!(inputs[4].starts_with("type=\"submit\""));
    // Browsers must let mistakes through to the texts that explain them.
    page.lacks("required").lacks("type=\"email\"");
}

#[tokio::test]
async fn a_refused_registration_keeps_what_was_typed_but_no_password() {
    let site = Site::start().await;
    let browser = Browser::new(&site);
    let page = browser
        .register("<Ann>", "hunter2", Some("hunter3"), Some("a\"@b"))
        .await;
    page.is(200, "/register")
        .shows("<strong>Error:</strong> The two passwords do not match</div>")
        .shows("name=\"username\" size=\"30\" value=\"&lt;Ann&gt;\"")
        .shows("value=\"a&#34;@b\"")
        .lacks("hunter");
    assert!(page.html.contains("<div class=\"error\"><strong>"));
    assert!(!site.get("/%3CAnn%3E").await.status().is_success());
}

#[tokio::test]
async fn mismatched_passwords_are_reported_before_a_taken_name() {
    let site = Site::start().await;
    site.register("ann").await;
    let browser = Browser::new(&site);
    let page = browser.register("ann", "x", Some("y"), None).await;
    page.shows("The two passwords do not match");
    let page = browser.register("login", "x", None, None).await;
    page.shows("The username is already taken");
}

#[tokio::test]
async fn json_under_a_forms_type_is_still_the_apis() {
    let site = Site::start().await;
    let request = site.request(Method::POST, "/register");
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(r#"{"username": "ann", "email": "a@b", "pwd": "x"}"#);
    assert_eq!(send(request).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_form_with_nul_or_of_another_encoding_is_refused_with_a_page() {
    let site = Site::start().await;
    let browser = Browser::new(&site);
    let page = browser.login("ann\0", "x").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.shows("<h1>MiniTwit</h1>");
    let request = site.request(Method::POST, "/register");
    let request = request
        .header("content-type", "multipart/form-data; boundary=x")
        .body("--x--");
    assert_eq!(
        send(request).await.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
}

#[tokio::test]
async fn a_refused_sign_in_keeps_the_name_but_no_password() {
    let site = Site::start().await;
    let page = Browser::new(&site).login("nobody", "hunter2").await;
    page.is(200, "/login")
        .shows("<title>Sign In | MiniTwit</title>")
        .shows("<strong>Error:</strong> Invalid username</div>")
        .shows("value=\"nobody\"")
        .lacks("hunter2");
}

#[tokio::test]
async fn users_of_the_api_and_of_the_page_are_the_same() {
    let site = Site::start().await;
    site.register("ann").await;
    let page = Browser::new(&site).login("ann", "secret").await;
    page.is(200, "/").shows("You were logged in");
}

#[tokio::test]
async fn who_is_signed_in_needs_no_form() {
    let site = Site::start().await;
    let browser = Browser::signed_in(&site, "ann").await;
    browser.get("/login").await.is(200, "/");
    browser.get("/register").await.is(200, "/");
}

#[tokio::test]
async fn a_sign_in_renews_a_hash_of_another_cost() {
    let site = Site::start().await;
    site.register("ann").await;
    // The hash of "secret" at a lower cost.
    let older = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$";
    let params = argon2::Params::new(64, 1, 1, None).expect("parameters");
    let cheap = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut output = [0; 32];
    cheap
        .hash_password_into(b"secret", b"somesalt", &mut output)
        .expect("a hash");
    let output = base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, output);
    let set = format!("UPDATE users SET password_hash = '{older}{output}'");
    site.database.execute(&set).await;
    for _ in 0..2 {
        let page = Browser::new(&site).login("ann", "secret").await;
        page.is(200, "/");
        let renewed = "DO $$ BEGIN
            ASSERT (SELECT password_hash LIKE '$argon2id$v=19$m=7168,t=5,p=1$%' FROM users);
        END $$";
        site.database.execute(renewed).await;
    }
}

#[tokio::test]
async fn an_unknown_name_costs_as_much_time_as_a_wrong_password() {
    let site = Site::start().await;
    site.register("ann").await;
    let browser = Browser::new(&site);
    let time = async |name: &str| {
        let mut fastest = std::time::Duration::MAX;
        for _ in 0..3 {
            let start = std::time::Instant::now();
            browser.login(name, "wrong").await;
            fastest = fastest.min(start.elapsed());
        }
        fastest
    };
    let (known, unknown) = (time("ann").await, time("bob").await);
    assert!(unknown * 2 > known, "{unknown:?} against {known:?}");
}

#[tokio::test]
async fn too_many_attempts_receive_a_time_to_wait() {
    let settings = ["--account-attempts=2", "--account-attempt-interval=1m"];
    let site = Site::with_settings(&settings).await;
    let browser = Browser::new(&site);
    browser.login("ann", "x").await.is(200, "/login");
    browser
        .register("", "x", None, None)
        .await
        .is(200, "/register");
    for page in [
        browser.login("ann", "x").await,
        browser.register("ann", "x", None, None).await,
    ] {
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
        let wait = page.headers["retry-after"].to_str().expect("ASCII");
        assert!((1..=61).contains(&wait.parse::<u64>().expect("seconds")));
        page.shows("Too many attempts").shows("<h1>MiniTwit</h1>");
    }
    // Neither looking at the pages nor the API is limited.
    browser.get("/login").await.is(200, "/login");
    site.register("ann").await;
}
