import { RunlogError } from "../errors.js";
import type { Topic } from "../topic.js";
import type { SyncCause, SyncOptions, SyncReport } from "../sync-types.js";
import { Background } from "./background.js";
import { Backends } from "./backends.js";
import { Driver } from "./driver.js";
import type { Engine } from "./engine.js";
import type { Keychain } from "./keychain.js";
import { Sessions } from "./session.js";
import { VaultKeeper } from "./vault-keeper.js";

/** A call of a page that takes more than the database. */
type Service = (args: never, client: string) => unknown;

/** How long further changes by a sync wait to be told, in milliseconds. */
const TOLD_EVERY_MS = 150;

/** What pages ask that needs relays or the keychain. */
export class Services {
  readonly vault: VaultKeeper;
  readonly #background: Background;
  readonly #driver: Driver;
  readonly #onchange: (topic: Topic) => void;
  readonly #services: ReadonlyMap<string, Service>;
  /** Syncs that were asked for, by the call that did. */
  readonly #requests = new Map<string, AbortController>();
  #isTelling = false;
  #untold: Topic | undefined;

  constructor(engine: Engine, keychain: Keychain, onchange: (topic: Topic) => void) {
    this.#onchange = onchange;
    const sessions = new Sessions(engine, keychain);
    const backends = new Backends(engine, keychain, sessions);
    this.vault = new VaultKeeper(engine, keychain, sessions, backends);
    this.#driver = new Driver(engine, sessions);
    this.#background = new Background(engine, this.#driver, sessions);
    this.#driver.onprogress = (topic) => this.#tellNowAndThen(topic);
    this.#background.onchange = () => this.#tellNowAndThen("sync");
    this.#services = this.#table(backends);
  }

  /** Whether it is for these to carry out. */
  has(method: string): boolean {
    return this.#services.has(method);
  }

  /** Carries out a call. */
  async call(method: string, args: object, client: string): Promise<unknown> {
    const service = this.#services.get(method);
    if (!service) throw new RunlogError("invalid", `there is no call '${method}'`);
    return await service(args as never, client);
  }

  /** The history was written to. */
  written(): void {
    this.#background.look();
  }

  /** Ends all of it. Nothing of these calls the database afterwards. */
  close(): void {
    for (const controller of this.#requests.values()) controller.abort();
    this.#background.close();
    this.#driver.close();
  }

  #table(backends: Backends): ReadonlyMap<string, Service> {
    const { vault } = this;
    const background = this.#background;
    /** Of what changes whether and with whom to sync. */
    const settles =
      <A>(work: (args: A) => unknown) =>
      async (args: A) => {
        const done = await work(args);
        this.#onchange("sync");
        background.look();
        return done;
      };
    return new Map<string, Service>([
      ["vault.state", () => vault.state()],
      ["vault.create", settles((made: Parameters<VaultKeeper["create"]>[0]) => vault.create(made))],
      ["vault.join", settles((joining: Parameters<VaultKeeper["join"]>[0]) => vault.join(joining))],
      ["vault.unlock", settles(({ passphrase }: { passphrase: string }) => vault.unlock(passphrase))],
      ["vault.phrase", () => vault.phrase()],
      ["vault.offer", ({ backend }: { backend: string }) => vault.offer(backend)],
      ["sync.addBackend", settles((added: Parameters<Backends["add"]>[0]) => backends.add(added))],
      ["sync.removeBackend", settles(({ id }: { id: string }) => backends.remove(id))],
      [
        "sync.enableBackend",
        settles(({ id, enabled }: { id: string; enabled: boolean }) => backends.enable(id, enabled)),
      ],
      ["sync.enable", settles(({ on }: { on: boolean }) => backends.enableAll(on))],
      ["sync.devices", () => backends.devices()],
      ["sync.run", (asked: Asked) => this.#run(asked)],
      ["sync.cancel", ({ request }: { request?: string }) => this.#cancel(request)],
      ["sync.start", ({ everyMs }: { everyMs?: number }, client) => background.start(client, everyMs)],
      ["sync.stop", (_: object, client) => background.stop(client)],
      ["sync.cause", ({ cause }: { cause: SyncCause }) => background.cause(cause)],
    ]);
  }

  async #run({ request, ...options }: Asked): Promise<SyncReport> {
    const controller = new AbortController();
    this.#requests.set(request, controller);
    try {
      const begin = { ...options, cause: "manual", triggeredBy: "user" };
      return (await this.#driver.run(begin, controller.signal)).report;
    } finally {
      this.#requests.delete(request);
    }
  }

  #cancel(request: string | undefined): void {
    if (request !== undefined) this.#requests.get(request)?.abort();
    else {
      for (const controller of this.#requests.values()) controller.abort();
      this.#background.cancel();
    }
  }

  /** The first at once, and what follows soon together. */
  #tellNowAndThen(topic: Topic): void {
    if (this.#isTelling) {
      if (this.#untold !== "history") this.#untold = topic;
      return;
    }
    this.#onchange(topic);
    this.#isTelling = true;
    setTimeout(() => {
      this.#isTelling = false;
      const untold = this.#untold;
      this.#untold = undefined;
      if (untold !== undefined) this.#tellNowAndThen(untold);
    }, TOLD_EVERY_MS);
  }
}

type Asked = Omit<SyncOptions, "signal"> & { readonly request: string };
