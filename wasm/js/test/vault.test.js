// The vault of a history, and where a browser keeps its secret.
import assert from "node:assert/strict";
import { test } from "node:test";

import { home, open, record, shared, sync } from "./homes.js";
import { device } from "./peers.js";

/** The code that a call in the page ends with; `none` where it succeeds. */
const code = (page, call, argument) =>
  page.evaluate(
    ([call, argument]) => {
      const made = new Function("runlog", "argument", `return ${call}`)(runlog, argument);
      return made.then(() => "none", (error) => error.code);
    },
    [call, argument ?? null],
  );

const state = (page) => page.evaluate(() => runlog.vault.state());

test("a secret that the browser keeps opens the vault again, and nobody can read it out", async () => {
  const { page, id, phrase } = await home("kept-in-browser");
  await sync(page);
  await page.close();
  const again = await open("kept-in-browser");
  assert.deepEqual(await state(again), { state: "unlocked", id, name: "home", keptIn: "browser" });
  assert.equal(await again.evaluate(() => runlog.vault.phrase()), phrase);
  const found = await again.evaluate(async (phrase) => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open("runlog");
      request.onsuccess = () => resolve(request.result);
    });
    const asked = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const store = database.transaction("kept").objectStore("kept");
    const [key, values] = [await asked(store.get("key")), await asked(store.getAll())];
    const exported = await crypto.subtle.exportKey("raw", key).then(() => "read out", (error) => error.name);
    const texts = values.map((value) => JSON.stringify(value, (_, part) => {
      if (part instanceof ArrayBuffer) return new TextDecoder().decode(part);
      return part;
    }));
    const shows = (text) => texts.some((held) => held?.includes(text));
    return { exported, phrase: shows(phrase.split(" ").slice(0, 3).join(" ")), token: shows("rldevice") };
  }, phrase);
  assert.deepEqual(found, { exported: "InvalidAccessError", phrase: false, token: false });
  await again.close();
});

test("neither the phrase nor a token is in the database", async () => {
  const { page, phrase } = await home("not-in-the-database");
  await record(page, "x");
  await sync(page);
  await page.close();
  const bare = await shared.browser.context.newPage();
  await bare.goto(shared.server.url);
  const found = await bare.evaluate(async (needles) => {
    const texts = [];
    const walk = async (directory) => {
      for await (const entry of directory.values()) {
        if (entry.kind === "directory") await walk(entry);
        else texts.push(new TextDecoder("latin1").decode(await (await entry.getFile()).arrayBuffer()));
      }
    };
    const root = await navigator.storage.getDirectory();
    await walk(await (await root.getDirectoryHandle("runlog")).getDirectoryHandle("not-in-the-database"));
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    return { bytes, found: needles.filter((needle) => texts.some((text) => text.includes(needle))) };
  }, [phrase.split(" ").slice(0, 3).join(" "), "rldevice"]);
  assert.ok(found.bytes > 10_000, "the database was looked at");
  assert.deepEqual(found.found, []);
  await bare.close();
});

test("a passphrase is asked for by the next owner, and a wrong one is told", async () => {
  const page = await open("passphrase");
  const keep = { in: "passphrase", passphrase: "correct horse" };
  const { id, phrase } = await page.evaluate((keep) => runlog.vault.create({ name: "home", keep }), keep);
  assert.equal((await state(page)).state, "unlocked");
  await page.close();
  const again = await open("passphrase");
  assert.deepEqual(await state(again), { state: "locked", id, name: "home", keptIn: "passphrase" });
  assert.equal(await code(again, "runlog.vault.phrase()"), "locked");
  assert.equal(await code(again, "runlog.sync.run()"), "locked");
  assert.equal(await code(again, "runlog.vault.unlock(argument)", "wrong horse"), "wrongPassphrase");
  assert.equal(await code(again, "runlog.vault.unlock(argument)", "correct horse"), "none");
  assert.equal(await again.evaluate(() => runlog.vault.phrase()), phrase);
  await again.close();
});

