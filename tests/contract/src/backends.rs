//! Promise 6, M5, S11: backends, their positions, marks and refusals; and leases.

use runlog_core::log::GapReason;
use runlog_core::schema::RowKey;
use runlog_core::store::{
    BACKEND_NAME_BYTES_MAX, Backend, BackendId, ItemKey, Lease, OwnerId, Rejection, Store,
    StoreError,
};

use crate::Factory;
use crate::sample::{
    BACKENDS, OTHER, at, backend, change_number, clock, id, log_key, put_job, put_row, put_tag,
    read, refusal, tag, write,
};

/// A position is bytes that come back as they were, none and many of them too.
pub fn positions_are_opaque<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let all: Vec<u8> = (0..=255).collect();
    for position in [vec![], vec![0], all, vec![0xff; 70_000], b"not utf-8 \xc3\x28".to_vec()] {
        let wanted = Backend { position, ..backend(0, 0) };
        write(&mut store, |tx| tx.put_backend(&wanted));
        store = factory.reopen(store);
        assert_eq!(read(&mut store, |tx| tx.backends()), [wanted]);
    }
}

/// Backends come in the order of their ids; putting one again replaces it.
pub fn backends_are_kept_and_replaced<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let ids = [u128::MAX, 0, 1 << 127, 5];
    write(&mut store, |tx| {
        ids.iter()
            .try_for_each(|id| tx.put_backend(&Backend { id: BackendId(*id), ..backend(0, 1) }))
    });
    let found = read(&mut store, |tx| tx.backends());
    let found: Vec<_> = found.iter().map(|backend| backend.id.0).collect();
    assert_eq!(found, [0, 5, 1 << 127, u128::MAX]);
    let sent = change_number(i64::MAX as u64);
    let replaced =
        Backend { id: BackendId(5), enabled: false, sent, position: vec![9], ..backend(1, 0) };
    write(&mut store, |tx| tx.put_backend(&replaced));
    let found = read(&mut store, |tx| tx.backends());
    assert_eq!((found.len(), &found[1]), (4, &replaced));
}

/// A change was acknowledged when the first mark at or above its number says.
pub fn marks_tell_since_when<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    write(&mut store, |tx| {
        tx.put_backend(&backend(0, 20))?;
        tx.put_backend(&backend(1, 20))?;
        tx.put_mark(BACKENDS[0], change_number(20), at(9))?;
        tx.put_mark(BACKENDS[0], change_number(10), at(3))?;
        tx.put_mark(BACKENDS[1], change_number(15), at(5))
    });
    let mut since = |n: usize, change| {
        read(&mut store, |tx| tx.acknowledged_at(BACKENDS[n], change_number(change)))
    };
    for (change, first, second) in
        [(1, Some(3), Some(5)), (10, Some(3), Some(5)), (11, Some(9), Some(5)), (16, Some(9), None)]
    {
        assert_eq!(since(0, change), first.map(at), "{change}");
        assert_eq!(since(1, change), second.map(at), "{change}");
    }
    assert_eq!(since(0, 20), Some(at(9)));
    assert_eq!(since(0, 21), None);
    assert_eq!(since(1, i64::MAX as u64), None);
}

/// A refusal stands until the row changes again or is refused anew.
pub fn a_newer_change_outdates_a_refusal<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let keys = [RowKey::Execution(id(1)), RowKey::Tag(id(1), tag("t"))];
    let refusal = |key: &RowKey, change, reason: &str| refusal(0, key, change, reason);
    write(&mut store, |tx| {
        tx.put_backend(&backend(0, 0))?;
        tx.put_backend(&backend(1, 0))?;
        put_job(tx, 1, 1)?;
        put_tag(tx, 1, "t", 2)
    });
    for (change, key) in (1..).zip(&keys) {
        let first = refusal(key, change, "too \0 large");
        write(&mut store, |tx| tx.put_rejection(&first));
        assert_eq!(
            read(&mut store, |tx| tx.rejection(BACKENDS[0], &ItemKey::from(key))),
            Some(first)
        );
        let second = refusal(key, change, "");
        write(&mut store, |tx| tx.put_rejection(&second));
        assert_eq!(
            read(&mut store, |tx| tx.rejection(BACKENDS[0], &ItemKey::from(key))),
            Some(second)
        );
        assert_eq!(read(&mut store, |tx| tx.rejection(BACKENDS[1], &ItemKey::from(key))), None);
    }
    write(&mut store, |tx| {
        let cells = tx.row(&keys[0], runlog_core::schema::executions::ALL)?.unwrap().cells;
        let note = runlog_core::schema::executions::NOTE;
        put_row(tx, &keys[0], &[(note, cells[note.index()].clone())], clock(9, OTHER), 3)
    });
    assert_eq!(read(&mut store, |tx| tx.rejection(BACKENDS[0], &ItemKey::from(&keys[0]))), None);
    assert!(read(&mut store, |tx| tx.rejection(BACKENDS[0], &ItemKey::from(&keys[1]))).is_some());
    let again = refusal(&keys[0], 3, "still too large");
    write(&mut store, |tx| tx.put_rejection(&again));
    assert_eq!(
        read(&mut store, |tx| tx.rejection(BACKENDS[0], &ItemKey::from(&keys[0]))),
        Some(again)
    );
}

