//! Where to look: literals of which every known secret has one, found in one pass.
//!
//! Almost all text holds no secret, so what matters is how fast that is known. The literals are few
//! enough for a vectorised search (Teddy, in the crate `aho-corasick`); only where one of them
//! stands is anything else looked at. Names are listed in the three cases in which they are
//! written, because a search that ignores case is not vectorised.

use std::sync::LazyLock;

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{Input, MatchKind};

use super::tokens::SHAPES;

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
    /// Named rather than chosen by the crate, so that a page does not download the other automata.
    search: DFA,
    kinds: Vec<Anchor>,
}

static ANCHORS: LazyLock<Anchors> = LazyLock::new(|| {
    let tokens =
        SHAPES.iter().enumerate().map(|(index, shape)| (shape.prefix, Anchor::Token(index)));
    let (literals, kinds): (Vec<_>, Vec<_>) = tokens.chain(OTHERS).unzip();
    // Of two literals at one place, the one that is listed first.
    let mut builder = DFA::builder();
    builder.match_kind(MatchKind::LeftmostFirst);
    // Fails only where the automaton would be larger than its number type can count.
    #[allow(clippy::expect_used)]
    let search = builder.build(literals).expect("a few short literals");
    Anchors { search, kinds }
});

/// The first literal at or behind `from`: what it is, where it begins and ends.
pub(super) fn next(text: &[u8], from: usize) -> Option<(Anchor, usize, usize)> {
    let anchors = &*ANCHORS;
    // Fails only where an anchored search is asked for.
    let found = anchors.search.try_find(&Input::new(text).range(from..)).ok()??;
    Some((anchors.kinds[found.pattern().as_usize()], found.start(), found.end()))
}
