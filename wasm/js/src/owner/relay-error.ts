import { RunlogError, type ErrorCode } from "../errors.js";

/** Why a relay did not do what it was asked. No message holds a secret. */
export class RelayError extends RunlogError {
  /** The HTTP status; `undefined` where there was no answer. */
  readonly status: number | undefined;
  /** How long the relay asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number;

  constructor(code: ErrorCode, message: string, { status, retryAfterMs = 0 }: RelayFacts = {}) {
    super(code, message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether it may go better a moment later, without anybody doing anything. */
  get isTransient(): boolean {
    return this.code === "unreachable" || this.code === "busy" || this.code === "relayFailed";
  }
}

interface RelayFacts {
  readonly status?: number;
  readonly retryAfterMs?: number;
}

/** What a refusal beside the protocol says. */
export function denied(relay: string, response: Response, body: string): RelayError {
  const { status } = response;
  const reason = reasonOf(response, body);
  if (status === 429) {
    const seconds = Number(response.headers.get("retry-after") ?? "1");
    const retryAfterMs = Number.isFinite(seconds) ? seconds * 1_000 : 1_000;
    return new RelayError("busy", `${relay} asks to wait`, { status, retryAfterMs });
  }
  if (reason === undefined && (status === 502 || status === 504)) {
    return new RelayError("unreachable", `${relay} cannot be reached: what stands before it answers alone`, { status });
  }
  // A relay says in words what it does not have.
  if (reason === undefined && (status < 400 || status === 404)) {
    return new RelayError("notARelay", `what answers at ${relay} is no relay of this program (status ${status})`, {
      status,
    });
  }
  const code = status >= 500 ? "relayFailed" : status === 401 ? "unauthorised" : "refused";
  return new RelayError(code, `${relay} refused: ${reason ?? `status ${status}`}`, { status });
}

/** The words of a refusal, cut to what is shown in a line. */
function reasonOf(response: Response, body: string): string | undefined {
  if (!response.headers.get("content-type")?.startsWith("application/json")) return undefined;
  try {
    const told = JSON.parse(body) as { readonly error?: { readonly message?: unknown } };
    const text = told.error?.message;
    return typeof text === "string" ? text.replace(/\p{Cc}/gu, "").slice(0, 300) : undefined;
  } catch {
    return undefined;
  }
}