/// Removing a backend takes its marks and refusals, and nothing of the others.
pub fn removing_a_backend_leaves_the_others<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let key = RowKey::Execution(id(1));
    let fill = |store: &mut F::Store, n: usize| {
        write(store, |tx| {
            tx.put_backend(&backend(n, 5))?;
            tx.put_mark(BACKENDS[n], change_number(5), at(n as i64))?;
            tx.put_rejection(&refusal(n, &key, 1, &n.to_string()))
        });
    };
    write(&mut store, |tx| put_job(tx, 1, 1));
    fill(&mut store, 0);
    fill(&mut store, 1);
    write(&mut store, |tx| tx.remove_backend(BACKENDS[0]));
    // Made anew under the same id it would begin with nothing.
    write(&mut store, |tx| tx.put_backend(&backend(0, 0)));
    let answers = |store: &mut F::Store, n: usize| {
        read(store, |tx| {
            let at = tx.acknowledged_at(BACKENDS[n], change_number(1))?;
            Ok((
                at,
                tx.rejection(BACKENDS[n], &ItemKey::from(&key))?.map(|rejection| rejection.reason),
            ))
        })
    };
    assert_eq!(answers(&mut store, 0), (None, None));
    assert_eq!(answers(&mut store, 1), (Some(at(1)), Some("1".to_owned())));
    assert_eq!(read(&mut store, |tx| tx.backends()), [backend(0, 0), backend(1, 5)]);
    write(&mut store, |tx| tx.remove_backend(BackendId(77)));
    assert_eq!(read(&mut store, |tx| tx.backends()).len(), 2);
}

/// An execution has one lease, which its owner renews and gives up.
pub fn leases_are_renewed_and_given_up<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let lease = |n, owner, seconds| Lease {
        execution: id(n),
        owner: OwnerId(owner),
        heartbeat_at: at(seconds),
    };
    write(&mut store, |tx| {
        (1..=3).try_for_each(|n| put_job(tx, n, n))?;
        [lease(1, u128::MAX, 1), lease(2, 0, 2), lease(1, 7, 3)]
            .iter()
            .try_for_each(|lease| tx.put_lease(lease))
    });
    let mut store = factory.reopen(store);
    let mut found = read(&mut store, |tx| tx.leases());
    found.sort_by_key(|lease| lease.execution);
    assert_eq!(found, [lease(1, 7, 3), lease(2, 0, 2)]);
    write(&mut store, |tx| {
        tx.remove_lease(id(1))?;
        tx.remove_lease(id(3))
    });
    assert_eq!(read(&mut store, |tx| tx.leases()), [lease(2, 0, 2)]);
    let changes = read(&mut store, |tx| tx.changes(change_number(3), 9));
    assert_eq!(changes, [], "leases do not sync");
}

/// Whether the store is one with nothing to send or warn about.
pub fn without_backends_nothing_is_noted<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    write(&mut store, |tx| put_job(tx, 1, 1));
    read(&mut store, |tx| {
        assert_eq!(tx.backends()?, []);
        assert_eq!(tx.acknowledged_at(BACKENDS[0], change_number(1))?, None);
        assert_eq!(tx.rejection(BACKENDS[0], &ItemKey::from(&RowKey::Execution(id(1))))?, None);
        Ok(())
    });
    store.persist().unwrap();
}

