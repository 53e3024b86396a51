import { useMemo, type ReactNode } from "react";
import { Link } from "wouter";

import { useLive, useRunlog } from "../history.tsx";
import { Duration } from "../runs/RunRow.tsx";
import { Status } from "../ui/Status.tsx";
import { Time } from "../ui/Time.tsx";

/** The newest runs of the work on this page. */
export function Recent(): ReactNode {
  const runlog = useRunlog();
  const runs = useLive(
    useMemo(
      () =>
        runlog.watch(async () => {
          const ask = (workflowId: string) => runlog.executions.list({ filter: { workflowId }, limit: 8 });
          const pages = await Promise.all(["hash-file", "call-url"].map(ask));
          const all = pages.flatMap((page) => page.executions);
          return all.sort((a, b) => b.createdAt - a.createdAt).slice(0, 8);
        }),
      [runlog],
    ),
  ).data;
  return (
    <section className="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">Recorded by these</h2>
      {runs?.length === 0 && <p className="soft">Nothing yet. What you record appears here and among the runs.</p>}
      <ul className="list">
        {runs?.map((run) => (
          <li key={run.id}>
            <Status status={run.status} />
            <Link href={`/runs/${run.id}`}>{run.workflowName ?? run.workflowId}</Link>
            <span className="soft">
              <Time at={run.startedAt ?? run.createdAt} />
            </span>
            <span>
              <Duration run={run} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
