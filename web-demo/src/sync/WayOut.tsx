import type { ReactNode } from "react";
import type { BackendStatus } from "runlog";

import { duration } from "../format.ts";
import { useRunlog } from "../history.tsx";
import { Problem } from "../ui/Problem.tsx";
import { toast } from "../ui/toast.tsx";
import { useAction } from "../ui/useAction.ts";

/** What a person can do where a backend does not sync by itself again. */
export function WayOut({ backend }: { backend: BackendStatus }): ReactNode {
  const refused = new Set(backend.rejected.map(({ code }) => code));
  if (backend.lastRun?.error?.code === "unauthorised") return <ShutOut />;
  if (backend.lastRun?.error?.code === "no_vault") {
    return (
      <Hint title="The relay no longer has this vault.">
        <p>If it was set up anew, remove it here and add it again with its set-up code: everything that is here goes to it then.</p>
      </Hint>
    );
  }
  if (refused.has("clock_ahead")) {
    const ahead = Math.abs(backend.clockOffsetMs ?? 0);
    return (
      <Hint title={`The clock of this device is ${duration(ahead)} ahead of the relay’s.`}>
        <p>The relay refuses what is written here until the clock is right. Nothing is lost: set it right, and what waits is synced by itself.</p>
      </Hint>
    );
  }
  if (refused.has("quota")) {
    return (
      <Hint title="The relay has no more room for this vault.">
        <p>What it refused is kept here. Whoever runs the relay can give the vault more room; it is offered again by itself.</p>
      </Hint>
    );
  }
  return null;
}

/** A device that was shut out is so for good: a copy of its history goes on under a name of its own. */
function ShutOut(): ReactNode {
  const { storage, sync } = useRunlog();
  const action = useAction();
  const goOn = () =>
    void action.run(async () => {
      await storage.import(await storage.export());
      toast({ text: "This browser goes on as a new device." });
      await sync.run();
    });
  return (
    <Hint title="The relay has shut this browser out.">
      <p>What is here stays, and is synced no longer. If that was not meant, this browser can go on as a new device with all that it has.</p>
      {action.error !== undefined && <Problem error={action.error} />}
      <button type="button" className="button" data-kind="primary" disabled={action.isBusy} onClick={goOn}>
        {action.isBusy ? "Working …" : "Go on as a new device"}
      </button>
    </Hint>
  );
}

function Hint({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <div className="way-out">
      <strong>{title}</strong>
      {children}
    </div>
  );
}
