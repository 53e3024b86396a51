// A relay and a native device, each a process of its own: what a page syncs with.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../../target", import.meta.url));
const program = process.env.RUNLOG_PROGRAM ?? join(target, "debug", "runlog");
const run = promisify(execFile);

const opened = new Set();

/** Ends what a test that failed has left behind, or its file would never end. */
export async function closeAll() {
  for (const one of [...opened]) await one.close();
}

/** Notes that it is open, until it is closed. */
function noted(one) {
  const { close } = one;
  one.close = async () => {
    if (opened.delete(one)) await close();
  };
  opened.add(one);
  return one;
}

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
      process.once("error", reject);
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
  /** Kills it, and starts one without records in its place. */
  const anew = async () => {
    await kill();
    for (const file of readdirSync(home)) rmSync(join(home, file), { recursive: true });
    return start();
  };
  return noted({ url, code, kill, restart: start, anew, close });
}

/** A native device that belongs to no vault yet. */
export function loneDevice() {
  const home = mkdtempSync(join(tmpdir(), "runlog-device-"));
  const cli = async (...args) => (await run(program, ["--home", home, ...args])).stdout;
  const json = async (...args) => JSON.parse(await cli(...args, "--json"));
  const withInput = (input, ...args) =>
    new Promise((resolve, reject) => {
      const child = execFile(program, ["--home", home, ...args], (error, stdout) => (error ? reject(error) : resolve(stdout)));
      child.stdin.end(input);
    });
  return noted({ cli, json, withInput, close: () => rmSync(home, { recursive: true, force: true }) });
}

/** A native device that joins a vault by its phrase or by a pairing code, and syncs with the relay at `url`. */
export async function device(phrase, url, code) {
  const one = loneDevice();
  if (code === undefined) {
    await one.withInput(phrase, "vault", "join", "--phrase-file", "-", "--keep", "file");
    await one.cli("backend", "add", url);
  } else await one.withInput(code, "vault", "join", "--relay", url, "--code-file", "-", "--keep", "file");
  return one;
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
  return noted({
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
  });
}