test("a vault that is made while its owner ends is made once, and its phrase is shown", async () => {
  for (const keep of [{ in: "browser" }, { in: "passphrase", passphrase: "correct horse" }, { in: "memory" }]) {
    const [owner, other] = [await open(`made-${keep.in}`), await open(`made-${keep.in}`)];
    await other.evaluate((keep) => {
      globalThis.made = runlog.vault.create({ name: "home", keep });
    }, keep);
    await owner.close();
    const { id, phrase } = await other.evaluate(() => globalThis.made);
    // Where it was made before its owner ended, the next one may have to be told the secret.
    await other.evaluate((phrase) => runlog.vault.join({ phrase }), phrase);
    assert.deepEqual(await state(other), { state: "unlocked", id, name: "home", keptIn: "browser" });
    assert.equal(await other.evaluate(() => runlog.vault.phrase()), phrase);
    await other.close();
  }
});

test("what is kept in memory is gone with the owner, and the phrase brings it back", async () => {
  const page = await open("memory");
  const made = await page.evaluate(() => runlog.vault.create({ name: "home", keep: { in: "memory" } }));
  await page.close();
  const again = await open("memory");
  assert.deepEqual(await state(again), { state: "locked", id: made.id, name: "home", keptIn: null });
  assert.equal(await code(again, "runlog.vault.unlock('x')"), "secretGone");
  await again.evaluate((phrase) => runlog.vault.join({ phrase }), made.phrase);
  assert.equal((await state(again)).keptIn, "browser");
  await again.close();
});

test("keys of another vault, and words that are none, are refused before anything is written", async () => {
  const { page, id } = await home("another");
  const other = await open("another-2");
  const { phrase } = await other.evaluate(() => runlog.vault.create({ name: "other" }));
  assert.equal(await code(page, "runlog.vault.join({ phrase: argument })", phrase), "otherVault");
  assert.equal(await code(page, "runlog.vault.create({ name: 'again' })"), "vaultExists");
  const mistyped = ["zebrra", ...phrase.split(" ").slice(1)].join(" ");
  assert.equal(await code(page, "runlog.vault.join({ phrase: argument })", mistyped), "phrase");
  assert.equal((await state(page)).id, id);
  assert.equal((await sync(page)).isComplete, true);
  const none = await open("another-3");
  assert.deepEqual(await state(none), { state: "none" });
  assert.equal(await code(none, "runlog.sync.run()"), "noVault");
  assert.equal(await code(none, "runlog.vault.create({ name: '' })"), "invalid");
  await Promise.all([page, other, none].map((page) => page.close()));
});

test("a secret of another vault that lies in the place of the history's own opens nothing", async () => {
  const { page, id } = await home("swapped");
  const { page: other } = await home("swapped-other");
  await page.close();
  await other.evaluate(async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open("runlog");
      request.onsuccess = () => resolve(request.result);
    });
    const store = database.transaction("kept", "readwrite").objectStore("kept");
    const request = store.get("vault swapped-other");
    await new Promise((resolve) => {
      request.onsuccess = () => (store.put(request.result, "vault swapped").onsuccess = resolve);
    });
  });
  const again = await open("swapped");
  assert.deepEqual(await state(again), { state: "locked", id, name: "home", keptIn: null });
  assert.equal(await code(again, "runlog.sync.run()"), "locked");
  await Promise.all([again.close(), other.close()]);
});

test("a code of eight words brings the vault to a page, and from a page", async () => {
  const { page, id, phrase } = await home("pairing");
  const run = await record(page, "before");
  await sync(page);
  const native = await device(phrase, shared.hub.url);
  const { code: words } = await native.json("device", "pair");
  const second = await open("pairing-2");
  const joined = await second.evaluate((argument) => runlog.vault.join(argument), { code: words, relay: shared.hub.url });
  assert.deepEqual(joined, { id, name: "home" });
  await sync(second);
  assert.equal(await second.evaluate(async (id) => (await runlog.executions.get(id)).id, run), run);
  const used = { code: words, relay: shared.hub.url };
  assert.equal(await code(await open("pairing-3"), "runlog.vault.join(argument)", used), "noOffer");

  const offer = await second.evaluate(async () => {
    const [backend] = await runlog.sync.backends();
    return runlog.vault.offer(backend.id);
  });
  assert.equal(offer.code.split("-").length, 8);
  const third = await device(undefined, shared.hub.url, offer.code);
  await third.cli("sync", "now");
  assert.equal((await third.json("list"))[0].id, run);
  native.close();
  third.close();
  await Promise.all([page.close(), second.close()]);
});
