import type { Access } from "./engine.js";
import { RelayError, denied } from "./relay-error.js";
import { target } from "./relay-url.js";
import { Backoff, sleep } from "./waiting.js";

/** What messages of the protocol are. */
const SYNC_TYPE = "application/vnd.runlog.sync";
/** Largest message of the protocol, in bytes. */
const MESSAGE_BYTES_MAX = 32 << 20;
/** Largest other answer, in bytes. */
const SMALL_BYTES_MAX = 256 << 10;
/** How long a relay may be silent, in milliseconds. */
const SILENT_MS_MAX = 60_000;
/** How often a request is made in all. */
export const ATTEMPTS = 4;
/** How long until the first repetition, in milliseconds, doubled with each further one. */
export const REPEAT_AFTER_MS = 200;
/** Longest that a relay may ask to wait for it to be waited for here, in milliseconds. */
export const WAIT_MS_MAX = 5_000;

interface Asked {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly bearer?: string;
  readonly type?: string;
  readonly body?: BodyInit;
}

/** A device as a relay knows it. */
export interface RelayDevice {
  readonly device: string;
  readonly role: "reader" | "writer" | "owner" | null;
  /** RFC 3339. */
  readonly created_at: string;
  readonly seen_at: string | null;
  readonly revoked: boolean;
}

