//! What is checked before a cloud starts.

use localcloud::preflight::{free_bytes, is_there};

#[test]
fn a_tool_is_found_by_name_and_by_path() {
    assert!(is_there("sh") && is_there("/bin/sh"));
    assert!(!is_there("no-such-tool-anywhere") && !is_there("/no/such/tool"));
}

#[test]
fn free_space_is_known() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    assert!(free_bytes(directory.path()).expect("known") > 0);
}
