mod add;
mod list;
mod remove;
mod switch;

use clap::{Args, Subcommand};
use runlog::Runlog;
use runlog::relay::{RelayUrl, Token};
use runlog::sync::{Backend as Held, Cancel};
use runlog::vault::OpenVault;

pub(super) use add::add_unless_there;

use crate::context::Context;
use crate::error::Error;

/// Where this history is synced with
///
///   runlog backend add https://relay.example
///   runlog backend list
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Backend {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(add::Add),
    List(list::List),
    Remove(remove::Remove),
    Enable(switch::Enable),
    Disable(switch::Disable),
}

impl Backend {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        match self.command {
            Command::Add(add) => add.run(context),
            Command::List(list) => list.run(context),
            Command::Remove(remove) => remove.run(context),
            Command::Enable(enable) => enable.run(context),
            Command::Disable(disable) => disable.run(context),
        }
    }
}

/// The backend of a name, or all that take part.
pub(super) fn chosen(runlog: &Runlog, name: Option<&str>) -> Result<Vec<Held>, Error> {
    match name {
        Some(name) => Ok(vec![runlog.backend_named(name)?]),
        None => Ok(runlog.backends()?.into_iter().filter(|backend| backend.enabled).collect()),
    }
}

/// What is needed to add a relay.
struct Adding<'a> {
    runlog: &'a Runlog,
    open: &'a OpenVault,
    url: &'a RelayUrl,
    account: Option<&'a Token>,
    cancel: &'a Cancel,
}
