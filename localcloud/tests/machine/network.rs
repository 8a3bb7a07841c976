//! The router's links.

use localcloud::machine::network::parse_links;

#[test]
fn link_names_are_read_without_their_peers() {
    let text = "1: lo: <LOOPBACK> mtu 65536\n7: p42@if2: <BROADCAST> mtu 1500\n";
    let links: Vec<_> = parse_links(text).into_iter().collect();
    assert_eq!(links, [("lo".to_owned(), 1), ("p42".to_owned(), 7)]);
}
