import type { ReactNode } from "react";
import type { SyncStatus } from "runlog";
import { Link } from "wouter";

import { number } from "../format.ts";
import type { Tone } from "../ui/Pill.tsx";
import { useOnline } from "../useOnline.ts";
import { useSyncStatus } from "./useSync.ts";
import { BACKEND } from "./words.ts";

/** How syncing stands, in a word, on every page. */
export function SyncState(): ReactNode {
  const status = useSyncStatus();
  const isOnline = useOnline();
  const [word, tone] = status ? inAWord(status, isOnline) : ["…", "idle" as const];
  return (
    <span role="status">
      <Link href={status?.state === "no_backend" ? "/start" : "/sync"} className="sync-state pill" data-tone={tone}>
        <span className="hidden-text">State of syncing: </span>
        {word}
      </Link>
    </span>
  );
}

function inAWord(status: SyncStatus, isOnline: boolean): readonly [word: string, tone: Tone] {
  if (status.state === "no_backend") return ["Not synced", "idle"];
  if (status.state === "off") return ["Sync off", "idle"];
  // What a relay has meanwhile is not known.
  if (status.background?.held?.by === "locked") return ["Locked", "warn"];
  const waiting = Math.max(0, ...status.backends.map((backend) => backend.waiting.count));
  if (!isOnline) return [waiting > 0 ? `Offline · ${number(waiting)} wait` : "Offline", "warn"];
  const running = status.backends.find((backend) => backend.lastRun?.status === "running")?.lastRun;
  if (status.isSyncing) return [running && running.rowsTotal > 0 ? `Syncing ${Math.round(running.percent)} %` : "Syncing", "run"];
  if (status.state === "up_to_date") return ["Synced", "ok"];
  const worst = status.backends.find((backend) => backend.state !== "up_to_date" && backend.state !== "off");
  if (worst?.state === "waiting") return [`${number(waiting)} waiting`, "warn"];
  return worst ? BACKEND[worst.state] : ["Not synced", "warn"];
}
