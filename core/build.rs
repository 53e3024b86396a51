//! Writes the English list of BIP-39 as one text: as a slice of 2048 texts it would be in every
//! program with an address and a length for each word.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let directory = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    let words = bip39::Language::English.word_list().join("\n");
    fs::write(PathBuf::from(directory).join("english.txt"), words)
}
