// A page, a relay on another origin, and a native device: each syncs with the others.
import assert from "node:assert/strict";
import { test } from "node:test";

import { home, open, record, shared, sync } from "./homes.js";
import { device, gate, relay } from "./peers.js";

test("a run travels from a page to a native device, and back", async () => {
  const { page, phrase } = await home("both-ways");
  const id = await page.evaluate(async () => {
    const id = await runlog.executions.start({ kind: "job", workflowId: "in-the-page", params: { size: "256" } });
    await runlog.logs.append(id, "one line");
    await runlog.executions.finish(id, { outcome: "completed" });
    return id;
  });
  const report = await sync(page);
  assert.equal(report.isComplete, true, JSON.stringify(report));
  const native = await device(phrase, shared.hub.url);
  await native.cli("sync", "now");
  assert.equal((await native.json("list"))[0].id, id);
  assert.match(await native.cli("logs", id), /one line/);

  await native.cli("run", "--workflow", "natively", "--", "echo", "from the device");
  await native.cli("sync", "now");
  await sync(page);
  const seen = await page.evaluate(async () => {
    const { executions } = await runlog.executions.list({ filter: { workflowId: "natively" } });
    const log = await runlog.logs.read(executions[0].id);
    return { status: executions[0].status, log: log.entries.map((entry) => entry.text) };
  });
  assert.deepEqual(seen, { status: "completed", log: ["from the device"] });
  native.close();
  await page.close();
});

test("in the background, what either side records appears on the other without asking", async () => {
  const { page, phrase } = await home("background");
  const native = await device(phrase, shared.hub.url);
  await page.evaluate(() => runlog.sync.start());
  const seen = page.evaluate(async () => {
    for await (const page of runlog.live({ filter: { workflowId: "natively" } })) {
      if (page.executions.length > 0) return page.executions[0].status;
    }
  });
  await native.cli("run", "--workflow", "natively", "--", "true");
  await native.cli("sync", "now");
  assert.equal(await seen, "completed");
  const cause = await page.evaluate(async () => {
    const { runs } = await runlog.syncHistory.runs({ triggeredBy: "background" });
    return runs.find((run) => run.counts.created > 0).cause;
  });
  assert.equal(cause, "notice");

  const id = await record(page, "in-the-page");
  await page.evaluate((id) => runlog.sync.waitFor({ id, state: "durable" }), id);
  await page.evaluate((id) => runlog.sync.waitFor({ id, state: "acknowledged" }), id);
  await native.cli("sync", "now");
  assert.equal((await native.json("list", "--workflow", "in-the-page"))[0].id, id);
  const status = await page.evaluate(async () => {
    for await (const status of runlog.sync.live()) if (!status.isSyncing) return status;
  });
  assert.equal(status.state, "up_to_date", JSON.stringify(status));
  assert.equal(status.background.held, null);
  native.close();
  await page.close();
});

test("of one field, edited on both sides, the later edit stands everywhere, and the other is told", async () => {
  const { page, phrase } = await home("conflict");
  const id = await record(page, "edited");
  await sync(page);
  const native = await device(phrase, shared.hub.url);
  await native.cli("sync", "now");
  await page.evaluate((id) => runlog.executions.note(id, "from the page"), id);
  await native.cli("note", id, "from the device");
  await native.cli("sync", "now");
  await sync(page);
  await native.cli("sync", "now");
  const here = await page.evaluate(async (id) => {
    const { note } = await runlog.executions.get(id);
    const [why] = await runlog.sync.why(id, "note");
    const { entries } = await runlog.syncHistory.of(id);
    return { note, why, entries };
  }, id);
  assert.equal(here.note, "from the device");
  assert.equal((await native.json("show", id)).note, "from the device");
  assert.equal(here.why.displaced.value, "from the page");
  assert.deepEqual([here.why.written.here, here.why.displaced.written.here], [false, true]);
  assert.ok(here.entries.some((entry) => entry.outcome === "applied" && entry.direction === "down"));
  native.close();
  await page.close();
});

test("every tab syncs through one, and sees how it stands", async () => {
  const { page: first } = await home("tabs");
  const second = await open("tabs");
  assert.equal((await second.evaluate(() => runlog.vault.state())).state, "unlocked");
  const seen = first.evaluate(async () => {
    for await (const status of runlog.sync.live()) {
      if (status.backends[0].lastRun?.status === "completed") return status.backends[0].lastRun;
    }
  });
  await record(second, "second");
  const { runs } = await sync(second);
  assert.equal((await seen).id, runs[0].id);
  await Promise.all([first.close(), second.close()]);
});

test("a sync that was asked for is answered though its tab's owner ends in the middle", async () => {
  const way = await gate(shared.hub.url);
  const { page: first } = await home("takeover", way.url);
  const second = await open("takeover");
  await record(second, "kept");
  const held = way.shut();
  const synced = sync(second);
  await held;
  await first.close();
  way.open();
  const { isComplete, runs } = await synced;
  assert.equal(isComplete, true, JSON.stringify(runs));
  const before = await second.evaluate(async () => (await runlog.syncHistory.runs()).runs[1]);
  assert.ok(["cancelled", "failed"].includes(before.status), before.status);
  await second.close();
  way.close();
});

test("a reload in the middle of a sync: the next goes on, and the cut-off run says so", async () => {
  const way = await gate(shared.hub.url);
  const { page, phrase } = await home("reload", way.url);
  const id = await record(page, "kept");
  const held = way.shut();
  await page.evaluate(() => void runlog.sync.run().catch(() => undefined));
  await held;
  await page.goto("about:blank");
  way.open();
  const again = await open("reload");
  const status = await again.evaluate(() => runlog.sync.status());
  assert.equal(status.backends[0].lastRun.status, "failed");
  assert.equal(status.backends[0].lastRun.error.code, "interrupted");
  assert.equal((await sync(again)).isComplete, true);
  const native = await device(phrase, shared.hub.url);
  await native.cli("sync", "now");
  assert.equal((await native.json("list"))[0].id, id);
  native.close();
  await Promise.all([page.close(), again.close()]);
  way.close();
});

test("a signal stops a sync, and the next one does the rest", async () => {
  const way = await gate(shared.hub.url);
  const { page } = await home("cancel", way.url);
  await record(page, "kept");
  const held = way.shut();
  const code = page.evaluate(async () => {
    globalThis.stop = new AbortController();
    return runlog.sync.run({ signal: stop.signal }).then(() => "none", (error) => error.code);
  });
  await held;
  await page.evaluate(() => stop.abort());
  assert.equal(await code, "cancelled");
  const run = await page.evaluate(() => runlog.syncHistory.latest());
  assert.equal(run.status, "cancelled");
  way.open();
  assert.equal((await sync(page)).isComplete, true);
  await page.close();
  way.close();
});

test("a relay that is killed is told, and synced with as soon as it is back", async () => {
  const own = await relay();
  const { page } = await home("killed", own.url, own.code);
  await sync(page);
  await own.kill();
  const id = await record(page, "meanwhile");
  const [{ status, error }] = (await sync(page)).runs;
  assert.deepEqual([status, error.code], ["failed", "unreachable"]);
  await page.evaluate(() => runlog.sync.start());
  const held = await page.evaluate(async () => {
    for await (const status of runlog.sync.live()) if (status.background?.held) return status.background.held;
  });
  assert.equal(held.by, "failing");
  await own.restart();
  await page.evaluate((id) => runlog.sync.waitFor({ id, state: "acknowledged" }), id);
  await page.close();
  await own.close();
});
