// What a relay refuses, and what becomes of it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { tab } from "./harness.js";
import { home, open, record, shared, sync } from "./homes.js";
import { device, gate, relay } from "./peers.js";

/** Asks the relay something about a vault, as its owner's account. */
async function asOwner(method, path, body) {
  const headers = { authorization: `Bearer ${shared.token}`, "content-type": "application/json" };
  const response = await fetch(`${shared.hub.url}/v1/vaults/${path}`, { method, headers, body: JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
}

const deviceOf = (page) => page.evaluate(async () => (await runlog.sync.status()).deviceId);

/** The code that adding a backend ends with. */
const adding = (page, backend) =>
  page.evaluate((backend) => runlog.sync.addBackend(backend).then(() => "none", (error) => error.code), backend);

test("what keeps a backend from being added is told by its code, and nothing is added", async () => {
  const page = await open("adding");
  const { url } = shared.hub;
  assert.equal(await adding(page, { url }), "noVault");
  await page.evaluate(() => runlog.vault.create({ name: "home" }));
  assert.equal(await adding(page, { url }), "needsAccount");
  assert.equal(await adding(page, { url, code: "rlaccount_wrong" }), "unauthorised");
  assert.equal(await adding(page, { url, code: "rlsetup_wrong" }), "unauthorised");
  assert.equal(await adding(page, { url: "http://relay.example" }), "invalid");
  assert.equal(await adding(page, { url: "ftp://relay.example" }), "invalid");
  assert.equal(await adding(page, { url: "https://me:secret@relay.example" }), "invalid");
  assert.equal(await adding(page, { url: shared.server.url }), "notARelay");
  const way = await gate(url);
  way.close();
  assert.equal(await adding(page, { url: way.url }), "unreachable");
  assert.equal(await page.evaluate(async () => (await runlog.sync.backends()).length), 0);
  assert.equal(await page.evaluate(() => runlog.sync.run().then(() => "none", (error) => error.code)), "noBackend");
  assert.equal(await adding(page, { url, code: shared.token }), "none");
  assert.equal(await adding(page, { url, code: shared.token }), "backendExists");
  assert.equal(await adding(page, { url, name: "again" }), "none");
  await page.close();
});

test("backends are switched, and removed", async () => {
  const { page, backend } = await home("switched");
  const codes = await page.evaluate(async ({ id }) => {
    const run = () => runlog.sync.run().then(() => "none", (error) => error.code);
    const codes = [];
    await runlog.sync.enableBackend(id, false);
    codes.push(await run());
    await runlog.sync.enableBackend(id, true);
    await runlog.sync.enable(false);
    codes.push(await run());
    await runlog.sync.enable(true);
    codes.push(await run());
    const unknown = { backends: [crypto.randomUUID()] };
    codes.push(await runlog.sync.run(unknown).then(() => "none", (error) => error.code));
    await runlog.sync.removeBackend(id);
    codes.push(await run());
    return codes;
  }, backend);
  assert.deepEqual(codes, ["noBackend", "syncOff", "none", "unknownBackend", "noBackend"]);
  await page.close();
});

test("a token that the relay takes no more is replaced", async () => {
  const { page, id } = await home("replaced");
  await sync(page);
  // Whoever may let devices in obtains a token for this one: the one before it is good no longer.
  await asOwner("POST", `${id}/devices`, { device: await deviceOf(page) });
  await record(page, "x");
  const { isComplete, runs } = await sync(page);
  assert.equal(isComplete, true, JSON.stringify(runs));
  await page.close();
});

test("a device that is shut out is told so, and keeps what it has", async () => {
  const { page, id } = await home("shut-out");
  await sync(page);
  await asOwner("DELETE", `${id}/devices/${await deviceOf(page)}`);
  const run = await record(page, "mine");
  const [{ status, error }] = (await sync(page)).runs;
  assert.deepEqual([status, error.code], ["failed", "unauthorised"]);
  const seen = await page.evaluate(async (id) => {
    const [device] = await runlog.sync.devices();
    const { state } = (await runlog.sync.of(id))[0];
    return { isThis: device.isThis, revoked: device.revoked, state, run: (await runlog.executions.get(id)).id };
  }, run);
  assert.deepEqual(seen, { isThis: true, revoked: true, state: "waiting", run });
  await page.close();
});

test("a relay that was set up anew says that it does not know the vault", async () => {
  const own = await relay();
  const { page } = await home("set-up-anew", own.url, own.code);
  await sync(page);
  await own.anew();
  const [{ error }] = (await sync(page)).runs;
  assert.equal(error.code, "no_vault");
  await page.close();
  await own.close();
});

test("what the vault has no room for is refused and listed, and the rest is taken", async () => {
  const own = await relay("--quota-bytes", "20000");
  const { page } = await home("quota", own.url, own.code);
  const ids = await page.evaluate(async () => {
    const ids = [];
    for (let run = 0; run < 4; run += 1) {
      // What does not compress.
      const bytes = crypto.getRandomValues(new Uint8Array(4_500));
      const note = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
      ids.push(await runlog.executions.start({ kind: "job", workflowId: "large", note }));
    }
    return ids;
  });
  const report = await sync(page);
  assert.equal(report.isComplete, false);
  assert.equal(report.runs[0].status, "partial");
  const seen = await page.evaluate(async () => {
    const [backend] = (await runlog.sync.status()).backends;
    return { backend, problems: await runlog.sync.problems() };
  });
  assert.equal(seen.backend.state, "rejected");
  assert.equal(seen.backend.rejected[0].code, "quota");
  assert.equal(seen.backend.quotaBytes, 20_000);
  assert.ok(seen.backend.usedBytes > 0 && seen.backend.usedBytes <= 20_000, `${seen.backend.usedBytes} bytes`);
  assert.equal(seen.problems.length, seen.backend.rejected[0].number.count);
  assert.ok(seen.problems.every(({ type, code, entityId }) => type === "rejected" && code === "quota" && ids.includes(entityId)));
  const one = await page.evaluate((execution) => runlog.sync.problems({ execution }), seen.problems[0].entityId);
  assert.equal(one.length, seen.problems.filter(({ entityId }) => entityId === one[0].entityId).length);
  await page.close();
  await own.close();
});

test("a clock an hour ahead: what it stamps is refused and told, and what others wrote arrives", async () => {
  const { page: straight, phrase } = await home("clock");
  const native = await device(phrase, shared.hub.url);
  await native.cli("run", "--workflow", "natively", "--", "true");
  await native.cli("sync", "now");
  await straight.close();
  const ahead = "const now = Date.now.bind(Date); Date.now = () => now() + 3_600_000;";
  const page = await tab(shared.browser.context, shared.server.url, "clock-ahead", {}, ahead);
  await page.evaluate(
    async ([phrase, url]) => {
      await runlog.vault.join({ phrase });
      await runlog.sync.addBackend({ url });
    },
    [phrase, shared.hub.url],
  );
  const id = await record(page, "ahead");
  const { runs } = await sync(page);
  assert.equal(runs[0].status, "partial", JSON.stringify(runs));
  const seen = await page.evaluate(async () => {
    const [backend] = (await runlog.sync.status()).backends;
    const { executions } = await runlog.executions.list({ filter: { workflowId: "natively" } });
    return { backend, natively: executions.length, problems: await runlog.sync.problems() };
  });
  assert.ok(Math.abs(seen.backend.clockOffsetMs + 3_600_000) < 60_000, `${seen.backend.clockOffsetMs} ms`);
  assert.equal(seen.natively, 1);
  assert.deepEqual([...new Set(seen.problems.map(({ code }) => code))], ["clock_ahead"]);
  assert.ok(seen.problems.some(({ entityId }) => entityId === id));
  native.close();
  await page.close();
});
