import { useMemo, type ReactNode } from "react";
import { RunlogError, type Execution, type Runlog, type Summary } from "runlog";
import { Link } from "wouter";

import { useLive, useRunlog } from "../history.tsx";
import { eachPage } from "../eachPage.ts";
import { Duration } from "../runs/RunRow.tsx";
import { slowly } from "../slowly.ts";
import { Problem } from "../ui/Problem.tsx";
import { Empty, Loading } from "../ui/State.tsx";
import { Status } from "../ui/Status.tsx";
import { Time } from "../ui/Time.tsx";

/** The run with the runs that it repeats and those that repeat it, the first one first. */
export function Attempts({ run }: { run: Execution }): ReactNode {
  const runlog = useRunlog();
  const { id, retryOf } = run;
  const { data, error } = useLive(
    useMemo(() => runlog.watch(slowly(() => attempts(runlog, { id, retryOf }), 1_000)), [runlog, id, retryOf]),
  );
  if (error && !data) return <Problem error={error} />;
  if (!data) return <Loading what="the attempts" />;
  if (data.length < 2) {
    return (
      <Empty icon="sync" title="The only attempt">
        <p>This run repeats no other, and none repeats it.</p>
      </Empty>
    );
  }
  return (
    <table className="attempts">
      <caption className="hidden-text">Attempts, the first one first</caption>
      <thead>
        <tr>
          <th scope="col">Attempt</th>
          <th scope="col">Status</th>
          <th scope="col">Begun</th>
          <th scope="col">Duration</th>
          <th scope="col">Id</th>
        </tr>
      </thead>
      <tbody>
        {data.map((attempt, at) => (
          <tr key={attempt.id} aria-current={attempt.id === id ? "true" : undefined}>
            <th scope="row">
              {at + 1}
              {attempt.id === id && " (this one)"}
            </th>
            <td>
              <Status status={attempt.status} />
            </td>
            <td>
              <Time at={attempt.startedAt ?? attempt.createdAt} />
            </td>
            <td>
              <Duration run={attempt} />
            </td>
            <td>
              <Link href={`/runs/${attempt.id}`}>
                <code>{attempt.shortId}</code>
              </Link>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Start = Pick<Execution, "id" | "retryOf">;

/** Back along `retryOf` to the first one, and from each one found to those that repeat it. */
async function attempts(runlog: Runlog, start: Start): Promise<readonly Summary[]> {
  const found = new Map<string, Summary>();
  for (let id: string | null = start.id; id !== null && !found.has(id); ) {
    const run: Execution | null = await known(runlog, id);
    if (!run) break;
    found.set(id, run);
    id = run.retryOf;
  }
  // What is added meanwhile is visited as well.
  for (const id of found.keys()) {
    for await (const runs of eachPage(runlog, { retryOf: id })) {
      for (const run of runs) if (!found.has(run.id)) found.set(run.id, run);
    }
  }
  return [...found.values()].sort((a, b) => a.createdAt - b.createdAt);
}

/** A run that was repeated may be gone, or not have arrived. */
async function known(runlog: Runlog, id: string): Promise<Execution | null> {
  try {
    return await runlog.executions.get(id);
  } catch (error) {
    if (error instanceof RunlogError && error.code === "notFound") return null;
    throw error;
  }
}
