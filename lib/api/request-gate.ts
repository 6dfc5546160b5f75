// What a request must look like before anything reads it: right Host, plain path, no header that asks a server to act as another; used by the desk, the ops port and the API.

export interface GateInput {
  readonly method: string;
  /** Request target as it came on the wire, for example `/api/pairs?limit=1`. */
  readonly target: string;
  readonly host: string | null;
  readonly headerNames: Iterable<string>;
}

export interface GateRefusal {
  readonly status: 400 | 405 | 421;
  readonly code: "bad_request" | "method_not_allowed";
  /** What was wrong: the name of a header, or `path`. */
  readonly field: string;
  readonly message: string;
}

/** Longest request target, characters; the longest address of the desk has about 300. Choice. */
const MAX_TARGET_CHARS = 8_192;

/**
 * Headers that servers and frameworks take for orders (act as an inner request, as another method, at another address). No browser
 * sends them for a page of ours, so who does tries something.
 */
const REFUSED_HEADERS: ReadonlySet<string> = new Set([
  "next-action",
  "x-http-method",
  "x-http-method-override",
  "x-invoke-output",
  "x-invoke-path",
  "x-invoke-query",
  "x-matched-path",
  "x-method-override",
  "x-middleware-next",
  "x-middleware-override-headers",
  "x-middleware-rewrite",
  "x-middleware-subrequest",
  "x-nextjs-data",
  "x-now-route-matches",
  "x-original-url",
  "x-rewrite-url",
]);

/** Encoded slash, backslash, dot and NUL, and a percent sign that is itself encoded: only somebody who hides a path writes them. */
const HIDDEN_IN_PATH = /%(2f|5c|2e|00|25)/i;
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Null when the request may go on. `origin` is the address the desk is served on: a Host that is neither its own nor loopback is a
 * page of another site that resolved its name to us (DNS rebinding), and would read answers as its own.
 */
export function checkGate(origin: string, input: GateInput): GateRefusal | null {
  if (!isOurHost(origin, input.host)) {
    return {
      status: 421,
      code: "bad_request",
      field: "host",
      message: `This desk is ${origin}; the request is for the host ${shown(input.host ?? "none")}. Open the desk at its own address, or set TG_ORIGIN to the one you use.`,
    };
  }
  for (const name of input.headerNames) {
    if (!REFUSED_HEADERS.has(name.toLowerCase())) continue;
    return {
      status: 400,
      code: "bad_request",
      field: name.toLowerCase(),
      message: `The header ${name.toLowerCase()} is not taken here; leave it out.`,
    };
  }
  if (input.target.length > MAX_TARGET_CHARS) {
    return {
      status: 400,
      code: "bad_request",
      field: "path",
      message: `The address has ${input.target.length} characters; at most ${MAX_TARGET_CHARS} are taken.`,
    };
  }
  const path = input.target.split(/[?#]/, 1)[0] ?? "";
  if (!isPlainPath(path)) {
    return {
      status: 400,
      code: "bad_request",
      field: "path",
      message: `The path ${shown(path)} is not plain: it must begin with one slash and hold no double slash, dot segment, backslash or encoded one of them.`,
    };
  }
  return null;
}

function isOurHost(origin: string, host: string | null): boolean {
  if (host === null) return false;
  return host.toLowerCase() === new URL(origin).host || LOOPBACK_HOST.test(host);
}

function isPlainPath(path: string): boolean {
  if (!path.startsWith("/") || path.includes("//") || path.includes("\\") || HIDDEN_IN_PATH.test(path)) return false;
  return !path.split("/").some((segment) => segment === "." || segment === "..");
}

function shown(text: string): string {
  return text.slice(0, 80);
}

/**
 * Address a request is counted under. `proxyHops`: servers of ours in front; each appends the address it saw to X-Forwarded-For, so
 * everything left of the n-th entry from the right was written by the client and says nothing.
 */
export function callerAddress(input: {
  readonly forwardedFor: string | null;
  readonly socketAddress: string | null;
  readonly proxyHops: number;
}): string {
  const seen = input.proxyHops === 0 ? [] : (input.forwardedFor ?? "").split(",").map((part) => part.trim());
  const hops = [...seen.filter((part) => part !== ""), input.socketAddress ?? "unknown"];
  return hops[Math.max(0, hops.length - 1 - input.proxyHops)] ?? "unknown";
}

/** Headers by which a client could tell the server behind another caller, host or scheme; replaced or dropped at the socket. */
export const FORWARDING_HEADERS = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-real-ip",
  "x-nonce",
] as const;

/** On every answer of the API: JSON that no page may frame, sniff, or load from another site. */
export const API_SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
