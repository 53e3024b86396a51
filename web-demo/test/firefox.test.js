// The app in Firefox: a shorter pass than that in Chromium.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startFirefox } from "../../wasm/js/test/firefox.js";
import { closeAll, device, relay } from "../../wasm/js/test/peers.js";
import { app } from "./steps.js";
import { RULES, axe } from "./violations.js";

/** How long something may take to appear, in milliseconds. */
const APPEARS_MS_MAX = 20_000;

let hub;
let browser;
let driver;
let native;

before(async () => {
  [hub, browser] = [await relay("--web", app), await startFirefox()];
  driver = browser.driver;
});

after(async () => {
  await browser?.close();
  await closeAll();
});

/** Waits until an element is there and shown, and gives it. */
async function shown(xpath, from = driver) {
  const find = async () => {
    for (const element of await from.findElements({ xpath })) if (await element.isDisplayed().catch(() => false)) return element;
    return false;
  };
  return from.wait(find, APPEARS_MS_MAX, `nothing is shown that fits ${xpath}`);
}

const text = (words, from) => shown(`//*[text()[contains(normalize-space(.), "${words}")]]`, from);
const press = async (name) => (await shown(`//button[contains(normalize-space(.), "${name}")]`)).click();
const field = (name) => shown(`//label[contains(normalize-space(.), "${name}")]//*[self::input or self::textarea]`);

test("a vault is made and put on the relay", async () => {
  await driver.get(`${hub.url}/start`);
  await press("Create a new vault");
  await press("Create the vault");
  await shown('//*[@aria-label="Recovery phrase"]');
  const codes = await driver.findElements({ xpath: '//*[@aria-label="Recovery phrase"]//code' });
  const words = await Promise.all(codes.map((code) => code.getText()));
  assert.equal(words.length, 24);
  await press("I have written them down");
  await shown('//input[starts-with(@name, "word-")]');
  for (const input of await driver.findElements({ xpath: '//input[starts-with(@name, "word-")]' })) {
    await input.sendKeys(words[Number((await input.getAttribute("name")).slice(5))]);
  }
  await press("Check");
  await (await field("Set-up code")).sendKeys(hub.code);
  await press("Add and sync");
  await press("Go on");
  await shown('//a[contains(@class, "sync-state")][contains(., "Synced")]');
  native = await device(words.join(" "), hub.url);
});

test("what a native device records appears without a reload", async () => {
  await text("Nothing was recorded yet");
  await native.cli("run", "--workflow", "deploy", "--", "echo", "hello from afar");
  await native.cli("sync", "now");
  await shown('//*[@role="row"]//a[normalize-space(.)="deploy"]');
});

test("what is recorded in one tab is listed in another, after a reload, and on the native device", async () => {
  const first = await driver.getWindowHandle();
  await driver.switchTo().newWindow("tab");
  await driver.get(`${hub.url}/record`);
  const address = await field("Address");
  await address.clear();
  await address.sendKeys(`${hub.url}/icon.svg`);
  await press("Call and record");
  await shown('//li[contains(., "Completed")]');
  await driver.close();
  await driver.switchTo().window(first);
  const listed = '//*[@role="row"]//a[normalize-space(.)="Call an address"]';
  await shown(listed);
  await driver.navigate().refresh();
  await shown(listed);
  await shown('//a[contains(@class, "sync-state")][contains(., "Synced")]');
  await native.cli("sync", "now");
  assert.equal((await native.json("list", "--workflow", "call-url")).length, 1);
});

test("no page hinders anybody, and none complains", async () => {
  for (const [path, words] of [
    ["/runs", "deploy"],
    ["/record", "Hash a file"],
    ["/sync", "Everything is synced"],
    ["/sync/history", "Begun"],
    ["/sync/stats", "Success"],
    ["/sync/devices", "Show the recovery phrase"],
    ["/storage", "Integrity"],
    ["/start", "This browser holds the vault"],
    ["/nowhere", "There is no such page"],
  ]) {
    await driver.get(hub.url + path);
    await text(words);
    const found = await driver.executeAsyncScript(
      `${axe}; const [values, done] = arguments;
       const named = ({ id, nodes }) => id + ": " + nodes.map(({ target }) => target).join(" ");
       axe.run(document, { runOnly: { type: "tag", values } }).then(({ violations }) => done(violations.map(named)), (error) => done([String(error)]));`,
      RULES,
    );
    assert.deepEqual(found, [], path);
  }
  assert.deepEqual(browser.problems, []);
});

test("in a private window it says that the history is in memory", async () => {
  const other = await startFirefox({ isPrivate: true });
  try {
    await other.driver.get(`${hub.url}/runs`);
    await text("This history is in memory", other.driver);
    await text("private window or blocked site data", other.driver);
  } finally {
    await other.close();
  }
});
