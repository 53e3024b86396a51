import { useState, type ReactNode } from "react";

import { number, plural } from "../format.ts";
import { useRunlog } from "../history.tsx";
import { useKeys } from "../keys.ts";
import { Icon } from "../ui/Icon.tsx";
import { toast } from "../ui/toast.tsx";

interface SelectionBarProps {
  selected: ReadonlySet<string>;
  isTrash: boolean;
  onDone: () => void;
}

/** What can be done with the selected runs. */
export function SelectionBar({ selected, isTrash, onDone }: SelectionBarProps): ReactNode {
  const { executions } = useRunlog();
  const [isBusy, setBusy] = useState(false);
  const each = async (ids: readonly string[], act: (id: string) => Promise<void>) => {
    const results = await Promise.allSettled(ids.map(act));
    const refused = results.filter((result) => result.status === "rejected");
    return { done: ids.length - refused.length, reason: refused[0]?.reason as unknown };
  };
  const act = async (isDelete: boolean, ids: readonly string[]) => {
    setBusy(true);
    const { done, reason } = await each(ids, (id) => (isDelete ? executions.delete(id) : executions.restore(id)));
    setBusy(false);
    onDone();
    const what = isDelete ? "moved to the trash" : "restored";
    const failed = ids.length - done;
    toast({
      text: `${plural(done, "run")} ${what}${failed > 0 ? `, ${number(failed)} not: ${String(reason)}` : ""}`,
      tone: failed > 0 ? "bad" : "plain",
      action: { name: "Undo", run: () => void act(!isDelete, ids) },
    });
  };
  const start = () => void act(!isTrash, [...selected]);
  useKeys({
    Delete: () => {
      if (selected.size > 0 && !isTrash && !isBusy) start();
    },
  });
  if (selected.size === 0) return null;
  return (
    <div className="selection" role="toolbar" aria-label="Selected runs">
      <strong>{plural(selected.size, "run")} selected</strong>
      <button type="button" className="button" data-kind={isTrash ? "primary" : "bad"} disabled={isBusy} onClick={start}>
        <Icon name={isTrash ? "restore" : "trash"} />
        {isTrash ? "Restore" : "Delete"}
      </button>
      <button type="button" className="button" disabled={isBusy} onClick={onDone}>
        Select none
      </button>
    </div>
  );
}
