// What tests of syncing begin with: a page server, a browser, a relay with an account.
import { after, before } from "node:test";

import { browse, serve, tab } from "./harness.js";
import { account, closeAll, relay } from "./peers.js";

/** What all tests of a file share; it is there once they run. */
export const shared = {};

before(async () => {
  [shared.server, shared.browser, shared.hub] = [await serve(), await browse(), await relay()];
  shared.token = await account(shared.hub);
});

after(async () => {
  await shared.browser?.close();
  shared.server?.close();
  await closeAll();
});

/** A tab with a history. */
export const open = (name, options) => tab(shared.browser.context, shared.server.url, name, options);

/** A tab whose history is of a new vault, with a backend. */
export async function home(name, url = shared.hub.url, code = shared.token) {
  const page = await open(name);
  const made = await page.evaluate(
    async ([url, code]) => {
      const { id, phrase } = await runlog.vault.create({ name: "home" });
      const backend = await runlog.sync.addBackend({ url, code });
      return { id, phrase, backend };
    },
    [url, code],
  );
  return { page, ...made };
}

/** Records a run that has ended, and gives its id. */
export const record = (page, workflowId) =>
  page.evaluate(async (workflowId) => {
    const id = await runlog.executions.start({ kind: "job", workflowId });
    await runlog.executions.finish(id, { outcome: "completed" });
    return id;
  }, workflowId);

/** Syncs once. */
export const sync = (page, options = {}) => page.evaluate((options) => runlog.sync.run(options), options);

