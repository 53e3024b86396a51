//! Notes: small values under keys, in rooms of their own.

use runlog_core::store::{Note, Room};

use crate::Factory;
use crate::sample::{change_number, read, write};

fn note(key: &[u8], value: &[u8]) -> Note {
    (key.to_vec(), value.to_vec())
}

/// A note is bytes that come back as they were, under any key, in its own room only.
pub fn notes_are_kept_and_replaced<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let all: Vec<u8> = (0..=255).collect();
    let keys = [&[][..], &[0], &[0xff; 40], &all, b"not utf-8 \xc3\x28"];
    write(&mut store, |tx| {
        for (number, room) in Room::ALL.iter().enumerate() {
            for key in keys {
                tx.put_note(*room, key, b"replaced")?;
                tx.put_note(*room, key, &[key, &[number as u8]].concat())?;
            }
        }
        tx.put_note(Room::Local, b"empty", b"")
    });
    let mut store = factory.reopen(store);
    for (number, room) in Room::ALL.iter().enumerate() {
        for key in keys {
            let found = read(&mut store, |tx| tx.note(*room, key));
            assert_eq!(found, Some([key, &[number as u8]].concat()), "{room:?} {key:x?}");
        }
    }
    assert_eq!(read(&mut store, |tx| tx.note(Room::Local, b"empty")), Some(Vec::new()));
    assert_eq!(read(&mut store, |tx| tx.note(Room::Unsent, b"empty")), None);
    let changes = read(&mut store, |tx| tx.changes(change_number(0), 9));
    assert_eq!(changes, [], "notes do not sync");
}

/// A removed note is gone, and no other; removing what is not there does nothing.
pub fn a_note_is_removed<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    write(&mut store, |tx| {
        tx.put_note(Room::Digest, b"k", b"1")?;
        tx.put_note(Room::Digest, b"k\0", b"2")?;
        tx.put_note(Room::Purge, b"k", b"3")?;
        tx.remove_note(Room::Digest, b"k")?;
        tx.remove_note(Room::Digest, b"none")
    });
    let mut notes = |room| read(&mut store, |tx| tx.notes(room, b"", None, 9));
    assert_eq!(notes(Room::Digest), [note(b"k\0", b"2")]);
    assert_eq!(notes(Room::Purge), [note(b"k", b"3")]);
}

/// Keys in the order of their bytes, none with a zero byte or 0xff astray.
const ORDERED: [&[u8]; 9] =
    [b"", b"\0", b"a", b"a\0", b"a\0b", b"a\xff", b"a\xff\xff", b"b", b"\xff\xffz"];

/// Notes come by the bytes of their keys: those with a prefix, above a key, and no more than asked.
pub fn notes_come_by_key<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    write(&mut store, |tx| {
        ORDERED.iter().rev().try_for_each(|key| tx.put_note(Room::Unsent, key, key))?;
        tx.put_note(Room::Local, b"a", b"of another room")?;
        tx.put_note(Room::Quarantine, b"a", b"of another room")
    });
    let prefixes: [&[u8]; 9] =
        [b"", b"\0", b"a", b"a\0", b"a\xff", b"b", b"c", b"\xff", b"\xff\xff"];
    for prefix in prefixes {
        for after in [None].into_iter().chain(ORDERED.map(Some)).chain([Some(&b"c"[..])]) {
            let wanted: Vec<Note> = ORDERED
                .iter()
                .filter(|key| key.starts_with(prefix) && after.is_none_or(|after| **key > after))
                .map(|key| note(key, key))
                .collect();
            for limit in [0, 1, 3, usize::MAX] {
                let found = read(&mut store, |tx| tx.notes(Room::Unsent, prefix, after, limit));
                let wanted = &wanted[..wanted.len().min(limit)];
                assert_eq!(found, wanted, "{prefix:x?} above {after:x?}, {limit} of them");
            }
        }
    }
}

/// All notes with a prefix go at once, and it is told how many.
pub fn notes_are_removed_by_prefix<F: Factory>(factory: &mut F) {
    let prefixes: [&[u8]; 5] = [b"", b"a", b"a\xff", b"\xff\xff", b"c"];
    for prefix in prefixes {
        let mut store = factory.create();
        write(&mut store, |tx| {
            ORDERED.iter().try_for_each(|key| tx.put_note(Room::Unsent, key, key))?;
            tx.put_note(Room::Local, prefix, b"of another room")
        });
        let (gone, stay): (Vec<&[u8]>, Vec<&[u8]>) =
            ORDERED.iter().partition(|key| key.starts_with(prefix));
        let removed = write(&mut store, |tx| tx.remove_notes(Room::Unsent, prefix));
        assert_eq!(removed, gone.len() as u64, "{prefix:x?}");
        let left = read(&mut store, |tx| tx.notes(Room::Unsent, b"", None, 99));
        assert_eq!(left, stay.iter().map(|key| note(key, key)).collect::<Vec<_>>());
        assert_eq!(read(&mut store, |tx| tx.notes(Room::Local, b"", None, 9)).len(), 1);
        assert_eq!(write(&mut store, |tx| tx.remove_notes(Room::Unsent, prefix)), 0);
    }
}
