// From the instantiated module to the first list, in a worker: what `open` does behind the client.
import init, { Database } from "/generated/runlog_wasm.js";

onmessage = async ({ data: name }) => {
  try {
    await init({ module_or_path: "/runlog.wasm" });
    const begun = performance.now();
    const database = await Database.openOpfs(`runlog/${name}`);
    const opened = performance.now();
    JSON.parse(database.call(JSON.stringify({ method: "list", args: {} })));
    const listed = performance.now();
    database.close();
    postMessage({ opened: opened - begun, listed: listed - begun });
  } catch (error) {
    postMessage({ failed: String(error?.message ?? error) });
  }
};
