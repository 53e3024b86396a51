// What a relay refuses, as a person sees it: what happened, and the way out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeAll, device, relay } from "../../wasm/js/test/peers.js";
import { browse, historyOf, serve } from "./harness.js";
import { addRelay, app, countOf, joinByPhrase, makeVault, recordFile, synced } from "./steps.js";
import { violations } from "./violations.js";

/** Puts the clock of a page or worker an hour ahead, until it is told how far instead, in milliseconds. */
const AHEAD = `{
  const now = Date.now.bind(Date);
  let ahead = 3_600_000;
  new BroadcastChannel("clock").onmessage = ({ data }) => (ahead = data);
  Date.now = () => now() + ahead;
}
`;

let hub;
let browser;
let page;
let vault;
const servers = [];

before(async () => {
  hub = await relay("--web", app);
  browser = await browse();
  page = await browser.context.newPage();
  vault = await makeVault(page, hub.url, hub);
});

after(async () => {
  await browser?.close();
  for (const server of servers) await server.close();
  await closeAll();
});

/** A page of an origin of its own, which has no history yet, with the address of the app. */
async function another() {
  const server = await serve();
  servers.push(server);
  return [await browser.context.newPage(), server.url];
}

/** What the vault's owner does at the relay. */
async function asOwner(method, path) {
  const headers = { authorization: `Bearer ${vault.token}` };
  const response = await fetch(`${hub.url}/v1/vaults/${path}`, { method, headers });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
}

test("a browser that was shut out says so, and goes on as a new device", async () => {
  const native = await device(vault.phrase, hub.url);
  await page.goto(`${hub.url}/sync/devices`);
  const id = await page.getByText("Vault", { exact: true }).locator("..").locator("code").textContent();
  const own = await page.getByText("This device", { exact: true }).locator("..").locator("code").textContent();
  await asOwner("DELETE", `${id}/devices/${own}`);
  await recordFile(page, hub.url, "shut-out.txt");
  await page.getByText("its access was revoked").waitFor();
  await page.goto(`${hub.url}/sync`);
  await page.getByText("The relay has shut this browser out").waitFor();
  assert.deepEqual(await violations(page), []);
  await native.cli("sync", "now");
  assert.equal(await countOf(native, "shut-out.txt"), 0);
  await page.getByRole("button", { name: "Go on as a new device" }).click();
  await page.getByRole("heading", { name: "Everything is synced", exact: true }).waitFor();
  await native.cli("sync", "now");
  assert.equal(await countOf(native, "shut-out.txt"), 1);
  await page.goto(`${hub.url}/sync/devices`);
  await page.getByRole("row", { name: new RegExp(`${own.slice(-8)} .*Removed`) }).waitFor();
  await page.getByRole("row", { name: /this browser.*Let in/ }).waitFor();
});

test("a browser whose clock is an hour ahead says so, and syncs by itself once it is right", async () => {
  const server = await serve(0, { first: () => AHEAD });
  const other = await browse({ serviceWorkers: "block" });
  try {
    const native = await device(vault.phrase, hub.url);
    const second = await other.context.newPage();
    await second.addInitScript(AHEAD);
    await joinByPhrase(second, server.url, hub, vault.phrase);
    await recordFile(second, server.url, "from-the-future.txt");
    await second.getByText(/left something out/).waitFor();
    await second.goto(`${server.url}/sync`);
    await second.getByText("refused").first().waitFor();
    await second.getByText(/The clock of this device is (1 h 00 m|59 m 5\d s) ahead of the relay’s/).waitFor();
    assert.deepEqual(await violations(second), []);
    await native.cli("sync", "now");
    assert.equal(await countOf(native, "from-the-future.txt"), 0);
    // What was recorded elsewhere arrives all the same.
    await native.cli("run", "--workflow", "in-time", "--", "true");
    await native.cli("sync", "now");
    await second.goto(`${server.url}/runs`);
    await second.getByRole("link", { name: "in-time" }).waitFor();
    await second.getByRole("link", { name: "Sync", exact: true }).click();
    await second.evaluate(() => new BroadcastChannel("clock").postMessage(0));
    await second.getByRole("heading", { name: "Everything is synced", exact: true }).waitFor();
    await native.cli("sync", "now");
    assert.equal(await countOf(native, "from-the-future.txt"), 1);
  } finally {
    await other.close();
    await server.close();
  }
});

