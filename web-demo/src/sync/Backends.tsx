import { useRef, useState, type ReactNode } from "react";
import type { SyncOptions, SyncStatus } from "runlog";

import { plural } from "../format.ts";
import { useRunlog } from "../history.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Empty, Loading } from "../ui/State.tsx";
import { Ago, useNow } from "../ui/Time.tsx";
import { toast } from "../ui/toast.tsx";
import { useAction } from "../ui/useAction.ts";
import { useOnline } from "../useOnline.ts";
import { AddBackend } from "../vault/AddBackend.tsx";
import { BackendCard } from "./BackendCard.tsx";
import { Problems } from "./Problems.tsx";
import { useSyncStatus } from "./useSync.ts";

/** The backends with their states, and what can be done now. */
export function Backends(): ReactNode {
  const status = useSyncStatus();
  const [isAdding, setAdding] = useState(false);
  if (!status) return <Loading what="the backends" />;
  return (
    <div className="page">
      <Now status={status} onAdd={() => setAdding(true)} />
      {status.backends.length === 0 ? (
        <Empty icon="sync" title="No relay yet">
          <p>A relay passes changes on between your devices. It cannot read them.</p>
        </Empty>
      ) : (
        <div className="cards">
          {status.backends.map((backend) => (
            <BackendCard key={backend.id} backend={backend} />
          ))}
        </div>
      )}
      <Problems status={status} />
      <Dialog title="Add a relay" isOpen={isAdding} onOpenChange={setAdding}>
        <AddBackend onDone={() => setAdding(false)} />
      </Dialog>
    </div>
  );
}

function Now({ status, onAdd }: { status: SyncStatus; onAdd: () => void }): ReactNode {
  const { sync } = useRunlog();
  const action = useAction();
  const isOnline = useOnline();
  const abort = useRef<AbortController>(null);
  const begin = (options: SyncOptions) =>
    void action.run(async () => {
      abort.current = new AbortController();
      const report = await sync.run({ ...options, signal: abort.current.signal });
      const failed = report.runs.find((run) => run.error !== null);
      // What went wrong is told by the backend's card.
      toast({ text: failed ? "The sync failed." : report.isComplete ? "Synced." : "Not all was done.", tone: failed ? "bad" : "plain" });
    });
  const isBusy = status.isSyncing || action.isBusy;
  const has = status.backends.length > 0;
  return (
    <header className="sync-now">
      <div>
        <h2>{headline(status, isOnline)}</h2>
        <p className="soft">
          <Background status={status} />
        </p>
      </div>
      <div className="sync-actions">
        {isBusy ? (
          <button type="button" className="button" onClick={() => (abort.current?.abort(), void sync.cancel())}>
            <Icon name="cross" />
            Cancel
          </button>
        ) : (
          <button type="button" className="button" data-kind="primary" disabled={!has} onClick={() => begin({})}>
            <Icon name="sync" />
            Sync now
          </button>
        )}
        <button type="button" className="button" disabled={!has || isBusy} onClick={() => begin({ full: true })}>
          Full sync
        </button>
        <button type="button" className="button" disabled={!has || isBusy} onClick={() => begin({ verify: true })}>
          Compare and repair
        </button>
        <button type="button" className="button" aria-pressed={!status.isOn} onClick={() => void action.run(() => sync.enable(!status.isOn))}>
          {status.isOn ? "Switch off" : "Switched off"}
        </button>
        <button type="button" className="button" onClick={onAdd}>
          Add a relay
        </button>
      </div>
      {action.error !== undefined && <Problem error={action.error} />}
    </header>
  );
}

function Soon({ at }: { at: number }): ReactNode {
  return at - useNow(1_000) < 1_500 ? "in a moment" : <Ago at={at} />;
}

function headline(status: SyncStatus, isOnline: boolean): string {
  if (!isOnline) return "Offline: changes are kept and synced later";
  if (status.isSyncing) return "Syncing";
  if (status.background?.held?.by === "locked") return "Nothing is synced until the vault is unlocked";
  switch (status.state) {
    case "no_backend":
      return "Not synced with anything";
    case "off":
      return "Syncing is switched off";
    case "up_to_date":
      return "Everything is synced";
    case "not_up_to_date":
      return "Not everything is synced";
  }
}

function Background({ status }: { status: SyncStatus }): ReactNode {
  const { background } = status;
  if (!background) return "Syncs only when told to.";
  if (status.isSyncing) return "The page may be closed at any time: the next sync goes on from there.";
  const { held, nextAt, lastError } = background;
  if (held?.by === "failing") {
    return (
      <>
        {plural(held.failures, "failure")} in a row; the next try is <Soon at={held.until} />.
      </>
    );
  }
  if (held?.by === "throttled") {
    return (
      <>
        A relay asks to wait; the next sync is <Soon at={held.until} />.
      </>
    );
  }
  if (held) return { no_vault: "There is no vault.", locked: "The vault is locked.", off: "Switched on again, what waits is synced.", no_backend: "Add a relay to sync." }[held.by];
  if (nextAt === null) return "Syncs by itself when something changes.";
  return (
    <>
      Syncs by itself when something changes, here or on the relay; the next sync is due <Soon at={nextAt} />.
      {lastError !== null && ` The last time: ${lastError}`}
    </>
  );
}
