import { useRef, useState, type ReactNode } from "react";

import { bytes } from "../format.ts";
import { useRunlog } from "../history.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Problem } from "../ui/Problem.tsx";
import { toast } from "../ui/toast.tsx";
import { useAction } from "../ui/useAction.ts";
import { copyName, download } from "./download.ts";

/** A copy as a file, and one in the place of what is here. */
export function Copies(): ReactNode {
  const { storage } = useRunlog();
  const action = useAction();
  const [file, setFile] = useState<File>();
  const [isRebuilding, setRebuilding] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = async () => {
    const isTaken = await action.run(async () => {
      if (file) await storage.import(file);
    });
    if (!isTaken) return;
    setFile(undefined);
    toast({ text: "The copy is in place. This browser goes on with it as another device." });
  };
  const rebuild = async () => {
    if (!(await action.run(() => storage.rebuild()))) return;
    setRebuilding(false);
    toast({ text: "The history begins anew. Join the vault again, and a sync brings back what a relay has." });
  };
  return (
    <section className="card" aria-labelledby="copies">
      <h2 id="copies">Copies</h2>
      <p className="soft">A copy is one SQLite file with everything in the clear, but for the vault’s key.</p>
      {action.error !== undefined && !file && <Problem error={action.error} />}
      <div className="card-end">
        <button type="button" className="button" disabled={action.isBusy} onClick={() => void action.run(async () => download(await storage.export(), copyName()))}>
          <Icon name="download" />
          Export
        </button>
        <button type="button" className="button" disabled={action.isBusy} onClick={() => input.current?.click()}>
          <Icon name="up" />
          Import …
        </button>
        <button type="button" className="button" data-kind="bad" disabled={action.isBusy} onClick={() => setRebuilding(true)}>
          Begin anew …
        </button>
      </div>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Copy to import"
        accept=".sqlite,.db,application/vnd.sqlite3"
        onChange={(event) => {
          setFile(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <Dialog title="Import a copy" isOpen={file !== undefined} onOpenChange={(isOpen) => !isOpen && setFile(undefined)}>
        <p>
          <strong>{file?.name}</strong> ({bytes(file?.size ?? 0)}) takes the place of the history in this browser. What is here and
          was neither synced nor exported is gone then.
        </p>
        {action.error !== undefined && <Problem error={action.error} />}
        <Choice busy={action.isBusy} name="Replace the history" onCancel={() => setFile(undefined)} onChoose={() => void take()} />
      </Dialog>
      <Dialog title="Begin anew" isOpen={isRebuilding} onOpenChange={setRebuilding}>
        <p>
          The database is set aside and an empty one takes its place, which belongs to no vault. Once this browser has joined the vault again,
          by its recovery phrase or a pairing code, a sync brings back what a relay has, and nothing else.
        </p>
        {action.error !== undefined && <Problem error={action.error} />}
        <Choice busy={action.isBusy} name="Begin anew" onCancel={() => setRebuilding(false)} onChoose={() => void rebuild()} />
      </Dialog>
    </section>
  );
}

function Choice({ busy, name, onCancel, onChoose }: { busy: boolean; name: string; onCancel: () => void; onChoose: () => void }): ReactNode {
  return (
    <div className="dialog-end">
      <button type="button" className="button" disabled={busy} onClick={onCancel}>
        Cancel
      </button>
      <button type="button" className="button" data-kind="bad" disabled={busy} onClick={onChoose}>
        {busy ? "Working …" : name}
      </button>
    </div>
  );
}
