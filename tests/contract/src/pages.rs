//! Q1: orders of a listing, and reading it in pages.

use runlog_core::history::History;
use runlog_core::id::ExecutionId;
use runlog_core::model::NewExecution;
use runlog_core::query::{Cursor, ListQuery, Order, PAGE_MAX};
use runlog_core::store::{ListedPage, Store};

use crate::Factory;
use crate::sample::{at, completed, history, id, job, pages, read, start};

const ORDERS: [Order; 4] =
    [Order::NewestFirst, Order::OldestFirst, Order::LongestFirst, Order::ShortestFirst];

fn page<S: Store>(history: &mut History<S>, query: &ListQuery) -> ListedPage {
    read(history.store_mut(), |tx| tx.list(query))
}

fn in_order(order: Order, limit: u32) -> ListQuery {
    let mut query = ListQuery::newest(limit);
    query.order = order;
    query
}

fn listed(page: &ListedPage) -> Vec<ExecutionId> {
    page.rows.iter().map(|row| row.id).collect()
}

/// Ids page by page, asserting that every page but the last is full.
fn paged<S: Store>(history: &mut History<S>, query: &ListQuery) -> Vec<ExecutionId> {
    let pages = read(history.store_mut(), |tx| pages(tx, query));
    let full = pages.len() - 1;
    assert!(pages[..full].iter().all(|rows| rows.len() == query.page_len()), "{pages:?}");
    pages.iter().flatten().map(|row| row.id).collect()
}

/// Runs that begin and end at these seconds, in the order in which the store gets them.
fn runs<S: Store>(history: &mut History<S>, times: &[(i64, Option<i64>)]) {
    for (n, (started, ended)) in (0..).zip(times) {
        start(history, n, *started);
        if let Some(ended) = ended {
            history.write(at(*ended), |tx| tx.finish(id(n), &completed(*ended))).unwrap();
        }
    }
}

/// Newest and oldest first go by when runs began, longest and shortest by how long they took. What
/// has no duration is shorter than all.
pub fn orders<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    runs(&mut history, &[(30, Some(31)), (10, Some(19)), (20, None), (40, Some(44))]);
    let mut first = |order| listed(&page(&mut history, &in_order(order, 10)));
    assert_eq!(first(Order::NewestFirst), [3, 0, 2, 1].map(id));
    assert_eq!(first(Order::OldestFirst), [1, 2, 0, 3].map(id));
    assert_eq!(first(Order::LongestFirst), [1, 3, 0, 2].map(id));
    assert_eq!(first(Order::ShortestFirst), [2, 0, 3, 1].map(id));
}

/// What has not begun stands where it was recorded, and moves when it begins.
pub fn what_waits_stands_where_it_was_recorded<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    runs(&mut history, &[(10, None), (30, None)]);
    let mut waiting: NewExecution = job(2, 20);
    waiting.started_at = None;
    history.write(at(20), |tx| tx.start(&waiting)).unwrap();
    let query = ListQuery::newest(10);
    assert_eq!(listed(&page(&mut history, &query)), [1, 2, 0].map(id));
    history.write(at(40), |tx| tx.begin_running(id(2), at(40))).unwrap();
    assert_eq!(listed(&page(&mut history, &query)), [2, 1, 0].map(id));
}

/// Equal runs stand in the order in which the store got them; in a descending order the last comes
/// first. So one order is always the other one backwards.
pub fn equal_runs_stand_in_the_order_they_came<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    for n in [4, 1, 3, 0, 2] {
        start(&mut history, n, 10);
    }
    for (order, wanted) in ORDERS.into_iter().zip([[2, 0, 3, 1, 4], [4, 1, 3, 0, 2]].iter().cycle())
    {
        assert_eq!(listed(&page(&mut history, &in_order(order, 10))), wanted.map(id), "{order:?}");
        assert_eq!(paged(&mut history, &in_order(order, 2)), wanted.map(id), "{order:?}");
    }
}

