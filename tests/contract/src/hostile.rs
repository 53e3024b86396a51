//! T7: names and values that would be statements, patterns or paths, are data wherever they stand.

use runlog_core::codec::RowRecord;
use runlog_core::model::{NewExecution, Tag};
use runlog_core::query::ListQuery;
use runlog_core::schema::RowKey;
use runlog_core::store::Rejection;

use crate::Factory;
use crate::dump::Dump;
use crate::sample::{
    BACKENDS, OTHER, at, backend, change_number, clock, history, id, job, kept_cell, lines, read,
    start, write,
};

const HOSTILE: [&str; 14] = [
    "'; DROP TABLE executions; --",
    "\"; DELETE FROM executions; --",
    "') OR 1=1 --",
    "' OR ''='",
    "%",
    "_",
    "a*",
    "\\",
    "?1",
    ":name",
    "$1",
    "[x]",
    "NULL",
    "\u{1f600}'\u{202e}",
];

fn run(n: usize, text: &str) -> NewExecution {
    let mut new = job(n as u64, n as i64);
    new.workflow_id = text.parse().unwrap();
    new.tags = vec![text.parse().unwrap()];
    new.params.set(text, text).unwrap();
    new.attributes.set(text, text);
    new.argv = vec![text.to_owned(); 2];
    let field = Some(text.to_owned());
    (new.note, new.user, new.engine_id) = (field.clone(), field.clone(), field);
    new
}

/// They read back in every field, and each filter finds its own run and no other.
pub fn hostile_texts_are_data_in_executions<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    for (n, text) in HOSTILE.iter().enumerate() {
        history.write(at(n as i64), |tx| tx.start(&run(n, text))).unwrap();
    }
    for (n, text) in HOSTILE.iter().enumerate() {
        let new = run(n, text);
        let found = history.read(|tx| tx.execution(new.id)).unwrap().unwrap();
        assert_eq!((&found.params, &found.attributes), (&new.params, &new.attributes));
        assert_eq!((found.summary.workflow_id, found.summary.tags), (new.workflow_id, new.tags));
        assert_eq!((found.summary.argv, found.summary.note), (new.argv, new.note));
        let mut queries = vec![ListQuery::newest(100); 3];
        queries[0].filter.workflow_id = Some((*text).to_owned());
        queries[1].filter.tag = Some((*text).to_owned());
        queries[2].filter.param = Some(((*text).to_owned(), (*text).to_owned()));
        for query in queries {
            let page = history.read(|tx| tx.list(&query)).unwrap();
            let ids: Vec<_> = page.executions.iter().map(|summary| summary.id).collect();
            assert_eq!(ids, [new.id], "{query:?}");
            assert_eq!(history.read(|tx| tx.count(&query)), Ok(1));
        }
    }
}

/// What only a filter says changes nothing and finds nothing, control characters and all.
pub fn hostile_filters_find_nothing<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let before = Dump::of(history.store_mut());
    for text in HOSTILE.iter().chain(&["", "\0", "nightly\0", "\n", "nightly'"]) {
        let mut queries = vec![ListQuery::newest(100); 3];
        queries[0].filter.workflow_id = Some((*text).to_owned());
        queries[1].filter.tag = Some((*text).to_owned());
        queries[2].filter.param = Some(((*text).to_owned(), (*text).to_owned()));
        for query in queries {
            assert_eq!(history.read(|tx| tx.count(&query)), Ok(0), "{query:?}");
            assert_eq!(read(history.store_mut(), |tx| tx.list(&query)).rows, []);
        }
    }
    Dump::of(history.store_mut()).assert_eq(&before, "after the filters");
}

/// Names of tables and columns that come from elsewhere are kept as they are, the empty one too.
pub fn hostile_names_are_kept<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    let own = ["sqlite_master", "executions ", "EXECUTIONS", "", "\0"];
    let names: Vec<&str> = HOSTILE.into_iter().chain(own).collect();
    for name in &names {
        let key = name.as_bytes().to_vec();
        let cells = names.iter().map(|name| ((*name).to_owned(), (*name).into())).collect();
        let record = RowRecord { table: (*name).to_owned(), key, clock: clock(1, OTHER), cells };
        history.write(at(2), |tx| tx.merge(vec![record])).unwrap();
    }
    let mut sorted = names.clone();
    sorted.sort_unstable();
    for name in &names {
        let kept = read(history.store_mut(), |tx| tx.kept(name, name.as_bytes()));
        let found: Vec<_> = kept.iter().map(|cell| cell.column.as_str()).collect();
        assert_eq!(found, sorted, "of {name:?}");
        assert!(kept.iter().all(|cell| cell.value.as_text() == Some(&cell.column)));
    }
    let rows = read(history.store_mut(), |tx| tx.kept_rows(usize::MAX));
    assert_eq!(rows.len(), names.len());
    for name in &names {
        write(history.store_mut(), |tx| tx.unkeep(name, name.as_bytes(), names[0]));
        let kept = read(history.store_mut(), |tx| tx.kept(name, name.as_bytes()));
        assert_eq!(kept.len(), names.len() - 1);
    }
}

/// Tags, log lines, reasons and kept values of this kind come back byte by byte.
pub fn hostile_texts_are_data_everywhere_else<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    write(history.store_mut(), |tx| tx.put_backend(&backend(0, 0)));
    let text = lines(&HOSTILE);
    history
        .write(at(2), |tx| {
            HOSTILE.iter().try_for_each(|text| tx.tag(id(1), &Tag::new(*text)?))?;
            let mut log = tx.open_log(id(1), runlog_core::log::LogLimits::default())?;
            tx.append_log(&mut log, &text)
        })
        .unwrap();
    let tags = read(history.store_mut(), |tx| tx.tags(id(1)));
    let mut wanted = HOSTILE.map(|text| Tag::new(text).unwrap());
    wanted.sort();
    assert_eq!(tags.into_iter().map(|(tag, _)| tag).collect::<Vec<_>>(), wanted);
    let log = crate::sample::log_key(1);
    assert_eq!(read(history.store_mut(), |tx| tx.piece_lines(log, 1)), Some(text));
    for reason in HOSTILE {
        let (key, change) = (RowKey::Execution(id(1)), change_number(1));
        let reason = reason.to_owned();
        let refusal = Rejection {
            change,
            code: reason.clone(),
            ..crate::sample::refusal(0, &key, 0, &reason)
        };
        let cell = kept_cell("c", refusal.reason.as_str(), clock(1, OTHER));
        write(history.store_mut(), |tx| {
            tx.put_rejection(&refusal)?;
            tx.keep("t", b"k", &cell, change_number(90))
        });
        let found = read(history.store_mut(), |tx| tx.rejection(BACKENDS[0], &(&key).into()));
        assert_eq!(found, Some(refusal));
        assert_eq!(read(history.store_mut(), |tx| tx.kept("t", b"k")), [cell]);
    }
}
