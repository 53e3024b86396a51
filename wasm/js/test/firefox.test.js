// The package in Firefox: a shorter pass than that in Chromium.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { evaluate, startFirefox } from "./firefox.js";
import { serve } from "./harness.js";
import { account, closeAll, device, relay } from "./peers.js";

let server;
let browser;
let driver;

before(async () => {
  [server, browser] = [await serve(), await startFirefox()];
  driver = browser.driver;
});

after(async () => {
  await browser?.close();
  server?.close();
  await closeAll();
});

/** Opens a history in the tab that is at hand, as `runlog`. */
async function open(name) {
  await driver.get(server.url);
  return evaluate(
    driver,
    async (name) => {
      const { open } = await import("/index.js");
      window.runlog = await open({ name });
      return runlog.storage.kind;
    },
    name,
  );
}

test("what is recorded is listed after a reload", async () => {
  assert.equal(await open("reload"), "opfs");
  const id = await evaluate(driver, async () => {
    const recorder = runlog.recorder();
    const id = recorder.start({ kind: "job", workflowId: "nightly", params: { env: "prod" } });
    recorder.append(id, "one", "two");
    recorder.finish(id, { outcome: "completed" });
    await recorder.flush({ durable: true });
    return id;
  });
  await open("reload");
  const seen = await evaluate(
    driver,
    async (id) => {
      const { executions } = await runlog.executions.list();
      const { entries } = await runlog.logs.read(id);
      return { runs: executions.map(({ id, status }) => [id, status]), lines: entries.map(({ text }) => text) };
    },
    id,
  );
  assert.deepEqual(seen, { runs: [[id, "completed"]], lines: ["one", "two"] });
});

test("two tabs share a history, and the second takes over when the first is closed", async () => {
  await open("tabs");
  const first = await driver.getWindowHandle();
  await driver.switchTo().newWindow("tab");
  await open("tabs");
  await evaluate(driver, () => runlog.executions.start({ kind: "job", workflowId: "second" }).then(() => undefined));
  const second = await driver.getWindowHandle();
  await driver.switchTo().window(first);
  assert.equal(await evaluate(driver, () => runlog.executions.count()), 1);
  await driver.close();
  await driver.switchTo().window(second);
  await evaluate(driver, () => runlog.executions.start({ kind: "job", workflowId: "alone" }).then(() => undefined));
  assert.equal(await evaluate(driver, () => runlog.executions.count()), 2);
});

test("it syncs with a relay and a native device", async () => {
  const hub = await relay();
  await open("sync");
  const code = await account(hub);
  const { phrase, id } = await evaluate(
    driver,
    async (url, code) => {
      const { phrase } = await runlog.vault.create({ name: "home" });
      await runlog.sync.addBackend({ url, code });
      const id = await runlog.executions.start({ kind: "job", workflowId: "in-firefox" });
      await runlog.executions.finish(id, { outcome: "completed" });
      return { phrase, id, report: await runlog.sync.run() };
    },
    hub.url,
    code,
  );
  const native = await device(phrase, hub.url);
  await native.cli("sync", "now");
  assert.equal((await native.json("list"))[0].id, id);
  await native.cli("run", "--workflow", "natively", "--", "echo", "from afar");
  await native.cli("sync", "now");
  const lines = await evaluate(driver, async () => {
    await runlog.sync.run();
    const { executions } = await runlog.executions.list({ filter: { workflowId: "natively" } });
    return (await runlog.logs.read(executions[0].id)).entries.map(({ text }) => text);
  });
  assert.deepEqual(lines, ["from afar"]);
});

test("a private window has its history in memory, and says why", async () => {
  const other = await startFirefox({ isPrivate: true });
  try {
    await other.driver.get(server.url);
    const seen = await evaluate(other.driver, async () => {
      const { open } = await import("/index.js");
      const { storage, executions } = await open({ name: "private" });
      await executions.start({ kind: "job", workflowId: "x" });
      return { kind: storage.kind, code: storage.reason?.code, count: await executions.count() };
    });
    assert.deepEqual(seen, { kind: "memory", code: "opfs_denied", count: 1 });
  } finally {
    await other.close();
  }
});

test("no page complained", () => assert.deepEqual(browser.problems, []));