/// A position moves without the rest of its backend; a backend that is not there has none.
pub fn a_position_moves_alone<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let name = "\u{1f600}".repeat(16);
    assert_eq!(name.len(), BACKEND_NAME_BYTES_MAX);
    let settings = vec![0xfe; 5_000];
    let first = Backend { name, settings, enabled: false, ..backend(0, 3) };
    write(&mut store, |tx| {
        tx.put_backend(&first)?;
        tx.put_backend(&backend(1, 3))?;
        tx.set_sent(BACKENDS[0], change_number(9), b"\0further")?;
        let missing = tx.set_sent(BackendId(77), change_number(9), b"");
        assert_eq!(missing, Err(StoreError::RowMissing));
        Ok(())
    });
    let mut store = factory.reopen(store);
    let moved = Backend { sent: change_number(9), position: b"\0further".to_vec(), ..first };
    assert_eq!(read(&mut store, |tx| tx.backends()), [moved, backend(1, 3)]);
}

/// Refused items of every kind: rows, kept rows, pieces, gaps, purges.
fn refused_items() -> Vec<ItemKey> {
    let mut items = vec![
        ItemKey::from(&RowKey::Execution(id(1))),
        ItemKey::from(&RowKey::Tag(id(1), tag("t"))),
        ItemKey::new("moods", b"\0any\xff"),
        ItemKey::new("moods", b""),
        ItemKey::new("", b""),
        ItemKey::piece(log_key(1), 9),
        ItemKey::gap(log_key(1), 9, GapReason::Queue),
        ItemKey::gap(log_key(1), 9, GapReason::Limit),
        ItemKey::purge(id(2)),
        ItemKey::purge(id(1)),
    ];
    items.sort_unstable();
    items
}

/// Whatever syncs can be refused, whether it is here or not, and a refusal can be taken back.
pub fn anything_can_be_refused<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let refusal = |item: &ItemKey| Rejection {
        item: item.clone(),
        ..refusal(0, &RowKey::Execution(id(1)), 7, "full")
    };
    let items = refused_items();
    write(&mut store, |tx| {
        tx.put_backend(&backend(0, 0))?;
        items.iter().try_for_each(|item| tx.put_rejection(&refusal(item)))
    });
    let mut store = factory.reopen(store);
    for item in &items {
        let found = read(&mut store, |tx| tx.rejection(BACKENDS[0], item));
        assert_eq!(found, Some(refusal(item)));
        assert_eq!(read(&mut store, |tx| tx.rejection(BACKENDS[1], item)), None);
    }
    let (gone, left) = items.split_first().unwrap();
    write(&mut store, |tx| {
        tx.remove_rejection(BACKENDS[1], &left[0])?;
        tx.remove_rejection(BACKENDS[0], gone)?;
        tx.remove_rejection(BACKENDS[0], gone)
    });
    assert_eq!(read(&mut store, |tx| tx.rejection(BACKENDS[0], gone)), None);
    let found = read(&mut store, |tx| tx.rejections(BACKENDS[0], None, usize::MAX));
    assert_eq!(found, left.iter().map(refusal).collect::<Vec<_>>());
}

/// Refusals come by table and key, page by page, outdated ones too, those of one backend only.
pub fn refusals_come_in_order<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let items = refused_items();
    let base = refusal(0, &RowKey::Execution(id(1)), 7, "full");
    write(&mut store, |tx| {
        put_job(tx, 1, 50)?;
        for item in items.iter().rev() {
            for backend in BACKENDS {
                let (item, base) = (item.clone(), base.clone());
                tx.put_rejection(&Rejection { backend, item, ..base })?;
            }
        }
        tx.put_rejection(&Rejection {
            backend: BackendId(0xb3),
            item: ItemKey::new("above", b""),
            ..base.clone()
        })
    });
    let outdated = read(&mut store, |tx| tx.rejection(BACKENDS[1], &base.item));
    assert_eq!(outdated, None);
    for limit in [0, 1, 3, 9, 10, usize::MAX] {
        for at in 0..=items.len() {
            let after = at.checked_sub(1).map(|at| &items[at]);
            let found = read(&mut store, |tx| tx.rejections(BACKENDS[1], after, limit));
            let found: Vec<ItemKey> = found.into_iter().map(|refusal| refusal.item).collect();
            let rest = &items[at..];
            assert_eq!(found, rest[..rest.len().min(limit)], "after {after:?}, {limit} of them");
        }
    }
    let between = ItemKey::new("log", [0xff; 40]);
    let found = read(&mut store, |tx| tx.rejections(BACKENDS[0], Some(&between), 1));
    assert_eq!(found[0].item.table, ItemKey::LOG_GAPS);
}
