//! One suite over every database, through HTTP on the loopback.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)] // A test that cannot go on fails.

mod access;
mod client;
mod cluster;
mod concurrent;
mod older_versions;
mod row_security;
mod same_as_memory;
mod serving;
mod support;
mod tls_to_postgres;
mod web;

/// Each contract takes a relay that nobody has used.
macro_rules! contracts {
    ($($module:ident::$name:ident,)+) => {
        mod sqlite { $(#[test] fn $name() { crate::$module::$name(&crate::support::sqlite()); })+ }
        mod postgresql { $(#[test] fn $name() { crate::$module::$name(&crate::cluster::postgres()); })+ }
    };
}

contracts! {
    access::the_first_account_needs_the_code_and_others_an_invitation,
    access::devices_come_in_by_member_or_key_and_go_for_good,
    access::roles_hold,
    access::a_mailbox_is_read_once_and_expires,
    access::nothing_is_shared_between_vaults,
    concurrent::a_reader_misses_nothing_while_many_push,
    same_as_memory::it_answers_as_the_relay_in_memory_does,
    same_as_memory::damage_is_found_and_repaired,
    serving::notices_tell_of_news_and_end_with_the_server,
    serving::refusals_are_typed_and_have_a_status,
    serving::a_quota_refuses_records_alone,
    serving::too_many_requests_are_told_to_wait,
    serving::bodies_are_compressed_and_bounded,
    serving::what_was_acknowledged_is_there_after_a_restart,
    serving::health_and_metrics_answer,
}
