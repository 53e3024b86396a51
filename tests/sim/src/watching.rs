//! What must hold at every moment, not only at rest: positions and digests.

use std::collections::BTreeSet;

use runlog_core::history::HistoryError;
use runlog_core::store::{Backend, ChangeNumber, ItemKey};
use runlog_core::sync::connection::Connection;
use runlog_core::time::Timestamp;

use crate::contents::{
    CONTENT, Contents, Opaque, of_items, of_relay, of_relay_table, opaque_name, seen_by_relays,
};
use crate::world::World;

/// After every step of a job: no position has passed what it stands for.
///
/// What was got reaches as far as a page that arrived. What was sent is at the relay, or newer there,
/// purged there, or noted as refused; that is looked at when the position moves, of what it moved over
/// (at rest all is compared). Relays that have lost
/// something since all were last at rest are left out of the latter: an answer under way does not
/// know of it.
///
/// # Errors
/// What does not hold, for people.
pub fn positions(world: &mut World, number: usize) -> Result<(), String> {
    let device = &mut world.devices[number];
    let backends = device.history.read(|reader| Ok(reader.tx().backends()?));
    for backend in backends.map_err(|error: HistoryError| error.to_string())? {
        let device = &mut world.devices[number];
        let connection = Connection::decode(&backend.position).map_err(|e| e.to_string())?;
        let delivered = device.delivered.get(&backend.id).copied().unwrap_or(0);
        if let Some(got) = connection.standing.got.filter(|got| got.sequence > delivered) {
            let text = format!("device {number} says it has got {}", got.sequence);
            return Err(format!("{text}, and only {delivered} was delivered"));
        }
        let before = device.sent.insert(backend.id, backend.sent).unwrap_or(ChangeNumber::ZERO);
        if before < backend.sent {
            sent_is_there(world, number, &backend, before)?;
        }
    }
    Ok(())
}

fn sent_is_there(
    world: &mut World,
    number: usize,
    backend: &Backend,
    before: ChangeNumber,
) -> Result<(), String> {
    let device = &mut world.devices[number];
    let Some(relay) = device.links.get(&backend.id).map(|relay| &world.relays[*relay]) else {
        return Ok(());
    };
    if relay.took {
        return Ok(());
    }
    let found = device.history.read(|reader| {
        let mut left_out: BTreeSet<ItemKey> = BTreeSet::new();
        for refused in reader.tx().rejections(backend.id, None, usize::MAX)? {
            left_out.insert(refused.item);
        }
        let mut items: BTreeSet<ItemKey> = BTreeSet::new();
        for change in reader.tx().changes(before, usize::MAX)? {
            // A row and what is kept for it have one name, and two numbers.
            let sent = change.number <= backend.sent;
            let into = if sent { &mut items } else { &mut left_out };
            into.insert(ItemKey::from(&change.item));
        }
        Ok(of_items(reader.tx(), items.difference(&left_out))?)
    });
    let contents = found.map_err(|error: HistoryError| error.to_string())?;
    let keys = world.vault.keys();
    let there = of_relay(keys, &relay.relay);
    let here = seen_by_relays(keys, &contents);
    for cell in contents.keys() {
        let name = opaque_name(keys, cell);
        let Some(own) = here.get(&name) else { continue };
        let purge = cell
            .0
            .execution()
            .map(|execution| opaque_name(keys, &(ItemKey::purge(execution), CONTENT.to_owned())));
        let purge = purge.and_then(|purge| there.get(&purge));
        let is_purged = purge.is_some_and(|(clock, _)| *clock >= own.0);
        if !is_purged && there.get(&name).is_none_or(|held| held < own) {
            let (sent, held) = (backend.sent, there.get(&name));
            let text = format!("device {number} counts {cell:?} {own:?} as sent, up to {sent:?}");
            return Err(format!("{text}, and {} holds {held:?}", backend.name));
        }
    }
    Ok(())
}

/// After a job: digests were found equal exactly where the contents are, table by table.
///
/// Looked at where nothing has changed on either side since they were compared, and where the relay has
/// lost nothing since all were last at rest: it learns of damage only when it reads.
///
/// # Errors
/// What does not hold, for people.
pub fn digests(world: &mut World, number: usize) -> Result<(), String> {
    let device = &mut world.devices[number];
    let found =
        device.history.read(|reader| Ok((reader.tx().backends()?, reader.tx().counters()?.change)));
    let (backends, newest) = found.map_err(|error: HistoryError| error.to_string())?;
    let keys = world.vault.keys();
    for run in &device.runs {
        let backend = backends.iter().find(|backend| backend.id == run.backend);
        let Some(backend) = backend.filter(|backend| backend.sent == newest) else { continue };
        let Some(relay) = device.links.get(&run.backend).map(|n| &world.relays[*n]) else {
            continue;
        };
        let connection = Connection::decode(&backend.position).map_err(|e| e.to_string())?;
        let got = connection.standing.got.map(|got| got.sequence);
        let compared = run.verification.iter().all(|table| table.equal.is_some());
        let head = relay.relay.state(Timestamp::default()).head;
        if relay.took || !compared || run.verification.is_empty() || got != Some(head) {
            continue;
        }
        let mut tables: BTreeSet<&str> =
            device.shadow.keys().map(|(item, _)| item.table.as_str()).collect();
        tables.extend(run.verification.iter().map(|table| table.table.as_str()));
        for table in tables {
            let own = device.shadow.iter().filter(|((item, _), _)| item.table == table);
            let own: Contents = own.map(|(cell, held)| (cell.clone(), held.clone())).collect();
            let here: Opaque = seen_by_relays(keys, &own);
            let are_equal = here == of_relay_table(keys, &relay.relay, table);
            let found = run.verification.iter().find(|found| found.table == table);
            if found.and_then(|found| found.equal) != Some(are_equal) {
                let text = format!("device {number}: contents of {table} are equal: {are_equal}");
                return Err(format!("{text}, and the verification says {found:?}"));
            }
        }
    }
    Ok(())
}
