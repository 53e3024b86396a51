import { useState, type ReactNode } from "react";
import { RunlogError, salvage, type Salvage } from "runlog";

import { Problem } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";
import { copyName, download } from "./download.ts";

const MAKE_ROOM = "Free space on the disk, or remove what other pages of this site keep in the browser.";
/** What may help, by the code of the error. */
const WAYS: ReadonlyMap<string, string> = new Map([
  ["quota", MAKE_ROOM],
  ["opfs_full", MAKE_ROOM],
  [
    "opfs_owned_elsewhere",
    "Close other tabs of this page. If there are none, restart the browser: it may hold on to files that were removed while they were open.",
  ],
]);

/** What stands in the place of the app where the history cannot be opened: why, and the ways out. */
export function Unopened({ name, error }: { name: string; error: unknown }): ReactNode {
  const code = error instanceof RunlogError ? error.code : "failed";
  return (
    <main className="opening">
      <h1>The history could not be opened</h1>
      <Problem error={error} isOpen={false} />
      {code === "corrupt" ? <Damaged name={name} /> : <p>Nothing was changed. {WAYS.get(code) ?? "Restarting the browser may help."}</p>}
      <button type="button" className="button" onClick={() => location.reload()}>
        Try again
      </button>
    </main>
  );
}

/** Saves the bytes of a damaged database and begins anew. */
function Damaged({ name }: { name: string }): ReactNode {
  const action = useAction();
  const [isSaved, setSaved] = useState(false);
  const withStorage = (work: (storage: Salvage["storage"]) => Promise<void>) =>
    action.run(async () => {
      const salvaged = await salvage({ name });
      try {
        await work(salvaged.storage);
      } finally {
        await salvaged.close();
      }
    });
  const save = () =>
    void withStorage(async (storage) => {
      download(await storage.export(), copyName());
      setSaved(true);
    });
  const anew = async () => {
    // There the way back into the vault begins.
    if (await withStorage((storage) => storage.rebuild())) location.assign("/");
  };
  return (
    <>
      <p>
        The database is damaged. Nothing was removed: save its bytes first, then begin anew. Once this browser has joined the vault
        again, by its recovery phrase or a pairing code, a sync brings back what a relay has.
      </p>
      {action.error !== undefined && <Problem error={action.error} />}
      <div className="card-end">
        <button type="button" className="button" data-kind="primary" disabled={action.isBusy} onClick={save}>
          {isSaved ? "Save it once more" : "Save the damaged file"}
        </button>
        <button type="button" className="button" data-kind="bad" disabled={action.isBusy} onClick={() => void anew()}>
          Begin anew
        </button>
      </div>
    </>
  );
}
