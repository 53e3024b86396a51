//! The commands, a file each: its arguments, whose documentation is the help text, and what it
//! does.

mod backend;
mod backup;
mod completions;
mod delete;
mod device;
mod doctor;
mod import;
mod list;
mod logs;
mod mcp;
mod note;
mod pin;
mod restore;
mod restore_backup;
mod run;
mod serve;
mod show;
mod sync;
mod tag;
mod trash;
mod vault;
mod why;

use std::io::Write;
use std::process::ExitCode;

use clap::Subcommand;
use runlog::history::{HistoryError, HistoryWriter};
use runlog::id::{ExecutionId, IdPattern};

use crate::context::Context;
use crate::error::Error;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(run::Run),
    List(list::List),
    Show(show::Show),
    Why(why::Why),
    Logs(logs::Logs),
    Tag(tag::Tag),
    Note(note::Note),
    Pin(pin::Pin),
    Delete(delete::Delete),
    Restore(restore::Restore),
    Trash(trash::Trash),
    Import(import::Import),
    Sync(sync::Sync),
    Backend(backend::Backend),
    Vault(vault::Vault),
    Device(device::Device),
    Backup(backup::Backup),
    RestoreBackup(restore_backup::RestoreBackup),
    Serve(serve::Serve),
    Doctor(doctor::Doctor),
    Mcp(mcp::Mcp),
    Completions(completions::Completions),
}

impl Command {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let done = match self {
            Self::Run(run) => return run.run(context),
            Self::Doctor(doctor) => return doctor.run(context),
            Self::Sync(sync) => return sync.run(context),
            Self::List(list) => list.run(context),
            Self::Show(show) => show.run(context),
            Self::Why(why) => why.run(context),
            Self::Logs(logs) => logs.run(context),
            Self::Tag(tag) => tag.run(context),
            Self::Note(note) => note.run(context),
            Self::Pin(pin) => pin.run(context),
            Self::Delete(delete) => delete.run(context),
            Self::Restore(restore) => restore.run(context),
            Self::Trash(trash) => trash.run(context),
            Self::Import(import) => import.run(context),
            Self::Backend(backend) => backend.run(context),
            Self::Vault(vault) => vault.run(context),
            Self::Device(device) => device.run(context),
            Self::Backup(backup) => backup.run(context),
            Self::RestoreBackup(restore) => restore.run(context),
            Self::Serve(serve) => serve.run(context),
            Self::Mcp(mcp) => mcp.run(context),
            Self::Completions(completions) => completions.run(context),
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}

/// Does something to each of several executions, or to none of them: an id that matches nothing, or
/// that is refused, undoes all of it. Says which they were, each once.
fn edit_all(
    context: &Context,
    ids: &[IdPattern],
    mut edit: impl FnMut(&mut HistoryWriter<'_>, ExecutionId) -> Result<(), HistoryError>,
) -> Result<Vec<ExecutionId>, Error> {
    let edited = context.open()?.write(|history| {
        let mut edited = Vec::new();
        for pattern in ids {
            let id = history.reader().find(pattern)?;
            if !edited.contains(&id) {
                edit(history, id)?;
                edited.push(id);
            }
        }
        Ok(edited)
    });
    edited.map_err(|error| {
        let error = Error::from(error);
        if ids.len() > 1 { error.and("nothing was changed") } else { error }
    })
}

/// Prints a JSON object on a line.
fn print_json(context: &Context, object: &serde_json::Value) -> Result<(), Error> {
    let mut out = context.raw_out();
    writeln!(out, "{object}")?;
    Ok(out.flush()?)
}

/// Short ids in a sentence.
fn listed(ids: &[ExecutionId]) -> String {
    ids.iter().map(ExecutionId::short).collect::<Vec<_>>().join(", ")
}
