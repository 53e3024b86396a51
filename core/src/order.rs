//! Sorting, compiled once.
//!
//! The sorts of the standard library are made anew for each type, some kilobytes each, and a page would
//! download two dozen of them. Here positions are sorted, by a comparison behind a pointer, and then
//! the items move to their places. It serves lists in whose order little time is spent.

use std::cmp::Ordering;

/// Sorts by a comparison. What is equal stays in its order.
///
/// ```
/// let mut names = ["two", "one", "three"];
/// runlog_core::order::sort_by(&mut names, |a, b| a.len().cmp(&b.len()));
/// assert_eq!(names, ["two", "one", "three"]);
/// runlog_core::order::sort(&mut names);
/// assert_eq!(names, ["one", "three", "two"]);
/// ```
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    if items.is_sorted_by(|a, b| compare(a, b).is_le()) {
        return;
    }
    let positions = sorted(items.len(), &|a, b| compare(&items[a], &items[b]));
    rearrange(positions, &mut |a, b| items.swap(a, b));
}

/// Sorts by a key, which is made anew for each comparison. What is equal stays in its order.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts. What is equal stays in its order.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// The positions of `count` items in the order of the items.
fn sorted(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..count).collect();
    positions.sort_unstable_by(|&a, &b| compare(a, b).then(a.cmp(&b)));
    positions
}

/// Moves each item to its place, cycle by cycle; `positions` say which item comes where.
fn rearrange(mut positions: Vec<usize>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..positions.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut positions[at], at);
            if from == start {
                break;
            }
            swap(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(items: Vec<(u8, u32)>) {
            let (mut ours, mut theirs) = (items.clone(), items);
            sort_by_key(&mut ours, |(key, _)| *key);
            theirs.sort_by_key(|(key, _)| *key);
            prop_assert_eq!(&ours, &theirs);
            sort(&mut ours);
            theirs.sort();
            prop_assert_eq!(ours, theirs);
        }
    }
}
