//! The list of contracts, as tests.

/// Makes one test of each contract: `contract_tests!(#[test] fn => MyFactory::new())`. The factory
/// is made anew for each; in an `async fn` the expression may wait.
#[macro_export]
macro_rules! contract_tests {
    ($(#[$attribute:meta])* fn => $factory:expr) => {
        $crate::contracts!(($(#[$attribute])*) (fn) ($factory));
    };
    ($(#[$attribute:meta])* async fn => $factory:expr) => {
        $crate::contracts!(($(#[$attribute])*) (async fn) ($factory));
    };
}

/// One module of tests for each topic.
#[doc(hidden)]
#[macro_export]
macro_rules! contracts {
    ($attributes:tt $kind:tt $factory:tt) => {
        $crate::contracts_on! { $attributes $kind $factory atomic:
            an_error_takes_everything_back,
            work_goes_on_after_an_error,
            a_refused_write_leaves_the_transaction_usable,
            results_of_closures_come_back,
            a_transaction_sees_its_own_writes,
            committed_work_is_there_after_reopening,
            a_new_store_is_empty,
        }
        $crate::contracts_on! { $attributes $kind $factory exact:
            kept_values_keep_every_bit,
            cells_keep_every_value_of_their_type,
            rows_begin_with_any_column_alone,
            clocks_keep_every_bit,
            counters_keep_every_bit,
        }
        $crate::contracts_on! { $attributes $kind $factory rows:
            only_asked_columns_are_read,
            an_update_keeps_the_other_cells,
            an_update_may_write_no_cell,
            keys_are_taken_once,
            tag_rows_may_come_before_their_execution,
            a_row_in_parts_is_hidden_until_it_is_whole,
            hidden_executions_come_in_order,
        }
        $crate::contracts_on! { $attributes $kind $factory filters:
            by_workflow,
            by_kind,
            by_status,
            by_device,
            by_retry,
            by_tag,
            by_param,
            by_exit_code,
            by_time,
            by_duration,
            by_sync_state,
            the_trash_is_listed_apart,
            filters_hold_together,
            listed_rows_hold_no_details,
        }
        $crate::contracts_on! { $attributes $kind $factory pages:
            orders,
            what_waits_stands_where_it_was_recorded,
            equal_runs_stand_in_the_order_they_came,
            pages_give_every_run_once,
            paging_goes_on_while_runs_come_and_go,
            a_page_says_whether_more_follows,
            an_offset_skips,
            cursors_travel_as_text,
        }
        $crate::contracts_on! { $attributes $kind $factory ids:
            beginnings_and_tails_find,
            no_more_ids_come_than_asked_for,
            the_trash_is_found_the_hidden_is_not,
            an_ambiguous_id_is_told,
        }
        $crate::contracts_on! { $attributes $kind $factory changes:
            all_that_syncs_shares_one_sequence,
            a_new_change_takes_the_place_of_the_old,
            kept_cells_of_a_row_change_together,
            open_and_removed_pieces_are_no_changes,
        }
        $crate::contracts_on! { $attributes $kind $factory kept:
            kept_cells_come_by_name,
            a_kept_cell_is_replaced_and_removed,
            unknown_columns_and_tables_are_kept,
            kept_cells_merge_by_their_clocks,
            kept_cells_are_forwarded,
            kept_cells_are_applied_after_an_upgrade,
            a_run_with_an_unknown_value_is_reviewed,
        }
        $crate::contracts_on! { $attributes $kind $factory purging:
            a_purge_leaves_nothing_but_the_key,
            no_listing_finds_a_purged_run,
            tags_without_their_run_are_purged,
            the_last_purge_gives_the_clock,
            only_the_trash_is_purged,
            records_of_a_purged_run_stay_out,
            an_older_program_keeps_nothing_of_a_purged_run,
            a_newer_restore_outlives_a_purge,
            an_unknown_run_can_be_purged,
            a_purge_travels,
            a_run_knows_what_goes_with_it,
            a_purge_notes_what_went,
        }
        $crate::contracts_on! { $attributes $kind $factory logs:
            pieces_keep_every_byte,
            a_range_gives_the_pieces_that_overlap_it,
            whole_pieces_are_removed,
            a_piece_is_renumbered,
            the_last_sequence_counts_gaps_and_all_devices,
            gaps_are_kept_and_replaced,
            a_log_may_come_before_its_run,
        }
        $crate::contracts_on! { $attributes $kind $factory backends:
            positions_are_opaque,
            backends_are_kept_and_replaced,
            marks_tell_since_when,
            a_newer_change_outdates_a_refusal,
            removing_a_backend_leaves_the_others,
            leases_are_renewed_and_given_up,
            without_backends_nothing_is_noted,
            a_position_moves_alone,
            anything_can_be_refused,
            refusals_come_in_order,
        }
        $crate::contracts_on! { $attributes $kind $factory clocks:
            every_edit_is_newer_than_all_before,
            a_failed_edit_moves_nothing,
            a_batch_moves_the_clock_to_its_newest,
            a_failed_batch_moves_nothing,
            the_end_of_the_clock_is_an_error,
            clocks_are_compared_as_numbers,
            opening_leaves_the_store_ready,
        }
        $crate::contracts_on! { $attributes $kind $factory merging:
            every_order_of_three_devices_gives_equal_rows,
            records_may_come_one_by_one_and_backwards,
            what_is_known_changes_nothing,
            covered_records_can_be_dropped,
            edits_of_two_columns_both_stay,
            an_unwritten_column_loses_to_any_clock,
            ties_go_by_device_never_by_value,
            the_zero_clock_writes_nothing,
            equal_imports_give_equal_rows,
            the_status_never_goes_back,
            tags_of_two_devices_are_both_there,
            a_value_of_the_wrong_type_is_refused,
        }
        $crate::contracts_on! { $attributes $kind $factory life:
            every_field_reads_back,
            a_life_goes_one_way,
            endings_read_back,
            an_id_is_taken_once,
            edits_are_made_once,
            orphans_are_lost,
            a_lost_run_was_heard_of_at_its_last_line,
            a_report_beats_a_judgement,
            an_ending_gives_up_the_lease,
        }
        $crate::contracts_on! { $attributes $kind $factory deleting:
            the_trash_takes_no_edits,
            an_edit_that_meets_a_delete_is_kept,
            the_newer_of_delete_and_restore_wins,
            a_restore_states_everything_again,
            a_restore_takes_no_report_away,
            a_purge_spares_what_was_edited_after_the_delete,
            a_purge_goes_on_where_the_edit_took_away,
        }
        $crate::contracts_on! { $attributes $kind $factory log_writing:
            lines_are_numbered_without_a_hole,
            a_failed_append_leaves_nothing,
            sealed_pieces_never_change,
            limits_keep_head_and_tail,
            dropped_lines_take_their_sequences,
            ranges_and_tails_are_read,
            streams_and_levels_filter_lines,
            a_reader_may_stop,
        }
        $crate::contracts_on! { $attributes $kind $factory sync_state:
            without_a_backend_nothing_waits,
            a_row_is_synced_when_the_last_backend_has_it,
            an_edit_during_an_upload_waits,
            a_disabled_backend_makes_nothing_wait,
            a_refused_row_says_why,
            a_synced_row_may_have_no_time,
        }
        $crate::contracts_on! { $attributes $kind $factory notes:
            notes_are_kept_and_replaced,
            a_note_is_removed,
            notes_come_by_key,
            notes_are_removed_by_prefix,
        }
        $crate::contracts_on! { $attributes $kind $factory sync_runs:
            a_run_keeps_every_field,
            a_run_is_replaced_by_its_id,
            runs_come_newest_first,
            runs_are_filtered,
            old_runs_go_with_their_log_rows,
        }
        $crate::contracts_on! { $attributes $kind $factory sync_log:
            a_log_row_keeps_every_field,
            log_rows_come_newest_first,
            an_execution_has_its_rows_and_the_full_runs,
            log_rows_are_filtered,
            the_row_of_a_whole_run_is_completed,
            a_log_row_needs_its_run,
        }
        $crate::contracts_on! { $attributes $kind $factory hostile:
            hostile_texts_are_data_in_executions,
            hostile_filters_find_nothing,
            hostile_names_are_kept,
            hostile_texts_are_data_everywhere_else,
        }
        $crate::contracts_on! { $attributes $kind $factory injected:
            every_method_can_fail_and_leaves_nothing,
            a_failed_persist_loses_nothing,
            every_write_of_a_script_can_fail,
        }
        $crate::contracts_on! { $attributes $kind $factory scripts:
            the_store_goes_in_step_with_memory,
            listings_agree_with_memory,
            scripts_reach_everything,
            devices_come_to_the_same_rows,
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! contracts_on {
    ($attributes:tt $kind:tt $factory:tt $topic:ident: $($contract:ident,)+) => {
        mod $topic {
            use super::*;

            $($crate::contract_test! { $attributes $kind $factory $topic $contract })+
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! contract_test {
    (
        ($($attribute:tt)*) ($($kind:tt)+) ($factory:expr) $topic:ident $contract:ident
    ) => {
        $($attribute)*
        $($kind)+ $contract() {
            $crate::$topic::$contract(&mut $factory);
        }
    };
}
