// What a relay refuses, as a person sees it: what happened, and the way out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeAll, device, relay } from "../../wasm/js/test/peers.js";
import { browse, serve } from "./harness.js";
import { app, countOf, joinByPhrase, makeVault, recordFile } from "./steps.js";
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

before(async () => {
  hub = await relay("--web", app);
  browser = await browse();
  page = await browser.context.newPage();
  vault = await makeVault(page, hub.url, hub);
});

after(async () => {
  await browser?.close();
  await closeAll();
});

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
