import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browse, damage, serve, tab } from "./harness.js";

let server;
let browser;
const open = (name, options) => tab(browser.context, server.url, name, options);

before(async () => {
  server = await serve();
  browser = await browse();
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** An empty page with the package as `module`. */
async function page() {
  const page = await browser.context.newPage();
  await page.goto(server.url);
  await page.evaluate(async () => {
    globalThis.module = await import("/index.js");
    globalThis.code = (promise) => promise.then(() => "none", (error) => error.code);
  });
  return page;
}

async function record(page, count) {
  return page.evaluate(async (count) => {
    const recorder = runlog.recorder();
    for (let number = 0; number < count; number += 1) {
      const id = recorder.start({ kind: "job", workflowId: `w${number % 7}`, params: { number: String(number) } });
      recorder.append(id, "a line");
      recorder.finish(id, { outcome: "completed" });
    }
    await recorder.flush({ durable: true });
  }, count);
}

test("health says what is there and what would be lost", async () => {
  const page = await open("health");
  await record(page, 10);
  const health = await page.evaluate(async () => {
    const { executions } = await runlog.executions.list();
    await runlog.executions.delete(executions[0].id);
    return { ...(await runlog.storage.health()), asked: typeof (await runlog.storage.persist()) };
  });
  assert.equal(health.journalMode, "wal");
  assert.equal(health.synchronous, "normal");
  assert.deepEqual([health.executions, health.trash], [9, 1]);
  assert.equal(health.atRisk.executions, 10);
  assert.ok(health.atRisk.changes >= 20, `${health.atRisk.changes} changes: executions and pieces of logs`);
  assert.ok(health.databaseBytes > 0 && health.usageBytes > 0 && health.quotaBytes > health.usageBytes);
  assert.equal(typeof health.persisted, "boolean");
  assert.equal(health.asked, "boolean");
  assert.deepEqual(await page.evaluate(() => runlog.storage.check()), { ok: true, problems: [] });
  await page.close();
});

test("the trash keeps what was deleted as long as it is told", async () => {
  const page = await open("retention");
  const seen = await page.evaluate(async () => {
    const before = await runlog.storage.retention();
    await runlog.storage.setRetention({ trashDays: 0 });
    const id = await runlog.executions.start({ kind: "job", workflowId: "x" });
    await runlog.executions.delete(id);
    const purged = await runlog.storage.emptyTrash();
    await runlog.storage.setRetention({ trashDays: null });
    return { before, purged, after: await runlog.storage.retention() };
  });
  assert.deepEqual(seen, { before: { trashDays: 30 }, purged: 1, after: { trashDays: null } });
  await page.close();
});

for (const storage of ["opfs", "memory"]) {
  test(`an export is taken in elsewhere, in every tab: ${storage}`, async () => {
    const from = await open(`from-${storage}`, { storage });
    await record(from, 30);
    const [bytes, device] = await from.evaluate(async () => {
      const blob = await runlog.storage.export();
      const [{ deviceId }] = (await runlog.executions.list()).executions;
      return [Array.from(new Uint8Array(await blob.arrayBuffer())), deviceId];
    });
    assert.equal(Buffer.from(bytes.slice(0, 15)).toString(), "SQLite format 3");
    const into = await open(`into-${storage}`, { storage });
    const other = storage === "opfs" ? await open(`into-${storage}`, { storage }) : into;
    await record(into, 3);
    const seen = await into.evaluate(async (bytes) => {
      await runlog.storage.import(new Blob([new Uint8Array(bytes)]));
      const id = await runlog.executions.start({ kind: "job", workflowId: "after" });
      return (await runlog.executions.get(id)).deviceId;
    }, bytes);
    assert.notEqual(seen, device, "it goes on as another device");
    assert.equal(await other.evaluate(() => runlog.executions.count()), 31);
    assert.deepEqual(await other.evaluate(() => runlog.storage.check()), { ok: true, problems: [] });
    for (const page of new Set([from, into, other])) await page.close();
  });
}

test("what is no history is not taken in, and the old one stays", async () => {
  const page = await open("keeps");
  await record(page, 2);
  const seen = await page.evaluate(async () => {
    const code = (promise) => promise.then(() => "none", (error) => error.code);
    const whole = new Uint8Array(await (await runlog.storage.export()).arrayBuffer());
    const damaged = whole.slice();
    damaged.fill(0xa5, 8192 * 2);
    return {
      text: await code(runlog.storage.import(new Blob(["no database at all".repeat(512)]))),
      empty: await code(runlog.storage.import(new Blob([]))),
      short: await code(runlog.storage.import(new Blob([whole.slice(0, whole.length - 100)]))),
      damaged: await code(runlog.storage.import(new Blob([damaged]))),
      left: await runlog.executions.count(),
    };
  });
  assert.deepEqual(seen, {
    text: "notADatabase",
    empty: "notADatabase",
    short: "notADatabase",
    damaged: "corrupt",
    left: 2,
  });
  await page.close();
});

test("a history that cannot be opened is saved as it is, and begun anew", async () => {
  const first = await open("broken");
  await record(first, 200);
  await first.evaluate(() => runlog.close());
  await first.close();
  const tab = await page();
  await damage(tab, "broken", 0, 4096);
  const seen = await tab.evaluate(async () => {
    const refused = await code(module.open({ name: "broken" }));
    const { storage, close } = await module.salvage({ name: "broken" });
    const { reason } = storage;
    const { ok } = await storage.check();
    const bytes = (await storage.export()).size;
    const health = await code(storage.health());
    await storage.rebuild();
    await close();
    const runlog = await module.open({ name: "broken" });
    await runlog.executions.start({ kind: "job", workflowId: "again" });
    return { refused, reason: reason.code, ok, bytes, health, anew: await runlog.executions.count() };
  });
  assert.ok(seen.bytes > 8192, `${seen.bytes} bytes`);
  assert.deepEqual({ ...seen, bytes: 0 }, {
    refused: "corrupt",
    reason: "corrupt",
    ok: false,
    bytes: 0,
    health: "corrupt",
    anew: 1,
  });
  await tab.close();
});

test("damage further in is found, and what can be read goes on", async () => {
  const first = await open("dented");
  await record(first, 2000);
  const bytes = await first.evaluate(() => runlog.storage.health().then((health) => health.databaseBytes));
  await first.evaluate(() => runlog.close());
  await first.close();
  const tab = await page();
  await damage(tab, "dented", Math.floor(bytes / 2), 3 * 8192);
  const seen = await tab.evaluate(async () => {
    const runlog = await module.open({ name: "dented" });
    const { ok, problems } = await runlog.storage.check();
    const saved = await code(runlog.storage.export());
    await runlog.storage.rebuild();
    return { ok, problems: problems.length, saved, left: await runlog.executions.count() };
  });
  assert.equal(seen.ok, false);
  assert.ok(seen.problems > 0);
  assert.deepEqual([seen.saved, seen.left], ["none", 0]);
  await tab.close();
});

test("a history that the browser removed is told apart from one that never was", async () => {
  const first = await open("evicted");
  assert.equal(await first.evaluate(() => runlog.storage.reason), null);
  await record(first, 1);
  await first.evaluate(() => runlog.close());
  await first.close();
  const tab = await page();
  const devtools = await browser.context.newCDPSession(tab);
  // What a browser does that makes room: everything of the origin goes but its local storage.
  await devtools.send("Storage.clearDataForOrigin", { origin: new URL(server.url).origin, storageTypes: "file_systems" });
  const seen = await tab.evaluate(async () => {
    const runlog = await module.open({ name: "evicted" });
    return { code: runlog.storage.reason?.code, left: await runlog.executions.count() };
  });
  assert.deepEqual(seen, { code: "evicted", left: 0 });
  await tab.close();
});

test("where the quota is used up nothing is lost, and it goes on once there is room", async () => {
  const tab = await open("quota");
  const devtools = await browser.context.newCDPSession(tab);
  const origin = new URL(server.url).origin;
  const { usage } = await devtools.send("Storage.getUsageAndQuota", { origin });
  await record(tab, 10);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: usage + (1 << 20) });
  const full = await tab.evaluate(async () => {
    const told = [];
    globalThis.recorder = runlog.recorder({ onError: (error) => told.push(error.code) });
    globalThis.ids = [];
    globalThis.code = (promise) => promise.then(() => "none", (error) => error.code);
    const text = "x".repeat(10_000);
    for (let number = 0; number < 1_000; number += 1) {
      const id = recorder.start({ kind: "job", workflowId: "large", note: text, params: { number: String(number) } });
      recorder.append(id, `${number}`);
      recorder.finish(id, { outcome: "completed" });
      ids.push(id);
    }
    return {
      flush: await code(recorder.flush({ durable: true })),
      awaited: await code(
        Promise.all(ids.slice(0, 500).map(() => runlog.executions.start({ kind: "job", workflowId: "more", note: text }))),
      ),
      told: [...new Set(told)],
      count: await runlog.executions.count(),
      ok: (await runlog.storage.check()).ok,
    };
  });
  assert.deepEqual([full.flush, full.awaited, full.told, full.ok], ["quota", "quota", ["quota"], true]);
  assert.ok(full.count >= 10 && full.count < 1_010, `${full.count} are stored`);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin });
  const after = await tab.evaluate(async () => {
    const flush = await code(recorder.flush({ durable: true }));
    const { executions } = await runlog.executions.list({ limit: 1_000, filter: { workflowId: "large" } });
    const stored = new Set(executions.filter((run) => run.status === "completed").map((run) => run.id));
    return { flush, missing: ids.filter((id) => !stored.has(id)).length, ok: (await runlog.storage.check()).ok };
  });
  assert.deepEqual(after, { flush: "none", missing: 0, ok: true });
  await tab.close();
});
