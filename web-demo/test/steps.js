// What a person does in the app, step by step, for tests that begin where these end.
import { fileURLToPath } from "node:url";

/** The built app, as `runlog serve --web` takes it. */
export const app = fileURLToPath(new URL("../dist", import.meta.url));

/** Makes a vault in a browser that has none, and puts it on the relay; gives its phrase and the account's token. */
export async function makeVault(page, url, hub) {
  await page.goto(`${url}/start`);
  await page.getByRole("button", { name: /Create a new vault/ }).click();
  await page.getByLabel("Name").fill("Workshop");
  await page.getByRole("button", { name: "Create the vault" }).click();
  const list = page.getByRole("list", { name: "Recovery phrase" });
  await list.waitFor();
  const words = await list.locator("code").allTextContents();
  await page.getByRole("button", { name: "I have written them down" }).click();
  const asked = page.locator("input[name^=word-]");
  await asked.first().waitFor();
  for (const input of await asked.all()) await input.fill(words[Number((await input.getAttribute("name")).slice(5))]);
  await page.getByRole("button", { name: "Check" }).click();
  const token = await addRelay(page, hub);
  await synced(page);
  return { phrase: words.join(" "), token };
}

/** Fills in the form for a relay that was just set up; gives the account's token. */
export async function addRelay(page, hub) {
  await page.getByLabel("Address").fill(hub.url);
  await page.getByLabel(/Set-up code/).fill(hub.code);
  await page.getByRole("button", { name: "Add and sync" }).click();
  const token = await page.getByLabel("Token of the account").textContent();
  await page.getByRole("button", { name: "Go on" }).click();
  return token;
}

/** Joins a vault by its phrase in a browser that has none, and syncs with the relay; the key is kept behind a passphrase if one is given. */
export async function joinByPhrase(page, url, hub, phrase, passphrase) {
  await page.goto(`${url}/start`);
  await page.getByRole("button", { name: /recovery phrase/ }).last().click();
  await page.getByRole("textbox", { name: "Recovery phrase" }).fill(phrase);
  if (passphrase !== undefined) {
    await page.getByRole("radio", { name: /Behind a passphrase/ }).check();
    await page.getByRole("textbox", { name: "Passphrase" }).fill(passphrase);
  }
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await page.getByLabel("Address").fill(hub.url);
  await page.getByRole("button", { name: "Add and sync" }).click();
  await page.getByRole("grid", { name: "Runs" }).or(page.getByText("Nothing was recorded yet")).waitFor();
}

/** Waits until the app says on every page that it is synced. */
export const synced = (page) => page.getByRole("link", { name: "State of syncing: Synced" }).waitFor();

/** Begins to record the hash of a small file of that name, on the page that is for that. */
export async function record(page, name) {
  await page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(name) });
  await page.getByRole("button", { name: "Hash and record" }).click();
}

/** Records the hash of a small file of that name. */
export async function recordFile(page, url, name) {
  await page.goto(`${url}/record`);
  await record(page, name);
  await page.getByText("sha256 ").first().waitFor();
}

/** How many runs of that file another device knows. */
export const countOf = async (native, file) => (await native.json("list", "--param", `file=${file}`)).length;
