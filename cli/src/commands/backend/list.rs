use std::io::Write;

use clap::Args;
use runlog::relay::RelaySettings;
use runlog::sync::Backend;
use runlog::time::Timestamp;
use serde::Serialize;

use crate::context::{Context, hint, say};
use crate::error::Error;
use crate::text::plain::plain;
use crate::text::table::{Cell, Column, Table};
use crate::text::when::ago;

/// List the backends of this history
#[derive(Debug, Args)]
pub(super) struct List {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    url: Option<String>,
    enabled: bool,
    added_at: Timestamp,
    /// Changes that it does not have yet.
    waiting: bool,
    heard_at: Option<Timestamp>,
    bytes: Option<u64>,
    quota_bytes: Option<u64>,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let newest = runlog.read(|history| Ok(history.tx().counters()?.change))?;
        let listed: Vec<Listed> =
            runlog.backends()?.iter().map(|held| of(held, held.sent < newest)).collect();
        let mut out = context.out();
        if self.json {
            serde_json::to_writer(&mut out, &listed).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else if listed.is_empty() {
            say("there is no backend: nothing is synced");
            hint("`runlog backend add https://relay.example` adds a relay");
        } else {
            table(&listed, context.now).print(&mut out, context.width())?;
        }
        Ok(out.flush()?)
    }
}

fn of(held: &Backend, waiting: bool) -> Listed {
    let connection = runlog::sync::Connection::decode(&held.position).unwrap_or_default();
    let known = connection.heard_at.is_some();
    Listed {
        name: held.name.clone(),
        url: RelaySettings::of(held).ok().map(|settings| settings.url.to_string()),
        enabled: held.enabled,
        added_at: held.added_at,
        waiting: held.enabled && waiting,
        heard_at: connection.heard_at,
        bytes: known.then_some(connection.bytes),
        quota_bytes: (known && connection.quota > 0).then_some(connection.quota),
    }
}

fn table(listed: &[Listed], now: Timestamp) -> Table<5> {
    let column = |title, cut_to| Column { title, right: false, cut_to };
    let mut table = Table::new([
        column("NAME", None),
        column("STATE", None),
        column("WAITING", None),
        column("HEARD FROM", None),
        column("URL", Some(12)),
    ]);
    for backend in listed {
        let heard = backend.heard_at.map_or_else(|| "never".to_owned(), |at| ago(at, now));
        table.push([
            Cell::new(plain(&backend.name)),
            Cell::new(if backend.enabled { "on" } else { "off" }),
            Cell::new(match (backend.enabled, backend.waiting) {
                (true, true) => "yes",
                (true, false) => "no",
                _ => "-",
            }),
            Cell::new(heard),
            Cell::new(plain(backend.url.as_deref().unwrap_or("?"))),
        ]);
    }
    table
}
