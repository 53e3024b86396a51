// What is left when the module stops in the middle of a call, as where memory runs out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browse, serve, tab } from "./harness.js";

/** Before the worker's own script: from a message on, each call is given an address that the module does not have. */
const TRAPPED = `
  const instantiate = WebAssembly.instantiateStreaming;
  let traps = false;
  new BroadcastChannel("trap").onmessage = () => { traps = true; };
  WebAssembly.instantiateStreaming = async (...all) => {
    const { module, instance } = await instantiate(...all);
    const call = instance.exports.database_call;
    const database_call = (database, ...rest) => call(traps ? 0xfffffff0 : database, ...rest);
    return { module, instance: { exports: { ...instance.exports, database_call } } };
  };
`;

let server;
let browser;

before(async () => {
  server = await serve();
  browser = await browse();
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** A run, and two tabs; the first of them has the history, and traps as soon as it is told to. */
async function twoTabs(name) {
  const owner = await tab(browser.context, server.url, name, {}, TRAPPED);
  const id = await owner.evaluate(async () => {
    globalThis.live = runlog.live({ limit: 5 });
    globalThis.unsubscribe = live.subscribe(() => undefined);
    return runlog.executions.start({ kind: "job", workflowId: "confirmed" });
  });
  const other = await tab(browser.context, server.url, name);
  return { owner, other, id };
}

/** Reads a run in a tab until that is refused, and gives the code; the module begins to trap meanwhile. */
function readUntilRefused(page, id) {
  return page.evaluate(async (id) => {
    new BroadcastChannel("trap").postMessage(null);
    for (;;) {
      const code = await runlog.executions.get(id).then(() => undefined, (error) => error.code);
      if (code) return code;
    }
  }, id);
}

const workflows = (page) =>
  page.evaluate(async () => (await runlog.executions.list()).executions.map((run) => run.workflowId).sort());

test("a tab whose module stopped says so to all who ask, and another tab takes over", async () => {
  const { owner, other, id } = await twoTabs("own");
  assert.equal(await readUntilRefused(owner, id), "crashed");
  const later = owner.evaluate((id) => runlog.executions.get(id).catch((error) => [error.code, error.message]), id);
  const [code, message] = await later;
  assert.equal(code, "crashed");
  assert.match(message, /reload the page/);
  await owner.waitForFunction(() => live.getSnapshot().error?.code === "crashed");
  assert.deepEqual(await workflows(other), ["confirmed"]);
  await other.evaluate(() => runlog.executions.start({ kind: "job", workflowId: "afterwards" }));
  await owner.close();
  const again = await tab(browser.context, server.url, "own");
  assert.deepEqual(await workflows(again), ["afterwards", "confirmed"]);
  await again.close();
  await other.close();
});

test("a call that stops the module of another tab is refused, and not made again by the next owner", async () => {
  const { owner, other, id } = await twoTabs("others");
  assert.equal(await readUntilRefused(other, id), "crashed");
  assert.deepEqual(await workflows(other), ["confirmed"]);
  await owner.waitForFunction(() => live.getSnapshot().error?.code === "crashed");
  await owner.close();
  await other.close();
});
