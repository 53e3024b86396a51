//! Everything that a store answers, as text that can be compared.

use std::collections::BTreeMap;
use std::fmt::Debug;

use runlog_core::clock::{ColumnSet, RowClocks};
use runlog_core::codec::RowRecord;
use runlog_core::id::ExecutionId;
use runlog_core::model::{Kind, Status};
use runlog_core::query::{Filter, ListQuery, Order};
use runlog_core::schema::RowKey;
use runlog_core::store::{
    BackendId, Change, ChangeNumber, ChangedItem, ItemKey, ReadTx, Room, Row, Store, StoreResult,
};
use runlog_core::sync::run::{LogQuery, RunFilter};

use crate::sample;

/// What a store holds, by topic. Two stores that hold the same have equal dumps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump(BTreeMap<String, String>);

impl Dump {
    /// Everything about the ids that contracts use.
    pub fn of<S: Store>(store: &mut S) -> Self {
        sample::read(store, |tx| {
            let mut dump = Self::default();
            dump.add("device", &tx.device()?);
            dump.add("counters", &tx.counters()?);
            dump.add("hidden", &tx.hidden(usize::MAX)?);
            let mut leases = tx.leases()?;
            leases.sort_by_key(|lease| lease.execution);
            dump.add("leases", &leases);
            let backends = tx.backends()?;
            dump.add("backends", &backends);
            let backends: Vec<BackendId> = backends.iter().map(|backend| backend.id).collect();
            dump.changes(tx, &backends)?;
            for id in sample::ids() {
                dump.execution(tx, id)?;
            }
            dump.kept(tx)?;
            dump.sync(tx, &backends)?;
            dump.listings(tx)?;
            Ok(dump)
        })
    }

    /// Panics with what differs, where something does.
    #[track_caller]
    pub fn assert_eq(&self, expected: &Self, when: impl std::fmt::Display) {
        let nothing = String::from("nothing");
        let keys = self.0.keys().chain(expected.0.keys());
        let differing: BTreeMap<&String, String> = keys
            .filter_map(|key| {
                let found = self.0.get(key).unwrap_or(&nothing);
                let wanted = expected.0.get(key).unwrap_or(&nothing);
                (found != wanted).then(|| (key, format!("  found  {found}\n  wanted {wanted}")))
            })
            .collect();
        let texts: Vec<String> =
            differing.iter().map(|(k, text)| format!("{k}:\n{text}")).collect();
        assert!(
            differing.is_empty(),
            "{when}: the store holds something else\n{}",
            texts.join("\n")
        );
    }

    /// What devices share: rows, their clocks and kept cells, without numbers and bookkeeping.
    pub fn of_shared<S: Store>(store: &mut S) -> Self {
        sample::read(store, |tx| {
            let mut dump = Self::default();
            sample::ids().try_for_each(|id| dump.rows(tx, id))?;
            dump.kept(tx)?;
            Ok(dump)
        })
    }

    fn add(&mut self, topic: &str, answer: &impl Debug) {
        self.0.insert(topic.to_owned(), format!("{answer:?}"));
    }

    fn changes(&mut self, tx: &dyn ReadTx, backends: &[BackendId]) -> StoreResult<()> {
        let changes = tx.changes(ChangeNumber::ZERO, usize::MAX)?;
        self.add("changes", &changes);
        for backend in backends {
            for change in &changes {
                let topic = format!("acknowledged {backend:?} {:?}", change.number);
                self.add(&topic, &tx.acknowledged_at(*backend, change.number)?);
                if let ChangedItem::Row(key) = &change.item {
                    let rejection = tx.rejection(*backend, &ItemKey::from(key))?;
                    self.add(&format!("backends rejected {backend:?} {key:?}"), &rejection);
                }
            }
        }
        Ok(())
    }

    fn execution(&mut self, tx: &dyn ReadTx, id: ExecutionId) -> StoreResult<()> {
        self.rows(tx, id)?;
        let key = RowKey::Execution(id);
        let number = tx.row(&key, ColumnSet::EMPTY)?.map(|row| row.change);
        self.add(&format!("change {id}"), &number);
        self.add(&format!("items {id}"), &tx.execution_items(id)?);
        self.add(&format!("purged {id}"), &tx.purged(&key)?);
        self.add(&format!("last sequence {id}"), &tx.last_sequence(id)?);
        let mut gaps = tx.gaps(id)?;
        gaps.sort_by_key(|gap| (gap.first, gap.log.device, gap.reason));
        self.add(&format!("gaps {id}"), &gaps);
        for head in tx.pieces(id, 0..=i64::MAX as u64)? {
            let lines = tx.piece_lines(head.log, head.first)?;
            self.add(&format!("piece {id} {:?} {}", head.log.device, head.first), &(head, lines));
        }
        Ok(())
    }

