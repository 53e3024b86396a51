//! The search of a page, which would have to download the automata: no literal can begin where the
//! second or third byte follows no literal's first byte, and that is almost everywhere.

pub(super) struct Search {
    literals: Vec<&'static [u8]>,
    /// By first byte.
    followers: Vec<Followers>,
}

/// What may stand behind a byte: a bit for each byte, of which four share one.
#[derive(Clone, Copy, Default)]
struct Followers {
    second: u64,
    third: u64,
}

impl Search {
    /// Literals have three bytes at least.
    pub(super) fn new(literals: &[&'static str]) -> Self {
        let literals: Vec<_> = literals.iter().map(|literal| literal.as_bytes()).collect();
        let mut followers = vec![Followers::default(); 256];
        for literal in &literals {
            if let [first, second, third, ..] = literal {
                let known = &mut followers[usize::from(*first)];
                known.second |= bit(*second);
                known.third |= bit(*third);
            }
        }
        Self { literals, followers }
    }

    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<(usize, usize, usize)> {
        let places = text[from..].array_windows().zip(from..);
        places.filter(|(bytes, _)| self.may_begin(bytes)).find_map(|(_, start)| {
            let begins = |literal: &&[u8]| text[start..].starts_with(literal);
            let index = self.literals.iter().position(begins)?;
            Some((index, start, start + self.literals[index].len()))
        })
    }

    fn may_begin(&self, [first, second, third]: &[u8; 3]) -> bool {
        let known = self.followers[usize::from(*first)];
        known.second & bit(*second) != 0 && known.third & bit(*third) != 0
    }
}

const fn bit(byte: u8) -> u64 {
    1 << (byte % 64)
}
