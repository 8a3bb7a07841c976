//! What people do, in the words that tests of MiniTwit have always looked for.

use crate::browser::Browser;
use crate::site::Site;

#[tokio::test]
async fn registering() {
    let site = Site::start().await;
    let browser = Browser::new(&site);
    let page = browser.register("user1", "default", None, None).await;
    page.is(200, "/login")
        .shows("You were successfully registered and can login now");
    let page = browser.register("user1", "default", None, None).await;
    page.is(200, "/register")
        .shows("The username is already taken");
    let page = browser.register("", "default", None, None).await;
    page.shows("You have to enter a username");
    let page = browser.register("meh", "", None, None).await;
    page.shows("You have to enter a password");
    let page = browser.register("meh", "x", Some("y"), None).await;
    page.shows("The two passwords do not match");
    let page = browser.register("meh", "foo", None, Some("broken")).await;
    page.shows("You have to enter a valid email address");
}

#[tokio::test]
async fn signing_in_and_out() {
    let site = Site::start().await;
    let browser = Browser::signed_in(&site, "user1").await;
    let page = browser.get("/logout").await;
    page.is(200, "/public").shows("You were logged out");
    let page = browser.login("user1", "wrongpassword").await;
    page.is(200, "/login").shows("Invalid password");
    let page = browser.login("user2", "wrongpassword").await;
    page.is(200, "/login").shows("Invalid username");
}

#[tokio::test]
async fn writing_messages() {
    let site = Site::start().await;
    let browser = Browser::signed_in(&site, "foo").await;
    for text in ["test message 1", "<test message 2>"] {
        let page = browser.say(text).await;
        page.is(200, "/").shows("Your message was recorded");
    }
    let page = browser.get("/").await;
    page.shows("test message 1")
        .shows("&lt;test message 2&gt;")
        .lacks("Your message was recorded");
}

#[tokio::test]
async fn timelines_and_following() {
    let site = Site::start().await;
    let (of_foo, of_bar) = ("the message by foo", "the message by bar");
    let foo = Browser::signed_in(&site, "foo").await;
    foo.say(of_foo).await;
    foo.get("/logout").await;
    let bar = Browser::signed_in(&site, "bar").await;
    bar.say(of_bar).await;
    bar.get("/public").await.shows(of_foo).shows(of_bar);

    // Bar's own timeline has bar's messages alone.
    bar.get("/").await.lacks(of_foo).shows(of_bar);
    let page = bar.get("/foo/follow").await;
    page.is(200, "/foo")
        .shows("You are now following &#34;foo&#34;")
        .shows("You are currently following this user.");

    // Now both.
    bar.get("/").await.shows(of_foo).shows(of_bar);

    // Users' pages have that user's messages alone.
    bar.get("/bar").await.lacks(of_foo).shows(of_bar);
    bar.get("/foo").await.shows(of_foo).lacks(of_bar);

    let page = bar.get("/foo/unfollow").await;
    page.is(200, "/foo")
        .shows("You are no longer following &#34;foo&#34;")
        .shows("You are not yet following this user.");
    bar.get("/").await.lacks(of_foo).shows(of_bar);
}

#[tokio::test]
async fn twenty_people_in_a_row_register_and_sign_in_from_one_address() {
    let site = Site::start().await;
    for number in 0..20 {
        Browser::signed_in(&site, &format!("user{number}")).await;
    }
}
