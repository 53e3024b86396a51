import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browse, serve, tab } from "./harness.js";
import { device, relay } from "./peers.js";

let server;
let browser;
let hub;
const open = (name, options) => tab(browser.context, server.url, name, options);

before(async () => {
  [server, browser, hub] = [await serve(), await browse(), await relay()];
});

after(async () => {
  await browser?.close();
  server?.close();
  await hub?.close();
});

test("a vault is made, and a run travels both ways", async () => {
  const page = await open("both-ways");
  const made = await page.evaluate(
    async ([url, code]) => {
      const vault = await runlog.vault.create({ name: "home" });
      const backend = await runlog.sync.addBackend({ url, code });
      const id = await runlog.executions.start({ kind: "job", workflowId: "in-the-page", params: { size: "256" } });
      await runlog.logs.append(id, "one line");
      await runlog.executions.finish(id, { outcome: "completed" });
      const report = await runlog.sync.run();
      return { ...vault, backend, run: id, report };
    },
    [hub.url, hub.code],
  );
  assert.equal(made.phrase.split(" ").length, 24);
  assert.equal(made.backend.url, hub.url);
  assert.match(made.backend.accountToken, /^rlaccount/);
  assert.equal(made.report.isComplete, true, JSON.stringify(made.report));

  const native = await device(made.phrase, hub.url);
  await native.cli("sync", "now");
  const [run] = await native.json("list");
  assert.equal(run.id, made.run);
  assert.match(await native.cli("logs", made.run), /one line/);
  await native.cli("run", "--workflow", "natively", "--", "echo", "from the device");
  await native.cli("sync", "now");
  const seen = await page.evaluate(async () => {
    await runlog.sync.run();
    const { executions } = await runlog.executions.list({ filter: { workflowId: "natively" } });
    const log = await runlog.logs.read(executions[0].id);
    return { status: executions[0].status, log: log.entries.map((entry) => entry.text) };
  });
  assert.deepEqual(seen, { status: "completed", log: ["from the device"] });
  native.close();
  await page.close();
});