/// Pages of any length give every run once, in the order of one long page.
pub fn pages_give_every_run_once<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    let times: Vec<_> = (0..14).map(|n| (n / 3, (n % 4 != 0).then_some(n / 3 + n % 5))).collect();
    runs(&mut history, &times);
    for order in ORDERS {
        let all = listed(&page(&mut history, &in_order(order, PAGE_MAX)));
        assert_eq!(all.len(), 14);
        for limit in 1..=15 {
            assert_eq!(paged(&mut history, &in_order(order, limit)), all, "{order:?} by {limit}");
        }
    }
}

/// Runs that come, end or go while somebody pages move no other run twice into view, or out of it.
pub fn paging_goes_on_while_runs_come_and_go<F: Factory>(factory: &mut F) {
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let mut history = history(factory);
        let times: Vec<_> = (0..10).map(|n| (n / 2 * 10, None)).collect();
        runs(&mut history, &times);
        let mut query = in_order(order, 3);
        let mut seen = Vec::new();
        for n in 10..30 {
            let page = page(&mut history, &query);
            seen.extend(listed(&page));
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
            start(&mut history, n, if n % 2 == 0 { 20 } else { n as i64 * 10 });
            let last = *seen.last().unwrap();
            history.write(at(99), |tx| tx.delete(last)).unwrap();
        }
        for n in 0..10 {
            assert_eq!(seen.iter().filter(|seen| **seen == id(n)).count(), 1, "{n}, {order:?}");
        }
    }
}

/// A page ends at its limit; where nothing follows there is no next page.
pub fn a_page_says_whether_more_follows<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    assert_eq!(page(&mut history, &ListQuery::newest(5)), ListedPage { rows: vec![], next: None });
    runs(&mut history, &[(1, None), (2, None), (3, None)]);
    let mut of = |limit| {
        let page = page(&mut history, &ListQuery::newest(limit));
        (page.rows.len(), page.next.is_some())
    };
    assert_eq!(of(2), (2, true));
    assert_eq!(of(3), (3, false));
    assert_eq!(of(u32::MAX), (3, false));
}

/// An offset skips rows, counted from the beginning or from the cursor.
pub fn an_offset_skips<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    runs(&mut history, &[(1, None), (2, None), (3, None), (4, None), (5, None)]);
    let all = [4, 3, 2, 1, 0].map(id);
    for offset in 0..7 {
        let mut query = ListQuery::newest(2);
        query.offset = offset;
        let wanted = &all[all.len().min(offset as usize)..];
        assert_eq!(paged(&mut history, &query), wanted, "{offset}");
        assert_eq!(read(history.store_mut(), |tx| tx.count(&query)), 5);
    }
    let mut query = ListQuery::newest(2);
    query.after = page(&mut history, &query).next;
    query.offset = 1;
    assert_eq!(listed(&page(&mut history, &query)), [1, 0].map(id));
    query.offset = u64::from(u32::MAX);
    assert_eq!(page(&mut history, &query).rows, []);
    query.offset = u64::MAX;
    assert_eq!(page(&mut history, &query).rows, []);
}

/// A cursor works as text too, and one that points beyond everything gives an empty page.
pub fn cursors_travel_as_text<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    runs(&mut history, &[(1, None), (2, Some(4)), (3, Some(4))]);
    for order in ORDERS {
        let mut query = in_order(order, 1);
        let mut found = Vec::new();
        for _ in 0..4 {
            let page = page(&mut history, &query);
            found.extend(listed(&page));
            let Some(next) = page.next else { break };
            query.after = Some(Cursor::parse(&next.to_string(), order).unwrap());
        }
        assert_eq!(found.len(), 3, "{order:?}");
        let end = if order.descending() { i64::MIN } else { i64::MAX };
        query.after = Some(Cursor::new(order, end, end));
        assert_eq!(page(&mut history, &query), ListedPage { rows: vec![], next: None });
    }
}
