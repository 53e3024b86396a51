//! Where to look: literals of which every known secret has one, found in one pass.
//!
//! Almost all text holds no secret, so what matters is how fast that is known. The literals are few
//! enough for a vectorised search; only where one of them stands is anything else looked at. Names
//! are listed in the three cases in which they are written, because a search that ignores case is
//! not vectorised. A page searches without vectors, and finds the same.

use std::sync::LazyLock;

use super::tokens::SHAPES;

#[cfg(any(target_family = "wasm", test))]
mod plain;
#[cfg(not(target_family = "wasm"))]
mod vectorised;

#[cfg(target_family = "wasm")]
use plain::Search;
#[cfg(not(target_family = "wasm"))]
use vectorised::Search;

/// What a literal may be part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// A token of `SHAPES`, by its index.
    Token(usize),
    /// A JSON web token.
    Jwt,
    /// The name of a secret.
    Name(Word),
    /// `authorization`, without its first letter.
    Authorization,
    /// `Bearer`, with the space behind it.
    Bearer,
    /// What stands before a user and a password in a URL.
    Url,
    /// The beginning of a PEM block.
    KeyBlock,
    /// What was masked already.
    Masked,
}

/// The word that makes a name the name of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Password,
    Secret,
    Token,
    /// Only with a word before it, as in `api_key`.
    Key,
}

impl Word {
    /// What is masked under such a name.
    pub(super) const fn what(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Secret => "secret",
            Self::Token => "token",
            Self::Key => "key",
        }
    }
}

const OTHERS: [(&str, Anchor); 30] = [
    (super::MASK_BEGIN, Anchor::Masked),
    ("eyJ", Anchor::Jwt),
    ("://", Anchor::Url),
    ("-----BEGIN ", Anchor::KeyBlock),
    ("bearer ", Anchor::Bearer),
    ("Bearer ", Anchor::Bearer),
    ("uthorization", Anchor::Authorization),
    ("UTHORIZATION", Anchor::Authorization),
    ("password", Anchor::Name(Word::Password)),
    ("Password", Anchor::Name(Word::Password)),
    ("PASSWORD", Anchor::Name(Word::Password)),
    ("passwd", Anchor::Name(Word::Password)),
    ("Passwd", Anchor::Name(Word::Password)),
    ("PASSWD", Anchor::Name(Word::Password)),
    ("passphrase", Anchor::Name(Word::Password)),
    ("Passphrase", Anchor::Name(Word::Password)),
    ("PASSPHRASE", Anchor::Name(Word::Password)),
    ("_pwd", Anchor::Name(Word::Password)),
    ("_PWD", Anchor::Name(Word::Password)),
    ("Pwd", Anchor::Name(Word::Password)),
    ("secret", Anchor::Name(Word::Secret)),
    ("Secret", Anchor::Name(Word::Secret)),
    ("SECRET", Anchor::Name(Word::Secret)),
    ("token", Anchor::Name(Word::Token)),
    ("Token", Anchor::Name(Word::Token)),
    ("TOKEN", Anchor::Name(Word::Token)),
    ("key", Anchor::Name(Word::Key)),
    ("Key", Anchor::Name(Word::Key)),
    ("KEY", Anchor::Name(Word::Key)),
    ("BEARER ", Anchor::Bearer),
];

struct Anchors {
    search: Search,
    kinds: Vec<Anchor>,
}

static ANCHORS: LazyLock<Anchors> = LazyLock::new(|| {
    let (literals, kinds): (Vec<_>, _) = literals().unzip();
    Anchors { search: Search::new(&literals), kinds }
});

/// Of two literals at one place, the one that is listed first is found.
fn literals() -> impl Iterator<Item = (&'static str, Anchor)> {
    let tokens =
        SHAPES.iter().enumerate().map(|(index, shape)| (shape.prefix, Anchor::Token(index)));
    tokens.chain(OTHERS)
}

/// The first literal at or behind `from`: what it is, where it begins and ends.
pub(super) fn next(text: &[u8], from: usize) -> Option<(Anchor, usize, usize)> {
    let anchors = &*ANCHORS;
    let (index, start, end) = anchors.search.find(text, from)?;
    Some((anchors.kinds[index], start, end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Text with whole literals, beginnings of them, and what is none.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let listed: Vec<&str> = literals().map(|(literal, _)| literal).collect();
        let part = (prop::sample::select(listed), 0..12_usize, any::<[u8; 2]>()).prop_map(
            |(literal, length, other)| match length {
                0 => other.to_vec(),
                length => literal.as_bytes()[..length.min(literal.len())].to_vec(),
            },
        );
        prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn both_searches_find_the_same(text in text()) {
            let listed: Vec<_> = literals().map(|(literal, _)| literal).collect();
            let plain = plain::Search::new(&listed);
            let vectorised = vectorised::Search::new(&listed);
            for from in 0..=text.len() {
                prop_assert_eq!(plain.find(&text, from), vectorised.find(&text, from));
            }
        }
    }

    #[test]
    fn the_plain_search_has_room_for_every_literal() {
        assert!(literals().all(|(literal, _)| literal.len() >= 3));
        assert!(literals().count() <= 64);
    }
}
