import { useMemo, type ReactNode } from "react";
import type { Execution } from "runlog";
import { Link, useLocation } from "wouter";

import { useLive, useRunlog } from "../history.tsx";
import { useKeys } from "../keys.ts";
import { PageTabs } from "../ui/PageTabs.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Empty, Loading } from "../ui/State.tsx";
import { Attempts } from "./Attempts.tsx";
import { HistoryTab } from "./HistoryTab.tsx";
import { Logs } from "./Logs.tsx";
import { Overview } from "./Overview.tsx";
import { Params } from "./Params.tsx";
import { RunHeader } from "./RunHeader.tsx";
import { SyncTab } from "./SyncTab.tsx";
import { Timeline } from "./Timeline.tsx";

interface TabOf {
  readonly id: string;
  readonly name: string;
  readonly show: (run: Execution) => ReactNode;
}

const TABS: readonly TabOf[] = [
  { id: "overview", name: "Overview", show: (run) => <Overview run={run} /> },
  { id: "timeline", name: "Timeline", show: (run) => <Timeline run={run} /> },
  { id: "logs", name: "Logs", show: (run) => <Logs run={run} /> },
  { id: "params", name: "Params", show: (run) => <Params run={run} /> },
  { id: "attempts", name: "Attempts", show: (run) => <Attempts run={run} /> },
  { id: "history", name: "History", show: (run) => <HistoryTab run={run} /> },
  { id: "sync", name: "Sync", show: (run) => <SyncTab run={run} /> },
];

/** One run: its header, and everything known of it in tabs. */
export function RunPage({ id, tab }: { id: string; tab: string }): ReactNode {
  const runlog = useRunlog();
  const live = useMemo(() => runlog.watch(() => runlog.executions.get(id)), [runlog, id]);
  const { data: run, error } = useLive(live);
  const [, navigate] = useLocation();
  const go = (tab: string) => navigate(`/runs/${id}${tab === "overview" ? "" : `/${tab}`}`, { replace: true });
  const numbered = TABS.map((tab, at) => [String(at + 1), () => go(tab.id)] as const);
  useKeys({ ...Object.fromEntries(numbered), u: () => navigate("/runs") });
  if (error && !run) {
    if (error.code !== "notFound") return <Problem error={error} />;
    return (
      <Empty icon="search" title="There is no such run here" isPage>
        <p>
          No run of this history has the id <code>{id}</code>. It may not have arrived from the other device yet.
        </p>
        <Link href="/runs" className="button">
          To the runs
        </Link>
      </Empty>
    );
  }
  if (!run) return <Loading what="the run" />;
  return (
    <div className="run-page">
      <title>{`${run.workflowName ?? run.workflowId} ${run.shortId} · Runlog`}</title>
      <RunHeader run={run} />
      <PageTabs
        label="About this run"
        tabs={TABS.map(({ id, name, show }) => ({ id, name, show: () => show(run) }))}
        selected={tab}
        onSelect={go}
      />
    </div>
  );
}
