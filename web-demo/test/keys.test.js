// Secrets that are not the right ones, as a person sees it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeAll, device, relay } from "../../wasm/js/test/peers.js";
import { browse } from "./harness.js";
import { app, countOf, joinByPhrase, makeVault, recordFile, synced } from "./steps.js";
import { violations } from "./violations.js";

let hub;
let browser;
let page;
let vault;
/** Valid words, of no vault that anybody has. */
const OTHER_PHRASE = `${"abandon ".repeat(23)}art`;

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

/** Begins anew, as the storage page offers it. */
async function beginAnew(page) {
  await page.goto(`${hub.url}/storage`);
  await page.getByRole("button", { name: "Begin anew …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Begin anew" }).click();
  await page.getByText("The history begins anew").waitFor();
}

test("by the phrase of another vault nothing is synced, and the way back is told", async () => {
  const other = await browse();
  try {
    const second = await other.context.newPage();
    await second.goto(`${hub.url}/start`);
    await second.getByRole("button", { name: /recovery phrase/ }).last().click();
    await second.getByRole("textbox", { name: "Recovery phrase" }).fill(OTHER_PHRASE);
    await second.getByRole("button", { name: "Join", exact: true }).click();
    await second.getByRole("button", { name: "Add and sync" }).click();
    await second.getByRole("alert").filter({ hasText: "does not know this vault" }).waitFor();
    await second.getByText("by the wrong phrase").waitFor();
    assert.deepEqual(await violations(second), []);
    await beginAnew(second);
    await joinByPhrase(second, hub.url, hub, vault.phrase);
    await synced(second);
  } finally {
    await other.close();
  }
});

test("behind a passphrase: a wrong one is told, the right one opens, and the phrase helps where it is forgotten", async () => {
  const native = await device(vault.phrase, hub.url);
  const other = await browse();
  try {
    const second = await other.context.newPage();
    await joinByPhrase(second, hub.url, hub, vault.phrase, "correct horse");
    await synced(second);
    await second.reload();
    await second.getByText("The vault “vault” is locked").waitFor();
    await second.getByLabel("Passphrase").fill("wrong horse");
    await second.getByRole("button", { name: "Unlock" }).click();
    await second.getByRole("alert").filter({ hasText: "wrong passphrase" }).waitFor();
    await second.getByRole("link", { name: "State of syncing: Locked" }).waitFor();
    assert.deepEqual(await violations(second), []);
    // What is recorded meanwhile is kept, and goes out once it is unlocked.
    await recordFile(second, hub.url, "locked.txt");
    await second.getByLabel("Passphrase").fill("correct horse");
    await second.getByRole("button", { name: "Unlock" }).click();
    await synced(second);
    await native.cli("sync", "now");
    assert.equal(await countOf(native, "locked.txt"), 1);
    await second.reload();
    await second.getByRole("button", { name: "Use the recovery phrase" }).click();
    const dialog = second.getByRole("dialog");
    await dialog.getByLabel("Recovery phrase", { exact: true }).fill(OTHER_PHRASE);
    await dialog.getByRole("button", { name: "Join", exact: true }).click();
    await dialog.getByText("Code: otherVault").waitFor();
    await dialog.getByLabel("Recovery phrase", { exact: true }).fill(vault.phrase);
    await dialog.getByRole("button", { name: "Join", exact: true }).click();
    await synced(second);
  } finally {
    await other.close();
  }
});
