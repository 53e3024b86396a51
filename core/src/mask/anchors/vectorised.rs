//! The search of native programs: Teddy, in the crate `aho-corasick`.

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{Input, MatchKind};

pub(super) struct Search(DFA);

impl Search {
    pub(super) fn new(literals: &[&'static str]) -> Self {
        let mut builder = DFA::builder();
        builder.match_kind(MatchKind::LeftmostFirst);
        // Fails only where the automaton would be larger than its number type can count.
        #[allow(clippy::expect_used)]
        Self(builder.build(literals).expect("a few short literals"))
    }

    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<(usize, usize, usize)> {
        // Fails only where an anchored search is asked for.
        let found = self.0.try_find(&Input::new(text).range(from..)).ok()??;
        Some((found.pattern().as_usize(), found.start(), found.end()))
    }
}
