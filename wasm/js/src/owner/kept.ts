/** A few values under keys, kept beside a database and never in it. */
export interface Kept {
  get<T>(key: string): Promise<T | undefined>;
  /** Resolves once it is stored. */
  put(key: string, value: unknown): Promise<void>;
  /** Stores a value unless there is one, and gives the one that is there then. */
  putIfAbsent<T>(key: string, value: T): Promise<T>;
  delete(key: string): Promise<void>;
}

const STORE = "kept";

/** In IndexedDB, for the whole origin. */
export class IndexedKept implements Kept {
  #database: Promise<IDBDatabase> | undefined;

  async get<T>(key: string): Promise<T | undefined> {
    const store = await this.#store("readonly");
    return (await asked(store.get(key))) as T | undefined;
  }

  async put(key: string, value: unknown): Promise<void> {
    const store = await this.#store("readwrite");
    store.put(value, key);
    await committed(store.transaction);
  }

  async putIfAbsent<T>(key: string, value: T): Promise<T> {
    const store = await this.#store("readwrite");
    const held = (await asked(store.get(key))) as T | undefined;
    if (held !== undefined) return held;
    store.put(value, key);
    await committed(store.transaction);
    return value;
  }

  async delete(key: string): Promise<void> {
    const store = await this.#store("readwrite");
    store.delete(key);
    await committed(store.transaction);
  }

  async #store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    this.#database ??= open();
    const database = await this.#database;
    return database.transaction(STORE, mode, { durability: "strict" }).objectStore(STORE);
  }
}

/** Until the worker ends. */
export class MemoryKept implements Kept {
  readonly #values = new Map<string, unknown>();

  get<T>(key: string): Promise<T | undefined> {
    return Promise.resolve(this.#values.get(key) as T | undefined);
  }

  put(key: string, value: unknown): Promise<void> {
    this.#values.set(key, value);
    return Promise.resolve();
  }

  async putIfAbsent<T>(key: string, value: T): Promise<T> {
    const held = await this.get<T>(key);
    if (held === undefined) await this.put(key, value);
    return held ?? value;
  }

  delete(key: string): Promise<void> {
    this.#values.delete(key);
    return Promise.resolve();
  }
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open("runlog", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return asked(request);
}

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB failed"));
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    const failed = () => reject(transaction.error ?? new Error("IndexedDB failed"));
    transaction.onabort = failed;
    transaction.onerror = failed;
  });
}
