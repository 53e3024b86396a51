import { lazy, Suspense, type ReactNode } from "react";
import { Redirect, Route, Switch } from "wouter";

import { RunsPage } from "./runs/RunsPage.tsx";
import { Shell } from "./Shell.tsx";
import { Empty, Loading } from "./ui/State.tsx";
import { isAlone } from "./vault/alone.ts";
import { useLiveVault } from "./vault/useVault.ts";

// What is not on the first page is loaded when it is opened; the service worker has it by then.
const RunPage = lazy(async () => ({ default: (await import("./run/RunPage.tsx")).RunPage }));
const RecordPage = lazy(async () => ({ default: (await import("./record/RecordPage.tsx")).RecordPage }));
const StartPage = lazy(async () => ({ default: (await import("./vault/StartPage.tsx")).StartPage }));
const SyncPage = lazy(async () => ({ default: (await import("./sync/SyncPage.tsx")).SyncPage }));
const StoragePage = lazy(async () => ({ default: (await import("./storage/StoragePage.tsx")).StoragePage }));

/** The pages by their paths. */
export function App(): ReactNode {
  return (
    <Shell>
      <Suspense fallback={<Loading what="the page" />}>
        <Switch>
          <Route path="/" component={First} />
          <Route path="/runs" component={RunsPage} />
          <Route path="/runs/:id/:tab?">{({ id, tab }) => <RunPage key={id} id={id} tab={tab ?? "overview"} />}</Route>
          <Route path="/record" component={RecordPage} />
          <Route path="/storage" component={StoragePage} />
          <Route path="/start" component={StartPage} />
          <Route path="/sync/:tab?">{({ tab }) => <SyncPage tab={tab ?? "backends"} />}</Route>
          <Route>
            <Empty icon="search" title="There is no such page" isPage>
              <a href="/runs">Go to the runs</a>
            </Empty>
          </Route>
        </Switch>
      </Suspense>
    </Shell>
  );
}

/** The runs, or the set-up where nobody has said yet how this history is to be kept. */
function First(): ReactNode {
  const vault = useLiveVault();
  if (!vault) return <Loading what="the vault" />;
  return <Redirect to={vault.state === "none" && !isAlone() ? "/start" : "/runs"} replace />;
}
