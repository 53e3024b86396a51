// What the words of syncing mean to a person, and which tone they have.
import type { BackendState, Direction, ExecutionSync, RunStatus, SyncCause, SyncEntry, SyncKind, SyncPhase } from "runlog";

import type { Tone } from "../ui/Pill.tsx";

type Words<Key extends string> = Readonly<Record<Key, readonly [word: string, tone: Tone]>>;

export const BACKEND: Words<BackendState> = {
  off: ["Off", "idle"],
  never_heard_from: ["Never heard from", "warn"],
  failing: ["Failing", "bad"],
  not_heard_from: ["Not heard from", "warn"],
  rejected: ["Refused something", "bad"],
  set_aside: ["Set something aside", "bad"],
  unequal: ["Differs", "bad"],
  behind: ["Behind", "warn"],
  waiting: ["Changes wait", "warn"],
  syncing: ["Syncing", "run"],
  up_to_date: ["Up to date", "ok"],
};

export const RUN: Words<RunStatus> = {
  running: ["Running", "run"],
  completed: ["Completed", "ok"],
  partial: ["Partial", "warn"],
  failed: ["Failed", "bad"],
  cancelled: ["Cancelled", "idle"],
};

export const KIND: Words<SyncKind> = {
  full: ["Full", "warn"],
  incremental: ["Incremental", "run"],
  specific: ["Specific", "idle"],
};

export const EXECUTION: Words<ExecutionSync["state"]> = {
  synced: ["Synced", "ok"],
  waiting: ["Waiting", "warn"],
  rejected: ["Refused", "bad"],
  new: ["Takes no part", "idle"],
};

export const DIRECTION: Readonly<Record<Direction, string>> = { both: "both ways", up: "up", down: "down" };

export const PHASES: readonly SyncPhase[] = ["validation", "import", "export", "indexing", "verification"];

export const PHASE: Readonly<Record<SyncPhase, string>> = {
  validation: "Checking the relay",
  import: "Getting changes",
  export: "Handing over changes",
  indexing: "Indexing",
  verification: "Comparing",
};

export const CAUSE: Readonly<Record<SyncCause, string>> = {
  start: "the page opened",
  change: "something changed here",
  network: "the network came back",
  notice: "the relay had news",
  timer: "it was time",
  retry: "tried again",
  manual: "by hand",
};

export const OUTCOME: Readonly<Record<NonNullable<SyncEntry["outcome"]>, string>> = {
  applied: "applied here",
  acknowledged: "acknowledged by the relay",
  lost_to: "lost to a newer edit",
  quarantined: "set aside",
  rejected: "refused by the relay",
  decrypt_failed: "could not be opened",
  clock_ahead: "from a clock that is ahead",
  deferred: "put off",
  purged: "removed for good",
  repaired: "repaired",
};

export const FAILURES: ReadonlySet<SyncEntry["outcome"]> = new Set(["quarantined", "rejected", "decrypt_failed", "clock_ahead"]);
