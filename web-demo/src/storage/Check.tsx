import { useState, type ReactNode } from "react";
import type { StorageCheck } from "runlog";

import { useRunlog } from "../history.tsx";
import { Pill } from "../ui/Pill.tsx";
import { Problem } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";

/** Looks for damage. */
export function Check(): ReactNode {
  const { storage } = useRunlog();
  const action = useAction();
  const [found, setFound] = useState<StorageCheck>();
  return (
    <section className="card" aria-labelledby="check">
      <div className="card-head">
        <h2 id="check">Integrity</h2>
        {found && <Pill tone={found.ok ? "ok" : "bad"}>{found.ok ? "No damage" : "Damaged"}</Pill>}
      </div>
      <p className="soft">Reads all of the database and compares what is derived with what it is derived from.</p>
      {action.error !== undefined && <Problem error={action.error} />}
      {found && !found.ok && (
        <Problem error="What is damaged:">
          <ul>
            {found.problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </Problem>
      )}
      <div className="card-end">
        <button type="button" className="button" disabled={action.isBusy} onClick={() => void action.run(async () => setFound(await storage.check()))}>
          {action.isBusy ? "Checking …" : "Check now"}
        </button>
      </div>
    </section>
  );
}
