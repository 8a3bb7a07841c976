//! MiniTwit: web pages and the simulator API on hyper, PostgreSQL behind it

fn main() {}
