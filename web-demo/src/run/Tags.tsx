import { useState, type ReactNode } from "react";
import type { Execution } from "runlog";

import { useRunlog } from "../history.tsx";
import { Icon } from "../ui/Icon.tsx";
import { toastError } from "../ui/toast.tsx";

/** The tags of a run, each of which can be taken off, and a field for another one. */
export function Tags({ run }: { run: Execution }): ReactNode {
  const { executions } = useRunlog();
  const [draft, setDraft] = useState("");
  return (
    <div className="tags">
      {run.tags.map((tag) => (
        <span key={tag} className="tag">
          {tag}
          <button type="button" className="tag-off" aria-label={`Take off the tag ${tag}`} onClick={() => void executions.untag(run.id, tag).catch(toastError)}>
            <Icon name="cross" size={10} />
          </button>
        </span>
      ))}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const tag = draft.trim();
          if (tag !== "") executions.tag(run.id, tag).then(() => setDraft(""), toastError);
        }}
      >
        <input className="input" aria-label="Another tag" placeholder="Add a tag" value={draft} onChange={(event) => setDraft(event.target.value)} />
      </form>
    </div>
  );
}
