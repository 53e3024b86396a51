//! The program `runlog`.

fn main() {}
