import { useMemo, type ReactNode } from "react";
import { Link } from "wouter";

import { plural } from "../format.ts";
import { useLive, useRunlog } from "../history.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Select } from "../ui/Select.tsx";
import { toast } from "../ui/toast.tsx";
import { useAction } from "../ui/useAction.ts";

const DAYS = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"], ["365", "a year"], ["", "for ever"]] as const;

/** How long what was deleted is kept. */
export function Trash({ held }: { held: number }): ReactNode {
  const runlog = useRunlog();
  const action = useAction();
  const retention = useLive(useMemo(() => runlog.watch(() => runlog.storage.retention()), [runlog])).data;
  const set = (value: string) =>
    void action.run(() => runlog.storage.setRetention({ trashDays: value === "" ? null : Number(value) }));
  const empty = () =>
    void action.run(async () => {
      const purged = await runlog.storage.emptyTrash();
      toast({ text: purged === 0 ? "Nothing is old enough and known to all devices." : `${plural(purged, "run")} removed for good.` });
    });
  const days = retention?.trashDays;
  return (
    <section className="card" aria-labelledby="trash">
      <h2 id="trash">Trash</h2>
      <p className="soft">
        {plural(held, "run")} in the <Link href="/runs?trash=1">trash</Link>. What is old enough is removed for good, once every device
        knows of it.
      </p>
      {action.error !== undefined && <Problem error={action.error} />}
      <div className="card-end">
        {retention && (
          <label className="with-icon">
            Keep
            <Select label="How long the trash keeps runs" value={days === null || days === undefined ? "" : String(days)} options={DAYS} onChange={set} />
          </label>
        )}
        <button type="button" className="button" disabled={action.isBusy || held === 0} onClick={empty}>
          Empty what is old enough
        </button>
      </div>
    </section>
  );
}
