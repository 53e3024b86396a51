//! The search of a page, which would have to download the automata.
//!
//! For each of the first three bytes of a literal there is a table that gives, for every byte, the set
//! of literals that have it there. Where the three sets have nothing in common, no literal begins, and
//! that is almost everywhere.

/// A set of literals: a bit for each, by its index.
type Set = u64;

pub(super) struct Search {
    literals: Vec<&'static [u8]>,
    /// By byte: the literals that have it as their first, second and third.
    having: [[Set; 256]; 3],
}

impl Search {
    /// At most 64 literals, of three bytes at least: others are not found.
    pub(super) fn new(literals: &[&'static str]) -> Self {
        let literals: Vec<_> = literals.iter().map(|literal| literal.as_bytes()).collect();
        let mut having = [[0; 256]; 3];
        for (index, literal) in literals.iter().enumerate().take(Set::BITS as usize) {
            for (having, byte) in having.iter_mut().zip(*literal) {
                having[usize::from(*byte)] |= 1 << index;
            }
        }
        Self { literals, having }
    }

    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<(usize, usize, usize)> {
        let [first, second, third] = &self.having;
        for (start, &[a, b, c]) in (from..).zip(text[from..].array_windows()) {
            let set = first[usize::from(a)] & second[usize::from(b)] & third[usize::from(c)];
            if set != 0
                && let Some((index, end)) = self.at(text, start, set)
            {
                return Some((index, start, end));
            }
        }
        None
    }

    /// The first literal of a set that stands at `start`, and where it ends.
    fn at(&self, text: &[u8], start: usize, mut set: Set) -> Option<(usize, usize)> {
        while set != 0 {
            let index = set.trailing_zeros() as usize;
            if text[start..].starts_with(self.literals[index]) {
                return Some((index, start + self.literals[index].len()));
            }
            set &= set - 1;
        }
        None
    }
}
