import { useState, type ReactNode } from "react";
import type { Execution } from "runlog";

import { useRunlog } from "../history.tsx";
import { toastError } from "../ui/toast.tsx";

/** The note of a run, which can be written by hand. */
export function Note({ run }: { run: Execution }): ReactNode {
  const { executions } = useRunlog();
  const [draft, setDraft] = useState<string | null>(null);
  if (draft === null) {
    return (
      <div className="note">
        <p className={run.note === null ? "soft" : "note-text"}>{run.note ?? "No note."}</p>
        <button type="button" className="button" onClick={() => setDraft(run.note ?? "")}>
          {run.note === null ? "Write a note" : "Edit"}
        </button>
      </div>
    );
  }
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const text = draft.trim();
        executions.note(run.id, text === "" ? null : text).then(() => setDraft(null), toastError);
      }}
    >
      <label className="field">
        Note
        <textarea className="input" rows={3} value={draft} autoFocus onChange={(event) => setDraft(event.target.value)} />
      </label>
      <div className="card-end">
        <button type="button" className="button" onClick={() => setDraft(null)}>
          Cancel
        </button>
        <button type="submit" className="button" data-kind="primary">
          Save
        </button>
      </div>
    </form>
  );
}
