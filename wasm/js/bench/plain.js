// The official SQLite package in its own worker on opfs-sahpool: the same rows into the same schema.
import sqlite3InitModule from "/sqlite/index.mjs";

let pool;
let sqlite3;
let empty;
let rows;

const calls = {
  /** `empty` is a history without executions, `filled` one with those that are to be written. */
  async prepare({ empty: schema, filled }) {
    sqlite3 = await sqlite3InitModule({ locateFile: () => "/sqlite/sqlite3.wasm" });
    pool = await sqlite3.installOpfsSAHPoolVfs({ name: "plain", directory: "/plain" });
    empty = new Uint8Array(schema);
    await pool.importDb("/filled.db", new Uint8Array(filled));
    const source = new pool.OpfsSAHPoolDb("/filled.db");
    rows = ["executions", "param_index"].map((table) => read(source, table));
    source.close();
    return { version: sqlite3.version.libVersion, rows: rows.map((read) => read.rows.length) };
  },

  /** Writes all of it, `batch` executions in a transaction; the last one waits for the disk. */
  async record({ batch }) {
    pool.unlink("/plain.db");
    pool.unlink("/plain.db-wal");
    await pool.importDb("/plain.db", empty);
    const db = new pool.OpfsSAHPoolDb("/plain.db");
    db.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
    db.exec("PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=1000;");
    const [executions, params] = rows;
    const insert = db.prepare(insertInto("executions", executions.columns));
    const index = db.prepare(insertInto("param_index", params.columns));
    const finish = db.prepare(
      "UPDATE executions SET outcome = ?2, ended_at = ?3, clocks = ?4, change = ?5 WHERE id = ?1",
    );
    const at = Object.fromEntries(executions.columns.map((name, place) => [name, place]));
    const started = executions.rows.map((row) => {
      const copy = [...row];
      copy[at.outcome] = copy[at.ended_at] = null;
      return copy;
    });
    const ended = executions.rows.map((row) =>
      ["id", "outcome", "ended_at", "clocks", "change"].map((name) => row[at[name]]),
    );
    const perRow = params.rows.length / executions.rows.length;
    const begun = performance.now();
    for (let from = 0; from < started.length; from += batch) {
      const last = from + batch >= started.length;
      if (last) db.exec("PRAGMA synchronous=FULL");
      db.exec("BEGIN IMMEDIATE");
      for (let place = from; place < Math.min(from + batch, started.length); place += 1) {
        insert.bind(started[place]).stepReset();
        for (let param = place * perRow; param < (place + 1) * perRow; param += 1) index.bind(params.rows[param]).stepReset();
        finish.bind(ended[place]).stepReset();
      }
      db.exec("COMMIT");
    }
    const took = performance.now() - begun;
    for (const statement of [insert, index, finish]) statement.finalize();
    const count = db.selectValue("SELECT count(*) FROM executions WHERE outcome IS NOT NULL");
    db.close();
    return { took, count };
  },
};

function read(db, table) {
  const columns = db.selectValues(`SELECT name FROM pragma_table_xinfo('${table}') WHERE hidden = 0`);
  return { columns, rows: db.selectArrays(`SELECT ${columns.join(", ")} FROM ${table} ORDER BY row`) };
}

function insertInto(table, columns) {
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
}

onmessage = async ({ data: { call, args } }) => {
  try {
    postMessage({ done: await calls[call](args) });
  } catch (error) {
    postMessage({ failed: String(error?.message ?? error) });
  }
};
