//! The scenarios, each with its floor and target.

/// The floor of a scenario.
pub enum Floor {
    /// A bare hyper server that returns the same bytes as MiniTwit does for this path.
    Hyper {
        path: &'static str,
    },
    /// pgbench with these statements.
    Postgres(&'static str),
    None,
}

/// One kind of request.
pub struct Scenario {
    pub name: &'static str,
    /// Lua for [`crate::load::Load`].
    pub request: &'static str,
    pub floor: Floor,
    /// The least ratio to the floor, 0 for none.
    pub target: f64,
    /// Whether its cost must not grow with the number of messages.
    pub scales: bool,
    /// Whether each request has a connection of its own.
    pub closes: bool,
    /// Registrations a second; 0: `request`, as often as possible.
    pub pace: u32,
    /// Whether a signed-in user's cookie is sent.
    pub signed_in: bool,
}

const PLAIN: Scenario = Scenario {
    name: "",
    request: "",
    floor: Floor::None,
    target: 0.0,
    scales: false,
    closes: false,
    pace: 0,
    signed_in: false,
};

/// All scenarios, in the order of the report.
pub const ALL: [Scenario; 11] = [
    Scenario {
        name: "GET /public",
        scales: true,
        request: "return 'GET', '/public'",
        floor: Floor::Hyper { path: "/public" },
        target: 0.5,
        ..PLAIN
    },
    Scenario {
        name: "GET /msgs?no=100",
        scales: true,
        request: "return 'GET', '/msgs?no=100'",
        floor: Floor::Hyper {
            path: "/msgs?no=100",
        },
        target: 0.5,
        ..PLAIN
    },
    Scenario {
        name: "GET / (signed in)",
        scales: true,
        request: "return 'GET', '/'",
        floor: Floor::Postgres(
            r"\set n random(1, 10000)
SELECT messages.id, users.email, messages.content, messages.published_at, users.name
FROM (
    SELECT candidate.id
    FROM (SELECT id FROM users WHERE name = 'u' || :n) me
    CROSS JOIN LATERAL (
        SELECT me.id AS author_id
        UNION ALL SELECT followed_id FROM follows WHERE follower_id = me.id
    ) source
    CROSS JOIN LATERAL (
        SELECT id FROM messages
        WHERE messages.author_id = source.author_id AND NOT flagged
        ORDER BY id DESC LIMIT 31
    ) candidate
    ORDER BY candidate.id DESC LIMIT 31
) newest
JOIN messages ON messages.id = newest.id
JOIN users ON users.id = messages.author_id
ORDER BY messages.id DESC;",
        ),
        target: 0.7,
        signed_in: true,
        ..PLAIN
    },
    Scenario {
        name: "GET /msgs/{user}",
        scales: true,
        request: "return 'GET', '/msgs/u' .. random(users)",
        floor: Floor::Postgres(
            r"\set n random(1, 10000)
SELECT newest.content, newest.published_at, author.name
FROM (SELECT id, name FROM users WHERE name = 'u' || :n) author
CROSS JOIN LATERAL (
    (
        SELECT id, content, published_at FROM messages
        WHERE author_id = author.id AND NOT flagged AND octet_length(content) <= 1000
        ORDER BY id DESC LIMIT 100
    ) UNION ALL (
        SELECT id, content, published_at FROM messages
        WHERE author_id = author.id AND NOT flagged AND octet_length(content) > 1000
        ORDER BY id DESC LIMIT 100
    )
    ORDER BY id DESC LIMIT 100
) newest
ORDER BY newest.id DESC;",
        ),
        target: 0.7,
        ..PLAIN
    },
    Scenario {
        name: "GET /fllws/{user}",
        scales: true,
        request: "return 'GET', '/fllws/u' .. random(users)",
        floor: Floor::Postgres(
            r"\set n random(1, 10000)
SELECT users.name FROM follows JOIN users ON users.id = follows.followed_id
WHERE follows.follower_id = (SELECT id FROM users WHERE name = 'u' || :n)
ORDER BY follows.followed_id LIMIT 100;",
        ),
        target: 0.7,
        ..PLAIN
    },
    Scenario {
        name: "POST /msgs/{user}?latest=",
        request: "return 'POST', '/msgs/u' .. random(users) .. '?latest=' .. i, nil, \
            '{\"content\": \"Message ' .. i .. ': what I had to say about this on that day.\"}'",
        floor: Floor::Postgres(
            r"\set n random(1, 10000)
INSERT INTO messages (author_id, content)
SELECT id, 'Message ' || :n || ': what I had to say about this on that day.'
FROM users WHERE name = 'u' || :n;",
        ),
        target: 0.7,
        ..PLAIN
    },
    Scenario {
        name: "POST /fllws/{user}?latest=",
        request: "return 'POST', '/fllws/u' .. random(users) .. '?latest=' .. i, nil, \
            '{\"follow\": \"u' .. random(users) .. '\"}'",
        floor: Floor::Postgres(
            r"\set n random(1, 10000)
\set m random(1, 10000)
INSERT INTO follows (follower_id, followed_id)
SELECT a.id, b.id FROM users a, users b WHERE a.name = 'u' || :n AND b.name = 'u' || :m
ON CONFLICT DO NOTHING;",
        ),
        target: 0.7,
        ..PLAIN
    },
    Scenario {
        name: "POST /register, 20 a second",
        pace: 20,
        ..PLAIN
    },
    Scenario {
        name: "Simulator, a connection each, 70% writes",
        request: MIXED,
        floor: Floor::Hyper {
            path: "/msgs/u1?no=100",
        },
        target: 1.0 / 3.0,
        closes: true,
        ..PLAIN
    },
    Scenario {
        name: "GET /public while others post",
        request: "if i % 50 == 0 then return 'POST', '/msgs/u' .. random(users), nil, \
            '{\"content\": \"a word\"}' end return 'GET', '/public'",
        floor: Floor::Hyper { path: "/public" },
        target: 0.0,
        ..PLAIN
    },
    Scenario {
        name: "Simulator over kept connections",
        request: MIXED,
        floor: Floor::Hyper {
            path: "/msgs/u1?no=100",
        },
        target: 0.0,
        ..PLAIN
    },
];

/// Seven of ten requests write. Registrations are measured separately, as hashing a password is expensive on purpose.
const MIXED: &str = "local user, kind = 'u' .. random(users), i % 10
    local latest = '?latest=' .. i
    if kind < 5 then return 'POST', '/msgs/' .. user .. latest, nil, '{\"content\": \"Message ' .. i .. '\"}' end
    if kind < 7 then return 'POST', '/fllws/' .. user .. latest, nil, '{\"follow\": \"u' .. random(users) .. '\"}' end
    if kind == 7 then return 'GET', '/msgs' .. latest .. '&no=100' end
    if kind == 8 then return 'GET', '/msgs/' .. user .. latest .. '&no=100' end
    return 'GET', '/fllws/' .. user .. latest .. '&no=100'";