    fn rows(&mut self, tx: &dyn ReadTx, id: ExecutionId) -> StoreResult<()> {
        let key = RowKey::Execution(id);
        if let Some(row) = tx.row(&key, key.table().all_columns())? {
            self.add(&format!("row {id}"), &row_text(&row));
        }
        for (tag, row) in tx.tags(id)? {
            self.add(&format!("tag {id} {tag:?}"), &row_text(&row));
        }
        Ok(())
    }

    fn kept(&mut self, tx: &dyn ReadTx) -> StoreResult<()> {
        for (table, key) in tx.kept_rows(usize::MAX)? {
            self.add(&format!("kept {table} {key:x?}"), &tx.kept(&table, &key)?);
        }
        Ok(())
    }

    fn sync(&mut self, tx: &dyn ReadTx, backends: &[BackendId]) -> StoreResult<()> {
        for backend in backends {
            let rejections = tx.rejections(*backend, None, usize::MAX)?;
            self.add(&format!("rejections {backend:?}"), &rejections);
        }
        for room in Room::ALL {
            self.add(&format!("notes {room:?}"), &tx.notes(*room, b"", None, usize::MAX)?);
        }
        self.add("sync runs", &tx.sync_runs(&RunFilter::default(), None, usize::MAX)?);
        let log = tx.sync_log(&LogQuery::default(), None, usize::MAX)?;
        self.add("sync log", &log.into_iter().map(|(_, row)| row).collect::<Vec<_>>());
        Ok(())
    }

    fn listings(&mut self, tx: &dyn ReadTx) -> StoreResult<()> {
        for query in queries() {
            let pages = sample::pages(tx, &query)?;
            self.add(&format!("list {query:?}"), &(tx.count(&query)?, pages));
        }
        Ok(())
    }
}

/// Listings of every order and of one filter each.
fn queries() -> Vec<ListQuery> {
    let mut filters = vec![Filter::default(); 6];
    filters[1].deleted = true;
    filters[2].status = Some(Status::Running);
    filters[3].tag = Some("a".to_owned());
    filters[4].param = Some(("env".to_owned(), "prod".to_owned()));
    filters[5].kind = Some(Kind::Job);
    let orders =
        [Order::NewestFirst, Order::OldestFirst, Order::LongestFirst, Order::ShortestFirst];
    let mut queries = Vec::new();
    for filter in filters {
        for order in orders {
            let mut query = ListQuery::newest(3);
            query.order = order;
            query.filter = filter.clone();
            queries.push(query);
        }
    }
    queries
}

fn row_text(row: &Row) -> String {
    format!("{:?} {:?} {:?}", row.visibility, row.cells, row.clocks.groups())
}

/// Everything that a store would send: of each row, one record for each clock.
pub fn records<S: Store>(store: &mut S) -> Vec<RowRecord> {
    sample::read(store, |tx| {
        let mut records = Vec::new();
        for Change { item, .. } in tx.changes(ChangeNumber::ZERO, usize::MAX)? {
            match item {
                ChangedItem::Row(key) => records.extend(row_records(tx, &key)?),
                ChangedItem::Kept { table, key } => {
                    for cell in tx.kept(&table, &key)? {
                        let (table, key) = (table.clone(), key.clone());
                        let cells = vec![(cell.column, cell.value)];
                        records.push(RowRecord { table, key, clock: cell.clock, cells });
                    }
                }
                _ => {}
            }
        }
        Ok(records)
    })
}

fn row_records(tx: &dyn ReadTx, key: &RowKey) -> StoreResult<Vec<RowRecord>> {
    let table = key.table();
    let row = tx.row(key, table.all_columns())?;
    let (cells, clocks) = row.map_or((Vec::new(), RowClocks::new()), |row| (row.cells, row.clocks));
    let named = |columns: ColumnSet| {
        let column = |id: runlog_core::clock::ColumnId| {
            (table.columns()[id.index()].name.to_owned(), cells[id.index()].clone())
        };
        columns.iter().map(column).collect()
    };
    let groups = clocks.groups().into_iter();
    let name = || table.name().to_owned();
    Ok(groups
        .map(|(clock, columns)| RowRecord {
            table: name(),
            key: key.to_bytes(),
            clock,
            cells: named(columns),
        })
        .collect())
}
