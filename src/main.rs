//! The `campusg` command.

fn main() {}
