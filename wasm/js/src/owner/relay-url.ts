import { RunlogError } from "../errors.js";

const INSECURE = "http+insecure://";

/**
 * The address of a relay, as it was written, without a slash at its end. Tokens travel with every request, so
 * an address on the network without TLS is refused unless it is asked for by name: `http+insecure://`.
 *
 * @throws RunlogError `invalid`.
 */
export function relayUrl(text: string): string {
  const trimmed = text.trim().replace(/\/+$/, "");
  const url = parsed(target(trimmed, ""));
  if (url?.search !== "" || url.hash !== "") throw invalid("write the address of a relay as https://relay.example");
  if (url.username !== "" || url.password !== "") throw invalid("an address holds no user and no password");
  if (url.protocol === "http:" && !trimmed.startsWith(INSECURE) && !isLoopback(url.hostname)) {
    throw invalid(
      `http:// would carry this device's token over the network for all to read: use https://, or ${INSECURE} ` +
        "where the network itself is encrypted",
    );
  }
  return trimmed;
}

/** What a relay is called unless told. */
export function hostOf(url: string): string {
  return parsed(target(url, ""))?.hostname ?? url;
}

/** The address of something at a relay. */
export function target(url: string, path: string): string {
  return (url.startsWith(INSECURE) ? `http://${url.slice(INSECURE.length)}` : url) + path;
}

function parsed(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && ["http:", "https:"].includes(url.protocol) && url.hostname !== "" ? url : undefined;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

function invalid(message: string): RunlogError {
  return new RunlogError("invalid", `url: ${message}`);
}