/** One relay, asked over HTTP. It knows nothing of histories. */
export class Relay {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Carries a message of the protocol, once. A refusal is an answer, too. */
  async exchange(vault: string, token: string, body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Uint8Array> {
    const path = `/v1/vaults/${vault}/sync`;
    const asked: Asked = { method: "POST", path, bearer: token, type: SYNC_TYPE, body };
    return this.#answered(asked, MESSAGE_BYTES_MAX, signal, isMessage);
  }

  /** Makes an account, with the set-up code of a new relay or the token of an account that may invite. */
  async addAccount(name: string, code: string, signal: AbortSignal): Promise<string> {
    const { token } = await this.#post<{ token: string }>("/v1/accounts", code, { name }, signal);
    return token;
  }

  /** Makes room for a vault, owned by an account. Making it again changes nothing. */
  async addVault({ vault, verifier }: Access, account: string, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify({ vault, verifier });
    const asked: Asked = { method: "POST", path: "/v1/vaults", bearer: account, type: "application/json", body };
    await this.#repeated(asked, signal);
  }

  /** Obtains a token for a device, by the vault's access key. */
  async addDevice({ vault, access, device }: Access, signal: AbortSignal): Promise<string> {
    const path = `/v1/vaults/${vault}/devices`;
    const { token } = await this.#post<{ token: string }>(path, access, { device }, signal);
    return token;
  }

  /** The devices that the relay has let into a vault. */
  async devices({ vault, access }: Access, signal: AbortSignal): Promise<readonly RelayDevice[]> {
    const path = `/v1/vaults/${vault}/devices`;
    const body = await this.#repeated({ method: "GET", path, bearer: access }, signal);
    return this.#parsed(body) as RelayDevice[];
  }

  /** Leaves a sealed message for a device that is not in yet. */
  async putMailbox(id: string, offer: Uint8Array<ArrayBuffer>, token: string, signal: AbortSignal): Promise<void> {
    const type = "application/octet-stream";
    await this.#repeated({ method: "PUT", path: `/v1/mailboxes/${id}`, bearer: token, type, body: offer }, signal);
  }

  /** Takes a message out of a mailbox; `undefined` where there is none, or no longer. */
  async takeMailbox(id: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    try {
      return await this.#repeated({ method: "GET", path: `/v1/mailboxes/${id}` }, signal);
    } catch (error) {
      if (error instanceof RelayError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Listens to the notices of a vault: each sign of life, with the vault's newest sequence where it says one.
   * It ends with an error.
   */
  async *events(vault: string, token: string, signal: AbortSignal): AsyncGenerator<number | undefined, never, void> {
    const silence = new Silence(signal);
    try {
      const response = await this.#fetch({ method: "GET", path: `/v1/vaults/${vault}/events`, bearer: token }, silence);
      if (!response.ok) throw denied(this.url, response, await response.text());
      // That it listens is a sign of life, too.
      yield undefined;
      let text = "";
      const decoder = new TextDecoder();
      for await (const chunk of this.#chunks(response, silence)) {
        text += decoder.decode(chunk, { stream: true });
        const lines = text.split("\n");
        text = (lines.pop() ?? "").slice(0, 4_096);
        const heads = lines.filter((line) => line.startsWith("data:")).map((line) => Number(line.slice(5).trim()));
        yield heads.findLast((head) => Number.isSafeInteger(head));
      }
      throw this.#unreachable("it ended its notices");
    } finally {
      silence.end();
    }
  }

  async #post<T>(path: string, bearer: string, asked: object, signal: AbortSignal): Promise<T> {
    const body = JSON.stringify(asked);
    const answer = await this.#repeated({ method: "POST", path, bearer, type: "application/json", body }, signal);
    return this.#parsed(answer) as T;
  }

  #parsed(body: Uint8Array): unknown {
    try {
      return JSON.parse(new TextDecoder().decode(body));
    } catch {
      // Without the content, which may be a token.
      throw new RelayError("notARelay", `what answers at ${this.url} is no relay: JSON of another form`);
    }
  }

  /** A small request, repeated where it may go better. */
  async #repeated(asked: Asked, signal: AbortSignal): Promise<Uint8Array> {
    const backoff = new Backoff(REPEAT_AFTER_MS, WAIT_MS_MAX);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#answered(asked, SMALL_BYTES_MAX, signal, (response) => response.ok);
      } catch (error) {
        const again = error instanceof RelayError && error.isTransient && error.retryAfterMs <= WAIT_MS_MAX;
        if (!again || attempt === ATTEMPTS || signal.aborted) throw error;
        await sleep(Math.max(backoff.next(), error.retryAfterMs), signal);
      }
    }
  }

  async #answered(
    asked: Asked,
    bytesMax: number,
    signal: AbortSignal,
    isAnswer: (response: Response) => boolean,
  ): Promise<Uint8Array> {
    const silence = new Silence(signal);
    try {
      const response = await this.#fetch(asked, silence);
      const parts: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of this.#chunks(response, silence)) {
        length += chunk.length;
        if (length > bytesMax) {
          throw new RelayError("notARelay", `what answers at ${this.url} is no relay: more than ${bytesMax} bytes`);
        }
        parts.push(chunk);
      }
      const body = joined(parts, length);
      if (!isAnswer(response)) throw denied(this.url, response, new TextDecoder().decode(body));
      return body;
    } finally {
      silence.end();
    }
  }

  async #fetch({ method, path, bearer, type, body }: Asked, silence: Silence): Promise<Response> {
    const headers = new Headers();
    if (bearer !== undefined) headers.set("authorization", `Bearer ${bearer}`);
    if (type !== undefined) headers.set("content-type", type);
    const request: RequestInit = {
      method,
      headers,
      signal: silence.signal,
      // A relay redirects nobody: a token is not for whoever stands behind it.
      redirect: "error",
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
    };
    if (body !== undefined) request.body = body;
    try {
      return await fetch(target(this.url, path), request);
    } catch {
      throw this.#broken(silence, "nothing answers there, there is no network, or it admits no pages of this origin");
    }
  }

  async *#chunks(response: Response, silence: Silence): AsyncGenerator<Uint8Array, void, void> {
    const reader = response.body?.getReader();
    if (!reader) return;
    try {
      for (;;) {
        silence.heard();
        const { done, value } = await reader.read();
        if (done) return;
        yield value;
      }
    } catch (error) {
      if (error instanceof RelayError) throw error;
      throw this.#broken(silence, "the connection broke");
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  #broken(silence: Silence, detail: string): RelayError {
    if (silence.isCancelled) return new RelayError("cancelled", "stopped");
    return this.#unreachable(silence.signal.aborted ? "it did not answer in time" : detail);
  }

  #unreachable(detail: string): RelayError {
    return new RelayError("unreachable", `${this.url} cannot be reached: ${detail}`);
  }
}

/** Ends a request whose relay is silent for too long, or that is told to stop. */
class Silence {
  readonly #given: AbortSignal;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(given: AbortSignal) {
    this.#given = given;
    given.addEventListener("abort", this.#abort);
    if (given.aborted) this.#abort();
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether it was told to stop. */
  get isCancelled(): boolean {
    return this.#given.aborted;
  }

  /** The relay gave a sign of life. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#abort, SILENT_MS_MAX);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#given.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => this.#controller.abort();
}

function isMessage(response: Response): boolean {
  return response.headers.get("content-type")?.split(";")[0]?.trim() === SYNC_TYPE;
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
