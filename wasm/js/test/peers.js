// A relay and a native device, each a process of its own: what a page syncs with.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../../target", import.meta.url));
const program = join(target, "debug", "runlog");
const run = promisify(execFile);

/** A relay on a port of its own; `restart` takes the same port again, with the same records. */
export async function relay(...options) {
  const home = mkdtempSync(join(tmpdir(), "runlog-relay-"));
  let process;
  let listen = "127.0.0.1:0";
  const start = async () => {
    const args = ["--home", home, "serve", "--listen", listen, "--json", ...options];
    process = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
    const told = await new Promise((resolve, reject) => {
      createInterface(process.stdout).once("line", (line) => resolve(JSON.parse(line)));
      process.once("exit", (code) => reject(new Error(`the relay ended with ${code}`)));
    });
    listen = new URL(told.url).host;
    return told;
  };
  const kill = () =>
    new Promise((resolve) => {
      process.once("exit", resolve);
      process.kill("SIGKILL");
    });
  const { url, setup_code: code } = await start();
  const close = async () => {
    if (process.exitCode === null && process.signalCode === null) await kill();
    rmSync(home, { recursive: true, force: true });
  };
  return { url, code, kill, restart: start, close };
}

/** A native device with a history of its own, which holds the vault of `phrase` and syncs with `url`. */
export async function device(phrase, url) {
  const home = mkdtempSync(join(tmpdir(), "runlog-device-"));
  const cli = async (...args) => (await run(program, ["--home", home, ...args])).stdout;
  const json = async (...args) => JSON.parse(await cli(...args, "--json"));
  const withInput = (input, ...args) =>
    new Promise((resolve, reject) => {
      const child = execFile(program, ["--home", home, ...args], (error, stdout) => (error ? reject(error) : resolve(stdout)));
      child.stdin.end(input);
    });
  await withInput(phrase, "vault", "join", "--phrase-file", "-", "--keep", "file");
  await cli("backend", "add", url);
  return { cli, json, withInput, close: () => rmSync(home, { recursive: true, force: true }) };
}

/** The token of the first account of a relay. */
export async function account({ url, code }) {
  const headers = { authorization: `Bearer ${code}`, "content-type": "application/json" };
  const body = JSON.stringify({ name: "test" });
  const response = await fetch(`${url}/v1/accounts`, { method: "POST", headers, body });
  if (!response.ok) throw new Error(`no account: ${response.status}`);
  return (await response.json()).token;
}

/** A way to a relay on which what a page sends can be held back; what `shut` gives resolves once something is. */
export async function gate(url) {
  const { port, hostname } = new URL(url);
  const sockets = new Set();
  const held = [];
  let isShut = false;
  let tellHeld = () => {};
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket) && (near.destroy(), far.destroy()));
    }
    near.on("data", (chunk) => {
      if (!isShut) return far.write(chunk);
      held.push(() => far.write(chunk));
      tellHeld();
    });
    far.on("data", (chunk) => near.write(chunk));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    shut: () => {
      isShut = true;
      return new Promise((resolve) => (tellHeld = resolve));
    },
    open: () => {
      isShut = false;
      for (const send of held.splice(0)) send();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
