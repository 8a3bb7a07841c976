//! Settings of database clusters.

use localcloud::cloud::resources::database_settings::{check, chosen};
use serde_json::{Map, Value, json};

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).expect("an object")
}

#[test]
fn settings_reach_the_servers_in_their_own_units() {
    let config = object(json!({
        "work_mem": 8, "jit": false, "autovacuum_naptime": 0, "timezone": "Europe/Copenhagen",
        "max_worker_processes": 9, "max_connections": 30, "backup_hour": 3,
        "pgbouncer": {"server_lifetime": 60, "autodb_pool_size": 5,
            "ignore_startup_parameters": ["extra_float_digits", "search_path"]},
    }));
    check(&config).expect("all are fine");
    let chosen = chosen(&config.into_iter().collect());
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let now = [
        pair("autovacuum_naptime", "1"),
        pair("jit", "0"),
        pair("timezone", "Europe/Copenhagen"),
        pair("work_mem", "8MB"),
    ];
    assert_eq!(chosen.at_once, now);
    assert_eq!(chosen.at_start, [pair("max_worker_processes", "9")]);
    let pooler = [
        pair(
            "ignore_startup_parameters",
            "extra_float_digits,search_path",
        ),
        pair("server_lifetime", "60"),
    ];
    assert_eq!(chosen.pooler, pooler);
}

#[test]
fn what_is_unknown_or_out_of_range_is_refused() {
    for odd in [
        json!({"fsync": false}),
        json!({"work_mem": "8"}),
        json!({"work_mem": 0}),
        json!({"work_mem": null}),
        json!({"jit": "on"}),
        json!({"timezone": "Europe/Atlantis"}),
        json!({"timezone": "right/UTC"}),
        json!({"timezone": "UTC'\n"}),
        json!({"log_line_prefix": "%m "}),
        json!({"pgbouncer": 1}),
        json!({"pgbouncer": {"server_lifetime": 59}}),
        json!({"pgbouncer": {"pool_size": 5}}),
        json!({"pgbouncer": {"ignore_startup_parameters": ["options"]}}),
    ] {
        assert!(check(&object(odd.clone())).is_err(), "{odd}");
    }
}
