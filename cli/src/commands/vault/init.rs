use std::io::{BufRead, IsTerminal, Write};

use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use super::keeping::KeepArgs;
use crate::context::{Context, hint, say, warn};
use crate::error::{Error, ErrorKind};

/// Make a new vault for this history
///
///   runlog vault init
///   runlog vault init --keep file --yes > phrase.txt
///
/// Shows the recovery phrase once: 24 words that open the vault on any device, without a passphrase.
/// Write them down; asks for some of them, to see that you did. Nobody can bring back a lost vault.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Init {
    /// What to call the vault
    #[arg(long, default_value = "home")]
    name: String,
    #[command(flatten)]
    keep: KeepArgs,
    /// Do not ask for words of the phrase; needed where nobody sits at a terminal
    #[arg(long)]
    yes: bool,
    /// Print a JSON object, the phrase in it
    #[arg(long)]
    json: bool,
}

/// How many words are asked for.
const ASKED: usize = 3;
/// How often.
const TRIES: usize = 3;

impl Init {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let attended = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        if !self.yes && !attended {
            return Err(Error::new(
                ErrorKind::Usage,
                "nobody is at the terminal to see the recovery phrase",
            )
            .hint("--yes prints it to standard output without checking that it was written down"));
        }
        let runlog = context.open()?;
        if runlog.vault_info()?.is_some() {
            return Err(runlog::vault::VaultError::Exists.into());
        }
        let kept = self.keep.read()?;
        let open = runlog.init_vault(&self.name, kept.keeping())?;
        let phrase = open.phrase();
        let mut out = context.raw_out();
        if self.json {
            let id = open.id().to_string();
            let object = json!({ "vault": id, "name": open.name(), "phrase": *phrase });
            writeln!(out, "{object}")?;
        } else if attended {
            show(&mut out, &phrase)?;
        } else {
            writeln!(out, "{}", *phrase)?;
        }
        out.flush()?;
        drop(out);
        if !self.yes {
            check(&phrase)?;
        }
        say(format_args!("this history belongs to the new vault '{}' now", open.name()));
        hint("`runlog backend add https://relay.example` names a relay to sync through");
        Ok(())
    }
}

/// The words in four columns, numbered.
fn show(out: &mut impl Write, phrase: &str) -> Result<(), Error> {
    writeln!(out, "Write these words down. They are shown only now.\n")?;
    let words: Vec<&str> = phrase.split(' ').collect();
    let rows = words.len() / 4;
    for row in 0..rows {
        for column in 0..4 {
            let number = row + column * rows;
            write!(out, "  {:>2}. {:<9}", number + 1, words[number])?;
        }
        writeln!(out)?;
    }
    Ok(writeln!(out)?)
}

/// Asks for some words, to see that they were written down.
fn check(phrase: &str) -> Result<(), Error> {
    let words: Vec<&str> = phrase.split(' ').collect();
    let seed = runlog::new_execution_id().tail() as usize;
    for attempt in 0..TRIES {
        let mut all_right = true;
        for number in 0..ASKED {
            let third = words.len() / ASKED;
            let at = number * third + (seed / (number + attempt + 1)) % third;
            anstream::eprint!("Word {}: ", at + 1);
            let mut typed = Zeroizing::new(String::new());
            std::io::stdin().lock().read_line(&mut typed)?;
            all_right &= typed.trim().eq_ignore_ascii_case(words[at]);
        }
        if all_right {
            return Ok(());
        }
        warn("that is not what was shown; look again");
    }
    warn("the words were not repeated: the vault is there, but is the phrase written down?");
    hint("`runlog vault export-phrase` shows it again");
    Ok(())
}
