// What was confirmed is there after the browser was killed in the midst of recording.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { launch, serve, tab } from "./harness.js";

const ROUNDS = 4;

let server;
let profile;

before(async () => {
  server = await serve();
  profile = mkdtempSync(join(tmpdir(), "runlog-crash-"));
});

after(() => {
  server?.close();
  if (profile) rmSync(profile, { recursive: true, force: true });
});

/** Records in batches, and tells of each once it is confirmed; ends with the page. */
async function recordAndTell(page, round, durable) {
  const confirmed = [];
  let enough;
  const some = new Promise((resolve) => {
    enough = resolve;
  });
  await page.exposeFunction("confirm", (ids) => {
    confirmed.push(...ids);
    if (confirmed.length >= 200 + 37 * round) enough();
  });
  page
    .evaluate(async (durable) => {
      const recorder = runlog.recorder();
      for (;;) {
        const ids = [];
        for (let number = 0; number < 20; number += 1) {
          const id = recorder.start({ kind: "job", workflowId: "crash", params: { number: String(number) } });
          recorder.append(id, "a line");
          recorder.finish(id, { outcome: "completed" });
          ids.push(id);
        }
        await recorder.flush({ durable });
        await confirm(ids);
      }
    }, durable)
    .catch(() => undefined); // It is killed.
  await some;
  return confirmed;
}

/** How many of those that were confirmed are missing or not whole. */
function missing(page, ids) {
  return page.evaluate(async (ids) => {
    let missing = 0;
    for (const id of ids) {
      const run = await runlog.executions.get(id).catch(() => undefined);
      const log = run && (await runlog.logs.read(id));
      if (run?.status !== "completed" || log.entries.length !== 1) missing += 1;
    }
    return { missing, ok: (await runlog.storage.check()).ok, count: await runlog.executions.count() };
  }, ids);
}

for (const [what, durable, kill] of [
  ["the page's process", false, (page, devtools) => devtools.send("Page.crash").catch(() => undefined)],
  ["the whole browser", true, async (page, devtools, browser) => browser.kill()],
]) {
  test(`after ${what} was killed all that was confirmed is there`, async (context) => {
    const name = `crash-${durable}`;
    const confirmed = [];
    let seen;
    for (let round = 0; round < ROUNDS; round += 1) {
      const browser = await launch(profile);
      const page = await tab(browser.context, server.url, name);
      const devtools = await browser.context.newCDPSession(page);
      const gone = new Promise((resolve) => {
        page.once("crash", resolve);
        browser.context.once("close", resolve);
      });
      confirmed.push(...(await recordAndTell(page, round, durable)));
      void kill(page, devtools, browser);
      await gone;
      await browser.close();
      const again = await launch(profile);
      seen = await missing(await tab(again.context, server.url, name), confirmed);
      await again.close();
      assert.deepEqual([seen.missing, seen.ok], [0, true]);
    }
    context.diagnostic(`${ROUNDS} kills, ${confirmed.length} confirmed, ${seen.missing} missing, ${seen.count} there`);
  });
}
