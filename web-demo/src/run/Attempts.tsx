import { useMemo, type ReactNode } from "react";
import { RunlogError, type Execution, type Runlog, type Summary } from "runlog";
import { Link } from "wouter";

import { useLive, useRunlog } from "../history.tsx";
import { Duration } from "../runs/RunRow.tsx";
import { slowly } from "../slowly.ts";
import { Problem } from "../ui/Problem.tsx";
import { Empty, Loading } from "../ui/State.tsx";
import { Status } from "../ui/Status.tsx";
import { Time } from "../ui/Time.tsx";

/** The most runs of the workflow that are looked through for later attempts. */
const LATER_MAX = 1_000;

/** The run with the runs that it repeats and those that repeat it, the first one first. */
export function Attempts({ run }: { run: Execution }): ReactNode {
  const runlog = useRunlog();
  const { id, retryOf, workflowId, createdAt } = run;
  const { data, error } = useLive(
    useMemo(() => {
      const ask = () => chain(runlog, { id, retryOf, workflowId, createdAt });
      return runlog.watch(slowly(ask, 1_000));
    }, [runlog, id, retryOf, workflowId, createdAt]),
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

type Start = Pick<Execution, "id" | "retryOf" | "workflowId" | "createdAt">;

/** Back along `retryOf`, then forward through later runs of the workflow. */
async function chain(runlog: Runlog, start: Start): Promise<readonly Summary[]> {
  const found = new Map<string, Summary>();
  for (let id: string | null = start.id; id !== null && !found.has(id); ) {
    const run: Execution | null = await known(runlog, id);
    if (!run) break;
    found.set(id, run);
    id = run.retryOf;
  }
  const first = Math.min(...[...found.values()].map((run) => run.startedAt ?? run.createdAt));
  const filter = { workflowId: start.workflowId, since: first };
  const { executions } = await runlog.executions.list({ filter, order: "oldest", limit: LATER_MAX });
  for (const run of executions) {
    if (run.retryOf !== null && found.has(run.retryOf)) found.set(run.id, run);
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
