import { useMemo, type ReactNode } from "react";
import type { Execution, LogLine } from "runlog";
import { Link } from "wouter";

import { fullTime } from "../format.ts";
import { useLive, useRunlog } from "../history.tsx";
import { slowly } from "../slowly.ts";
import { Pair } from "../ui/Pair.tsx";
import { LineText } from "./LineText.tsx";
import { Note } from "./Note.tsx";
import { Tags } from "./Tags.tsx";

/** The first look: what was run, what people said about it, and how its log ends. */
export function Overview({ run }: { run: Execution }): ReactNode {
  return (
    <div className="overview">
      <section className="card" aria-labelledby="about">
        <h2 id="about">About</h2>
        <dl className="pairs">
          <Pair name="Workflow">
            <Link href={`/runs?q=${encodeURIComponent(`workflow:${quoted(run.workflowId)}`)}`}>{run.workflowId}</Link>
          </Pair>
          <Pair name="Kind">{run.kind}</Pair>
          {run.argv.length > 0 && (
            <Pair name="Command">
              <code>{run.argv.join(" ")}</code>
            </Pair>
          )}
          <Pair name="Program">{run.binaryPath && <code>{run.binaryPath}</code>}</Pair>
          <Pair name="Directory">{run.workingDirectory && <code>{run.workingDirectory}</code>}</Pair>
          <Pair name="User">{run.user}</Pair>
          <Pair name="Host">{run.hostName}</Pair>
          <Pair name="Device">
            <code>{run.deviceId}</code>
          </Pair>
          <Pair name="Engine">{run.engineId}</Pair>
          <Pair name="Part of">{run.parentId && <Link href={`/runs/${run.parentId}`}>{run.parentId.slice(-8)}</Link>}</Pair>
          <Pair name="Retry of">{run.retryOf && <Link href={`/runs/${run.retryOf}`}>{run.retryOf.slice(-8)}</Link>}</Pair>
          <Pair name="Created">{fullTime(run.createdAt)}</Pair>
          <Pair name="Last change">{fullTime(run.updatedAt)}</Pair>
        </dl>
      </section>
      <div className="stack">
        <section className="card" aria-labelledby="said">
          <h2 id="said">Note and tags</h2>
          <Note run={run} />
          <Tags run={run} />
        </section>
        {run.compiledPrompt !== null && (
          <section className="card" aria-labelledby="prompt">
            <h2 id="prompt">Prompt{run.usedFallback ? " (of the fallback)" : ""}</h2>
            <pre className="text-block" tabIndex={0}>{run.compiledPrompt}</pre>
          </section>
        )}
      </div>
      <LastLines run={run} />
    </div>
  );
}

function quoted(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value;
}

/** Lines that are shown, and those that are read for them: events stand between. */
const [LINES, READ] = [10, 60];

function LastLines({ run }: { run: Execution }): ReactNode {
  const runlog = useRunlog();
  const part = useLive(
    useMemo(() => runlog.watch(slowly(() => runlog.logs.read(run.id, { tail: READ }), 500)), [runlog, run.id]),
  ).data;
  const printed = part?.entries.filter((entry): entry is LogLine => entry.type === "line" && entry.stream !== "event");
  const lines = printed?.slice(-LINES) ?? [];
  return (
    <section className="card last-lines" aria-labelledby="last-lines">
      <div className="card-head">
        <h2 id="last-lines">How the log ends</h2>
        {part && part.last > 0 && <Link href={`/runs/${run.id}/logs`}>The whole log</Link>}
      </div>
      {part && part.last === 0 && <p className="soft">{run.status === "running" ? "Nothing was printed so far." : "It printed nothing."}</p>}
      {lines.length > 0 && (
        <pre className="text-block" tabIndex={0} aria-label="The last lines">
          {lines.map((line) => (
            <div key={line.sequence} data-stream={line.stream} data-level={line.level ?? undefined}>
              <LineText text={line.text} />
            </div>
          ))}
        </pre>
      )}
    </section>
  );
}
