import { lazy, Suspense, type ReactNode } from "react";
import { Redirect, Route, Switch } from "wouter";

import { RunsPage } from "./runs/RunsPage.tsx";
import { Shell } from "./Shell.tsx";
import { Empty, Loading } from "./ui/State.tsx";

// What is not on the first page is loaded when it is opened; the service worker has it by then.
const RunPage = lazy(async () => ({ default: (await import("./run/RunPage.tsx")).RunPage }));
const RecordPage = lazy(async () => ({ default: (await import("./record/RecordPage.tsx")).RecordPage }));

/** The pages by their paths. */
export function App(): ReactNode {
  return (
    <Shell>
      <Suspense fallback={<Loading what="the page" />}>
        <Switch>
          <Route path="/">
            <Redirect to="/runs" replace />
          </Route>
          <Route path="/runs" component={RunsPage} />
          <Route path="/runs/:id/:tab?">{({ id, tab }) => <RunPage key={id} id={id} tab={tab ?? "overview"} />}</Route>
          <Route path="/record" component={RecordPage} />
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
