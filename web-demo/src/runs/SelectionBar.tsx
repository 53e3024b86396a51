import { useRef, useState, type ReactNode } from "react";

import { number, plural } from "../format.ts";
import { useRunlog } from "../history.tsx";
import { useKeys } from "../keys.ts";
import { Icon } from "../ui/Icon.tsx";
import { toast, toastError } from "../ui/toast.tsx";

interface SelectionBarProps {
  selected: ReadonlySet<string>;
  isTrash: boolean;
  onDone: () => void;
}

/** What can be done with the selected runs. */
export function SelectionBar({ selected, isTrash, onDone }: SelectionBarProps): ReactNode {
  const { executions } = useRunlog();
  const [progress, setProgress] = useState<{ count: number; total: number } | null>(null);
  const underWay = useRef<AbortController>(null);
  const act = async (isDelete: boolean, ids: readonly string[]) => {
    const { signal } = (underWay.current = new AbortController());
    const onProgress = (count: number) => setProgress({ count, total: ids.length });
    onProgress(0);
    try {
      const options = { signal, onProgress };
      const { done, refused } = await (isDelete ? executions.delete(ids, options) : executions.restore(ids, options));
      const what = isDelete ? "moved to the trash" : "restored";
      const [first] = refused;
      toast({
        text: `${plural(done.length, "run")} ${what}${first ? `, ${number(refused.length)} not: ${String(first.error)}` : ""}`,
        tone: first ? "bad" : "plain",
        action: { name: "Undo", run: () => void act(!isDelete, done) },
      });
    } catch (error) {
      toastError(error);
    }
    setProgress(null);
    onDone();
  };
  const isBusy = progress !== null;
  const start = () => void act(!isTrash, [...selected]);
  useKeys({
    Delete: () => {
      if (selected.size > 0 && !isTrash && !isBusy) start();
    },
  });
  if (selected.size === 0 && !isBusy) return null;
  return (
    <div className="selection" role="toolbar" aria-label="Selected runs">
      <strong>{progress ? `${number(progress.count)} of ${plural(progress.total, "run")}` : `${plural(selected.size, "run")} selected`}</strong>
      <button type="button" className="button" data-kind={isTrash ? "primary" : "bad"} disabled={isBusy} onClick={start}>
        <Icon name={isTrash ? "restore" : "trash"} />
        {isTrash ? "Restore" : "Delete"}
      </button>
      <button type="button" className="button" onClick={() => (isBusy ? underWay.current?.abort() : onDone())}>
        {isBusy ? "Stop" : "Select none"}
      </button>
    </div>
  );
}
