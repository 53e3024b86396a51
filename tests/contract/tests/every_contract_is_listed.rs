//! A contract that the macro does not list would never be run.

use std::fs;
use std::path::Path;

#[test]
fn every_contract_is_listed() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let list = fs::read_to_string(sources.join("contract_tests.rs")).expect("the list");
    let (mut listed, mut missing) = (0, Vec::new());
    for entry in fs::read_dir(&sources).expect("the sources") {
        let path = entry.expect("an entry").path();
        let topic = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let (_, of_topic) = list.split_once(&format!(" {topic}:\n")).unwrap_or_default();
        let of_topic = of_topic.split('}').next().unwrap_or_default();
        for line in text.lines().filter(|line| line.contains("<F: Factory>(factory: &mut F) {")) {
            let Some(name) = line.strip_prefix("pub fn ").and_then(|rest| rest.split('<').next())
            else {
                continue;
            };
            listed += 1;
            if !of_topic.lines().any(|item| item.trim() == format!("{name},")) {
                missing.push(format!("{topic}::{name}"));
            }
        }
    }
    assert!(missing.is_empty(), "not listed: {missing:?}");
    assert!(listed > 100, "only {listed} contracts were found");
}