test("a vault for which the relay has no more room: what it refused stays, and goes to it once there is room", async () => {
  // Room for two of the notes, of 4,500 bytes each as they are sent, and for what goes with them.
  const own = await relay("--quota-bytes", "14000");
  const [second, url] = await another();
  const { phrase } = await makeVault(second, url, own);
  const native = await device(phrase, own.url);
  await historyOf(second);
  await second.evaluate(recordLarge, 4);
  await second.goto(`${url}/sync`);
  await second.getByText("The relay has no more room for this vault").waitFor();
  assert.deepEqual(await violations(second), []);
  await native.cli("sync", "now");
  const taken = await native.json("list", "--workflow", "large");
  assert.equal(taken.length, 2);
  await second.goto(`${url}/runs`);
  await second.getByText("4 runs", { exact: true }).waitFor();
  // A run recorded elsewhere, for which there is room, arrives all the same.
  await native.cli("run", "--workflow", "small", "--", "true");
  // A restored run is told as a whole: what it was before is no longer kept.
  for (const { id } of taken) for (const edit of [["note", id, "--clear"], ["delete", id], ["restore", id]]) await native.cli(...edit);
  await native.cli("sync", "now");
  await second.getByRole("link", { name: "small" }).waitFor();
  await synced(second);
  await native.cli("sync", "now");
  const notes = (await native.json("list", "--workflow", "large")).map(({ note }) => note?.length ?? 0);
  assert.deepEqual(notes.toSorted((a, b) => a - b), [0, 0, 9_000, 9_000]);
  await second.close();
});

/** In the page: runs whose notes nothing can compress. */
async function recordLarge(count) {
  const digits = (byte) => byte.toString(16).padStart(2, "0");
  for (let run = 0; run < count; run += 1) {
    const note = Array.from(crypto.getRandomValues(new Uint8Array(4_500)), digits).join("");
    const id = await globalThis.history_.executions.start({ kind: "job", workflowId: "large", note });
    await globalThis.history_.executions.finish(id, { outcome: "completed" });
  }
}

test("a relay that was set up anew: removed and added again, it has the history of all devices", async () => {
  const own = await relay();
  const [second, url] = await another();
  const { phrase } = await makeVault(second, url, own);
  const native = await device(phrase, own.url);
  await recordFile(second, url, "before.txt");
  await synced(second);
  await native.cli("sync", "now");
  assert.equal(await countOf(native, "before.txt"), 1);
  const { setup_code: code } = await own.anew();
  await native.cli("run", "--workflow", "meanwhile", "--", "true");
  await recordFile(second, url, "after.txt");
  await second.goto(`${url}/sync`);
  await second.getByText("The relay no longer has this vault").waitFor();
  assert.deepEqual(await violations(second), []);
  await second.getByRole("button", { name: "Remove" }).click();
  await second.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await second.getByText("No relay yet").waitFor();
  await second.getByRole("button", { name: "Add a relay" }).click();
  await addRelay(second, { url: own.url, code });
  await synced(second);
  await native.cli("sync", "now");
  assert.equal(await countOf(native, "after.txt"), 1);
  await second.goto(`${url}/runs`);
  await second.getByRole("link", { name: "meanwhile" }).waitFor();
  // Who comes last gets all of it from the relay that began without any.
  const late = await device(phrase, own.url);
  await late.cli("sync", "now");
  const ids = async (one) => (await one.json("list")).map(({ id }) => id).sort();
  assert.equal((await ids(late)).length, 3);
  assert.deepEqual(await ids(late), await ids(native));
  await second.close();
});
