//! PgBouncer's settings.

use localcloud::machine::postgres::pooler::{access, pool_line};
use localcloud::machine::spec::PoolSpec;

#[test]
fn a_pool_of_a_user_is_for_that_user_only() {
    let pool = |name: &str, user: Option<&str>| PoolSpec {
        name: name.to_owned(),
        mode: "transaction".to_owned(),
        size: 5,
        database: "it's".to_owned(),
        user: user.map(str::to_owned),
    };
    let pools = vec![pool("mine", Some("app")), pool("all", None)];
    assert_eq!(
        access(&pools),
        "hostssl \"mine\" \"app\" 0.0.0.0/0 scram-sha-256\nhostssl \"all\" all 0.0.0.0/0 scram-sha-256\n"
    );
    let mine = pool_line(&pools[0]);
    assert!(mine.starts_with("mine = host=127.0.0.2 port=25060 dbname='it''s' "));
}
