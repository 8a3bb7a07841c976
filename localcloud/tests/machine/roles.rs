//! The roles of the nodes of a database cluster.

use localcloud::machine::postgres::roles::Roles;

#[test]
fn a_cluster_grows_by_standbys_and_keeps_its_primary_when_it_shrinks() {
    let mut roles = Roles::default();
    assert!(roles.resize(3).is_empty());
    assert_eq!(roles.standbys, [2, 3]);
    roles.safe = true;
    roles.promote(3);
    assert_eq!((roles.primary, roles.standbys.as_slice()), (3, &[2, 1][..]));
    assert!(!roles.safe, "nobody follows the new primary yet");
    assert_eq!(roles.resize(1), [2, 1]);
    assert!(roles.resize(2).is_empty());
    assert_eq!((roles.primary, roles.standbys.as_slice()), (3, &[1][..]));
}

#[test]
fn roles_are_read_as_they_were_written() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    assert_eq!(
        Roles::read(directory.path()).expect("none"),
        Roles::default()
    );
    let mut roles = Roles::default();
    roles.resize(2);
    roles.promote(2);
    roles.write(directory.path()).expect("written");
    assert_eq!(Roles::read(directory.path()).expect("read"), roles);
}
