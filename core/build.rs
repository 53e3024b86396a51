//! Writes the English list of BIP-39 as one text: as a slice of 2048 texts it would be in every
//! program with an address and a length for each word. Of a word, the text holds how many letters it
//! shares with the beginning of the word before (a digit), then the other letters.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let directory = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    let mut text = String::new();
    let mut before = "";
    for word in bip39::Language::English.word_list() {
        let shared = before.bytes().zip(word.bytes()).take_while(|(a, b)| a == b).count();
        text.push_str(&shared.to_string());
        text.push_str(&word[shared..]);
        before = word;
    }
    fs::write(PathBuf::from(directory).join("english.txt"), text)
}
