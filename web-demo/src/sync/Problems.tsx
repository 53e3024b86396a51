import { useMemo, type ReactNode } from "react";
import type { Problem as SyncProblem, SyncStatus } from "runlog";
import { Link } from "wouter";

import { useLive, useRunlog } from "../history.tsx";
import { Pill } from "../ui/Pill.tsx";
import { Ago } from "../ui/Time.tsx";

/** What a backend refused, or what came from it and cannot be applied; with the reason. */
export function Problems({ status, execution }: { status: SyncStatus; execution?: string }): ReactNode {
  const runlog = useRunlog();
  const live = useMemo(
    () => runlog.watch(() => runlog.sync.problems(execution === undefined ? {} : { execution }), "sync"),
    [runlog, execution],
  );
  const problems = useLive(live).data;
  if (!problems || problems.length === 0) return null;
  const nameOf = (id: string) => status.backends.find((backend) => backend.id === id)?.name ?? id;
  return (
    <section aria-labelledby="problems" className="stack">
      <h2 id="problems">Refused and set aside</h2>
      <div className="table-wrap" tabIndex={0} role="region" aria-label="Table of problems">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Run</th>
              <th scope="col">Relay</th>
              <th scope="col">Why</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {problems.map((problem, at) => (
              <ProblemRow key={at} problem={problem} relay={nameOf(problem.backendId)} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function ProblemRow({ problem, relay }: { problem: SyncProblem; relay: string }): ReactNode {
  return (
    <tr>
      <td>
        <Pill tone="bad">{problem.type === "rejected" ? "Refused" : "Set aside"}</Pill>
      </td>
      <td>{problem.entityId ? <Link href={`/runs/${problem.entityId}/sync`}>{problem.entityId.slice(-8)}</Link> : (problem.entityType ?? "unknown")}</td>
      <td>{relay}</td>
      <td>
        {problem.reason} <code className="soft">{problem.code}</code>
      </td>
      <td>
        <Ago at={problem.at} />
      </td>
    </tr>
  );
}
