// The whole way: a page that a relay serves, the relay, and a native device as processes of their own.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { device, relay } from "../../wasm/js/test/peers.js";
import { browse } from "./harness.js";
import { app } from "./steps.js";
import { violations } from "./violations.js";

let hub;
let browser;
let page;
let native;

before(async () => {
  hub = await relay("--web", app);
  browser = await browse();
  page = await browser.context.newPage();
});

after(async () => {
  native?.close();
  await browser?.close();
  await hub?.close();
});

test("a vault is made: its phrase is shown once and checked, and the relay is added", async () => {
  await page.goto(hub.url);
  await page.getByRole("button", { name: /Create a new vault/ }).click();
  await page.getByLabel("Name").fill("Workshop");
  await page.getByRole("button", { name: "Create the vault" }).click();
  const list = page.getByRole("list", { name: "Recovery phrase" });
  await list.waitFor();
  const words = await list.locator("code").allTextContents();
  assert.equal(words.length, 24);
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "I have written them down" }).click();
  const asked = await page.locator("input[name^=word-]").evaluateAll((inputs) => inputs.map((input) => Number(input.name.slice(5))));
  assert.equal(new Set(asked).size, 3);
  for (const at of asked) await page.locator(`input[name=word-${at}]`).fill("wrong");
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("alert").filter({ hasText: "Not the words number" }).waitFor();
  for (const at of asked) await page.locator(`input[name=word-${at}]`).fill(words[at]);
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByLabel(/Set-up code/).fill(hub.code);
  await page.getByRole("button", { name: "Add and sync" }).click();
  await page.getByText("it is shown only now").waitFor();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("link", { name: "State of syncing: Synced" }).waitFor();
  native = await device(words.join(" "), hub.url);
});

test("what a native device records appears in the page without a reload", async () => {
  await page.getByText("Nothing was recorded yet").waitFor();
  await native.cli("run", "--workflow", "deploy", "--tag", "prod", "--", "echo", "hello from afar");
  await native.cli("sync", "now");
  await page.getByRole("row", { name: /Completed deploy prod/ }).waitFor();
  await page.getByRole("link", { name: "deploy" }).click();
  await page.getByText("hello from afar").last().waitFor();
});

test("an edit while the relay is away arrives natively once it is back", async () => {
  await hub.kill();
  await page.getByRole("button", { name: "Write a note" }).click();
  await page.getByRole("textbox", { name: "Note" }).fill("written without a relay");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("written without a relay").waitFor();
  await page.reload();
  await page.getByText("written without a relay").waitFor();
  await hub.restart();
  await page.getByRole("link", { name: "Sync", exact: true }).click();
  await page.getByRole("button", { name: "Sync now" }).click();
  await page.getByRole("heading", { name: "Everything is synced", exact: true }).waitFor();
  await native.cli("sync", "now");
  const [run] = await native.json("list");
  assert.equal(run.note, "written without a relay");
});

test("of two edits of one field the newer stays, and the page tells why", async () => {
  const [run] = await native.json("list");
  await page.goto(`${hub.url}/runs/${run.id}`);
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByRole("textbox", { name: "Note" }).fill("from the page");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "State of syncing: Synced" }).waitFor();
  await native.cli("sync", "now");
  await native.cli("note", run.id, "from the device");
  await native.cli("sync", "now");
  await page.getByText("from the device").waitFor();
  await page.getByRole("tab", { name: "History" }).click();
  await page.getByText("note became “from the device”").click();
  await page.getByText("“from the page”, written by").waitFor();
  assert.deepEqual(await violations(page), []);
});

test("another browser joins by a code, and has everything", async () => {
  await page.goto(`${hub.url}/sync/devices`);
  await page.getByRole("button", { name: "Pair a device" }).click();
  const code = await page.getByLabel("Pairing code").textContent();
  const other = await browse();
  try {
    const second = await other.context.newPage();
    await second.goto(`${hub.url}/start`);
    await second.getByRole("button", { name: /pairing code/ }).click();
    await second.getByLabel("Code").fill(code);
    await second.getByRole("button", { name: "Join", exact: true }).click();
    await second.getByRole("row", { name: /Completed deploy/ }).waitFor();
    assert.deepEqual(other.problems, []);
  } finally {
    await other.close();
  }
  await page.getByRole("button", { name: "Close" }).click();
});

test("the pages of syncing hinder nobody and say what happened", async () => {
  const pages = [
    ["/sync", page.getByRole("heading", { name: "Everything is synced", exact: true })],
    ["/sync/history", page.getByRole("row").nth(1)],
    ["/sync/stats", page.getByText("Success", { exact: true })],
    ["/sync/devices", page.getByText("(this browser)")],
  ];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const [path, there] of pages) {
      await page.goto(hub.url + path);
      await there.first().waitFor();
      assert.deepEqual(await violations(page), [], `${path}, ${colorScheme}`);
    }
  }
  await page.goto(`${hub.url}/sync/history`);
  await page.getByRole("row").nth(1).getByRole("button").click();
  await page.getByRole("dialog").getByText("Triggered by").waitFor();
  assert.deepEqual(await violations(page), []);
});

test("wrong words and wrong codes are told, and nothing is made", async () => {
  const other = await browse();
  try {
    const second = await other.context.newPage();
    await second.goto(`${hub.url}/start`);
    await second.getByRole("button", { name: /recovery phrase/ }).last().click();
    await second.getByRole("textbox", { name: "Recovery phrase" }).fill("not the words of anything");
    await second.getByRole("button", { name: "Join", exact: true }).click();
    await second.getByText("Code: phrase").waitFor();
    await second.getByRole("button", { name: "Back" }).click();
    await second.getByRole("button", { name: /pairing code/ }).click();
    await second.getByLabel("Code").fill("abandon-abandon-abandon-abandon-abandon-abandon-abandon-abandon");
    await second.getByRole("button", { name: "Join", exact: true }).click();
    await second.getByRole("alert").waitFor();
    assert.deepEqual(await violations(second), []);
    await second.goto(`${hub.url}/sync`);
    await second.getByText("in this browser alone").waitFor();
  } finally {
    await other.close();
  }
});

test("a reload in the middle of a sync, and a relay that is killed in it, lose nothing", async () => {
  await page.goto(`${hub.url}/sync`);
  await page.getByRole("button", { name: "Full sync" }).click();
  await page.reload();
  await page.getByRole("button", { name: "Full sync" }).click();
  await hub.kill();
  await page.goto(`${hub.url}/record`);
  await page.getByRole("textbox", { name: "Address" }).fill(`${hub.url}/nothing`);
  await page.getByRole("button", { name: "Call and record" }).click();
  await page.getByRole("listitem").filter({ hasText: "Failed" }).waitFor();
  await hub.restart();
  await page.goto(`${hub.url}/sync`);
  await page.getByRole("heading", { name: "Everything is synced", exact: true }).waitFor();
  await native.cli("sync", "now");
  const runs = await native.json("list");
  assert.deepEqual(runs.map((run) => run.workflow_id).sort(), ["call-url", "deploy"]);
});

test("nothing broke the relay's policy", () => {
  const meant = /ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE|ERR_CONNECTION_RESET/;
  assert.deepEqual(browser.problems.filter((problem) => !meant.test(problem)), []);
});
