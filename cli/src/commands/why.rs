use std::io::Write;

use clap::Args;
use runlog::id::IdPattern;
use runlog::sync_history::{Arrived, DisplacedValue, Why as Answer, Written};
use runlog::time::Timestamp;
use serde_json::Value as Json;

use crate::context::{Context, DIM, Out};
use crate::error::Error;
use crate::text::plain::plain;
use crate::text::table::{Cell, Column, Table};
use crate::text::{sync, when};

/// Tell who wrote a value, how it came here, and what it displaced
///
///   runlog why 1f3a9c02
///   runlog why 1f3a9c02 note
///   runlog why 1f3a9c02 tag:nightly
///
/// Fields are named as in the JSON of `show`. Times of writing are those of the device that wrote.
/// What a merge displaced is remembered for 90 days, the last value of each field.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Why {
    /// Which execution
    id: IdPattern,
    /// Which field; all of them unless given
    field: Option<String>,
    /// Print a JSON object; an array where no field is given
    #[arg(long)]
    json: bool,
}

impl Why {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let field = self.field.as_deref();
        let whys = context.open()?.read(|history| {
            let id = history.find(&self.id)?;
            match field {
                Some(field) => Ok(vec![history.why(id, field)?]),
                None => history.whys(id),
            }
        })?;
        if self.json {
            let mut out = context.raw_out();
            match whys.first().filter(|_| field.is_some()) {
                Some(why) => serde_json::to_writer_pretty(&mut out, why),
                None => serde_json::to_writer_pretty(&mut out, &whys),
            }
            .map_err(std::io::Error::from)?;
            writeln!(out)?;
            return Ok(out.flush()?);
        }
        let mut out = context.out();
        match whys.first().filter(|_| field.is_some()) {
            Some(why) => print_one(why, context.now, &mut out)?,
            None => print_all(&whys, context, &mut out)?,
        }
        Ok(out.flush()?)
    }
}

fn print_one(why: &Answer, now: Timestamp, out: &mut Out) -> Result<(), Error> {
    let mut field = |name: &str, value: &str| writeln!(out, "{name:10} {value}");
    field("Field", &plain(&why.field))?;
    field("Value", &shown(&why.value))?;
    let Some(written) = &why.written else {
        field("Written", "never")?;
        return Ok(());
    };
    field("Written", &format!("{}, {}", at(written.at, now), by(written)))?;
    if let Some(Arrived { sync_id, at: arrived_at, certain, run }) = &why.arrived {
        let run = run.as_ref().map(|run| format!(" from {}", plain(sync::backend(run))));
        let (arrived_at, run) = (at(*arrived_at, now), run.unwrap_or_default());
        let probably = if *certain { "" } else { ", probably" };
        let id = sync::short(sync_id);
        field("Arrived", &format!("{arrived_at}{run}, in the sync {id}{probably}"))?;
    } else if !written.here {
        field("Arrived", "longer ago than the history of syncing is kept")?;
    }
    if let Some(displaced) = &why.displaced {
        let DisplacedValue { value, written, at: displaced_at, by_this_value, .. } = displaced;
        field("Displaced", &shown(value))?;
        field("", &format!("written {}, {}", at(written.at, now), by(written)))?;
        let between = if *by_this_value { "" } else { ", by a value in between" };
        field("", &format!("displaced {}{between}", at(*displaced_at, now)))?;
    }
    Ok(())
}

const COLUMNS: [Column; 6] = [
    Column { title: "FIELD", right: false, cut_to: None },
    Column { title: "VALUE", right: false, cut_to: Some(10) },
    Column { title: "WRITTEN", right: false, cut_to: None },
    Column { title: "BY", right: false, cut_to: Some(11) },
    Column { title: "SYNC", right: false, cut_to: None },
    Column { title: "DISPLACED", right: false, cut_to: Some(10) },
];

fn print_all(whys: &[Answer], context: &Context, out: &mut Out) -> Result<(), Error> {
    let mut table = Table::new(COLUMNS);
    for why in whys {
        let written = why.written.as_ref();
        let ago = written.map(|written| when::ago(written.at, context.now));
        let sync = why.arrived.as_ref().map(|arrived| sync::short(&arrived.sync_id));
        let displaced = why.displaced.as_ref().map(|displaced| shown(&displaced.value));
        table.push([
            Cell::new(plain(&why.field)),
            Cell::new(shown(&why.value)),
            Cell::styled(ago.unwrap_or_default(), DIM),
            Cell::new(written.map(by).unwrap_or_default()),
            Cell::styled(sync.unwrap_or_default(), DIM),
            Cell::new(displaced.unwrap_or_default()),
        ]);
    }
    Ok(table.print(out, context.width())?)
}

/// A value in a line.
fn shown(value: &Json) -> String {
    match value {
        Json::Null => "nothing".to_owned(),
        Json::String(text) => plain(text).into_owned(),
        other => plain(&other.to_string()).into_owned(),
    }
}

fn by(written: &Written) -> String {
    if written.here { "this device".to_owned() } else { format!("device {}", written.device_id) }
}

fn at(time: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", when::exact(time), when::ago(time, now))
}
