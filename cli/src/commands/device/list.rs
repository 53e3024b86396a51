use std::io::Write;

use clap::Args;
use runlog::id::DeviceId;
use runlog::time::Timestamp;
use serde::Serialize;

use crate::commands::backend;
use crate::context::{Context, hint, say};
use crate::error::Error;
use crate::interrupt;
use crate::secrets::Passphrase;
use crate::text::plain::plain;
use crate::text::table::{Cell, Column, Table};
use crate::text::when::ago;

/// List the devices that relays have let into the vault, and when they were last seen
///
///   runlog device list
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct List {
    /// Ask this backend only
    #[arg(long, value_name = "NAME")]
    backend: Option<String>,
    #[command(flatten)]
    passphrase: Passphrase,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Listed {
    backend: String,
    device_id: DeviceId,
    is_this: bool,
    role: Option<runlog::relay::AccessLevel>,
    created_at: String,
    seen_at: Option<String>,
    revoked: bool,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let open = self.passphrase.unlock(&runlog)?;
        let cancel = interrupt::cancel()?;
        let this = runlog.device();
        let mut listed = Vec::new();
        for backend in backend::chosen(&runlog, self.backend.as_deref())? {
            for known in runlog.relay_devices(&open, &backend, &cancel)? {
                listed.push(Listed {
                    backend: backend.name.clone(),
                    device_id: known.device,
                    is_this: known.device == this,
                    role: known.role,
                    created_at: known.created_at,
                    seen_at: known.seen_at,
                    revoked: known.revoked,
                });
            }
        }
        let mut out = context.out();
        if self.json {
            serde_json::to_writer(&mut out, &listed).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else if listed.is_empty() {
            say("no relay has let in a device");
            hint("`runlog backend add https://relay.example` adds a relay");
        } else {
            table(&listed, context.now).print(&mut out, context.width())?;
        }
        Ok(out.flush()?)
    }
}

fn table(listed: &[Listed], now: Timestamp) -> Table<5> {
    let column = |title, cut_to| Column { title, right: false, cut_to };
    let mut table = Table::new([
        column("DEVICE", None),
        column("BACKEND", Some(8)),
        column("ROLE", None),
        column("SEEN", None),
        column("LET IN", None),
    ]);
    let when =
        |text: &str| text.parse::<Timestamp>().map_or_else(|_| "?".to_owned(), |at| ago(at, now));
    for device in listed {
        let mark = if device.is_this { " (this)" } else { "" };
        let role = match (device.revoked, device.role) {
            (true, _) => "revoked",
            (_, Some(runlog::relay::AccessLevel::Reader)) => "reader",
            (_, Some(runlog::relay::AccessLevel::Writer)) => "writer",
            (_, Some(_)) => "owner",
            (_, None) => "none",
        };
        table.push([
            Cell::new(format!("{}{mark}", device.device_id)),
            Cell::new(plain(&device.backend)),
            Cell::new(role),
            Cell::new(device.seen_at.as_deref().map_or_else(|| "never".to_owned(), when)),
            Cell::new(when(&device.created_at)),
        ]);
    }
    table
}
