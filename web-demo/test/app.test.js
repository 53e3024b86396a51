// The app as a relay serves it: its policy, its pages for all people, and without a network.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browse, seed, seedBuild, serve } from "./harness.js";
import { violations } from "./violations.js";

let server;
let browser;
let page;
let run;

before(async () => {
  server = await serve();
  browser = await browse();
  page = await browser.context.newPage();
  await page.goto(`${server.url}/runs`);
  await page.getByText("Nothing was recorded yet").waitFor();
  await seed(page, 60);
  const first = await seedBuild(page);
  run = await seedBuild(page, { retryOf: first });
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** What a listing shows once its runs are there: before that it has the row of its headings alone. */
const A_RUN = ["checkbox", /^Select (?!all)/];

/** The paths of all pages, with what is there once they are loaded. */
const pages = () => [
  ["/runs", ...A_RUN],
  ["/runs?q=status:failed", ...A_RUN],
  ["/runs?trash=1", "heading", "The trash is empty"],
  ["/record", "heading", "Hash a file"],
  [`/runs/${run}`, "heading", "How the log ends"],
  [`/runs/${run}/timeline`, "row", /upload/],
  [`/runs/${run}/logs`, "log"],
  [`/runs/${run}/params`, "cell", "2.4.0"],
  [`/runs/${run}/attempts`, "rowheader", /this one/],
  [`/runs/${run}/history`, "listitem"],
  [`/runs/${run}/sync`, "heading", "Not synced with anything"],
  ["/start", "button", /Create a new vault/],
  ["/storage", "heading", "Integrity"],
  ["/sync", "heading", "This history is in this browser alone"],
  ["/runs/ffffffff", "heading", "There is no such run here"],
  ["/nowhere", "heading", "There is no such page"],
];

async function visit([path, role, name]) {
  await page.goto(server.url + path);
  await page.getByRole(role, name ? { name } : {}).first().waitFor();
}

for (const colorScheme of ["light", "dark"]) {
  test(`no page hinders anybody, ${colorScheme}`, async () => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      for (const one of pages()) {
        await visit(one);
        assert.deepEqual(await violations(page), [], `${one[0]} at ${width}`);
      }
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });
}

test("every control of a page is reached by Tab, and can be seen to have the focus", async () => {
  for (const one of pages()) {
    await visit(one);
    const missed = await page.evaluate(() => {
      const can = (element) => element.checkVisibility() && !element.disabled && element.tabIndex >= 0;
      const all = [...document.querySelectorAll("a[href], button, input, select, textarea, [tabindex]")].filter(can);
      globalThis.wanted = new Set(all.filter((element) => !element.closest("[role=tablist]")));
      return globalThis.wanted.size;
    });
    assert.ok(missed > 0, one[0]);
    const invisible = [];
    for (let step = 0; step < missed + 12; step += 1) {
      await page.keyboard.press("Tab");
      const seen = await page.evaluate(() => {
        const element = document.activeElement;
        globalThis.wanted.delete(element);
        const outlines = [element, element.parentElement].map((one) => one && getComputedStyle(one).outlineStyle);
        return outlines.some((style) => style && style !== "none") ? null : element.outerHTML.slice(0, 120);
      });
      if (seen && !seen.startsWith("<body") && !seen.startsWith("<main")) invisible.push(seen);
    }
    const left = await page.evaluate(() => [...globalThis.wanted].map((element) => element.outerHTML.slice(0, 120)));
    assert.deepEqual(left, [], `not reached on ${one[0]}`);
    assert.deepEqual(invisible, [], `focus not visible on ${one[0]}`);
  }
});

test("runs are gone through, selected, deleted and restored by keys alone", async () => {
  await visit(["/runs", ...A_RUN]);
  await page.getByRole("row", { name: "Release build" }).first().waitFor();
  for (const key of ["j", "j", "x", "j", "x", "k", "k"]) await page.keyboard.press(key);
  await page.getByText("2 runs selected").waitFor();
  await page.keyboard.press("Delete");
  await page.getByText("2 runs moved to the trash").waitFor();
  await page.getByText("60 runs", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("62 runs", { exact: true }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("workflow:release");
  await page.getByText("2 runs", { exact: true }).waitFor();
  await page.keyboard.press("Tab");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Release build" }).waitFor();
  await page.keyboard.press("2");
  await page.getByRole("row", { name: /upload/ }).waitFor();
  await page.keyboard.press("u");
  await page.getByRole("grid", { name: "Runs" }).waitFor();
});

test("all that match are deleted and restored at once", async () => {
  await visit(["/runs?q=status:cancelled", ...A_RUN]);
  await page.locator(".table-body .cell-id").first().waitFor();
  const many = await page.locator(".table-body .cell-id").count();
  await page.getByRole("checkbox", { name: "Select all" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByText(`${many} runs moved to the trash`).waitFor();
  await page.getByText("No run matches").waitFor();
  await visit(["/runs?trash=1", ...A_RUN]);
  await page.getByRole("checkbox", { name: "Select all" }).click();
  await page.getByRole("button", { name: "Restore" }).click();
  await page.getByText("The trash is empty").waitFor();
});

test("what is typed wrong is told where it is wrong", async () => {
  await visit(["/runs", ...A_RUN]);
  await page.getByRole("searchbox").fill("status:broken since:yesterday");
  await page.getByText("status:broken: it is one of").waitFor();
  await page.getByText("since:yesterday: a time is").waitFor();
});

test("a log is searched, and a line has an address", async () => {
  await visit([`/runs/${run}/logs`, "log"]);
  await page.getByRole("searchbox").fill("refused");
  await page.getByText("2 lines of 426").waitFor();
  assert.equal(await page.locator("mark").count(), 2);
  const line = page.locator(".log-line", { hasText: "connection refused by registry" });
  const number = await line.getByRole("link").textContent();
  await line.getByRole("link").click();
  await page.waitForURL(new RegExp(`line=${number}$`));
  await page.reload();
  const linked = page.locator("[data-linked]");
  await linked.waitFor();
  assert.match(await linked.textContent(), /connection refused by registry/);
});

test("work of the page is recorded, and appears in another tab", async () => {
  const other = await browser.context.newPage();
  await other.goto(`${server.url}/runs?q=workflow:hash-file`);
  await other.getByText("No run matches").waitFor();
  await visit(["/record", "heading"]);
  await page.locator("input[type=file]").setInputFiles({ name: "abc.txt", mimeType: "text/plain", buffer: Buffer.from("abc") });
  await page.getByRole("button", { name: "Hash and record" }).click();
  const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  await page.getByText(`sha256 ${digest}`).waitFor();
  await other.getByRole("row", { name: /Completed Hash a file/ }).waitFor();
  await other.getByRole("link", { name: "Hash a file" }).click();
  await other.getByText(digest).waitFor();
  await other.close();
});

test("what is paused stays as it is, and says what it misses", async () => {
  await visit(["/runs", ...A_RUN]);
  await page.keyboard.press("p");
  await page.getByRole("button", { name: "Paused" }).waitFor();
  const ids = () => page.locator(".table-body .cell-id").allTextContents();
  const before = await ids();
  await seedBuild(page);
  await page.getByRole("button", { name: "Paused · 1 new" }).waitFor();
  assert.deepEqual(await ids(), before);
  await page.keyboard.press("p");
  await page.getByRole("row", { name: /Release build/ }).nth(2).waitFor();
});

test("a filter is saved under a name, and used again", async () => {
  await visit(["/runs?q=status:failed", ...A_RUN]);
  await page.getByRole("button", { name: "Saved filters" }).click();
  await page.getByRole("menuitem", { name: "Save this filter" }).click();
  await page.getByLabel("Name").fill("What failed");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await visit(["/runs", ...A_RUN]);
  await page.getByRole("button", { name: "Saved filters" }).click();
  await page.getByRole("menuitem", { name: "What failed" }).click();
  await page.waitForURL(/q=status%3Afailed/);
});

test("a copy is taken out, and put in the place of what was deleted since", async () => {
  await visit(["/storage", "heading", "Integrity"]);
  await page.getByRole("button", { name: "Check now" }).click();
  await page.getByText("No damage").waitFor();
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  const copy = await (await saved).path();
  await visit(["/runs?q=workflow:release", ...A_RUN]);
  const counted = (count) => page.getByText(count === 1 ? "1 run" : `${count} runs`, { exact: true });
  const all = Number.parseInt(await page.getByRole("status").filter({ hasText: /^\d+ runs?$/ }).textContent());
  for (const key of ["j", "x", "Delete"]) await page.keyboard.press(key);
  await page.getByText("1 run moved to the trash").waitFor();
  await counted(all - 1).waitFor();
  await visit(["/storage", "heading", "Integrity"]);
  await page.getByLabel("Copy to import").setInputFiles({ name: "copy.sqlite", mimeType: "application/vnd.sqlite3", buffer: Buffer.from("no database") });
  await page.getByRole("button", { name: "Replace the history" }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByLabel("Copy to import").setInputFiles(copy);
  await page.getByRole("button", { name: "Replace the history" }).click();
  await page.getByText("The copy is in place").waitFor();
  await visit(["/runs?q=workflow:release", ...A_RUN]);
  await counted(all).waitFor();
});

test("without a network the app opens, with all pages and the history", async () => {
  await visit(["/runs", ...A_RUN]);
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    // A page that was loaded before the first service worker is not its own.
    if (!navigator.serviceWorker.controller) {
      await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
    }
  });
  await server.close();
  for (const one of pages()) await visit(one);
  await visit(["/record", "heading"]);
  await page.getByRole("textbox", { name: "Address" }).fill(`${server.url}/health`);
  await page.getByRole("button", { name: "Call and record" }).click();
  await page.getByText("Failed to fetch").first().waitFor();
  server = await serve(server.port);
});

test("nothing broke the policy, and no page complained", () => {
  // The call without a network is meant to fail.
  const meant = /ERR_CONNECTION_REFUSED|Failed to fetch|Failed to update a ServiceWorker/;
  assert.deepEqual(browser.problems.filter((problem) => !meant.test(problem)), []);
});
