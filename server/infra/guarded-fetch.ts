// fetch for addresses that a person typed: https to the open internet only, resolved once and pinned, no redirects, bounded in size and time.
import { lookup } from "node:dns/promises";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { err, ok, type Result } from "@/lib/errors/result";
import { SourceError, errorText } from "@/lib/errors/tidegate-error";
import { redactUrl } from "./http";

/** safety.md section 6. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
/** An address with more is no service's. */
const MAX_URL_CHARS = 2_048;

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

export interface GuardPolicy {
  /**
   * Origins that whoever runs this machine named in its environment (a ntfy server in the same network, a local node): for these the
   * address may be private and the scheme http. Never fed from what is typed into the desk.
   */
  readonly trustedOrigins?: readonly string[];
  /** When given, only these host names are asked. */
  readonly allowedHosts?: readonly string[];
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** For tests: stands in for the system's resolver. */
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>;
}

/** Everything that is not the open internet (IANA special-purpose registries), and ranges that carry an IPv4 address inside. */
const CLOSED = {
  ipv4: rangesOf("ipv4", [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
    ["192.88.99.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["198.51.100.0", 24],
    ["203.0.113.0", 24],
    ["224.0.0.0", 3],
  ]),
  // A list of its own: with the mapped range beside them, every IPv4 address would count as closed.
  ipv6: rangesOf("ipv6", [
    ["::", 96],
    ["::ffff:0:0", 96],
    ["64:ff9b::", 96],
    ["64:ff9b:1::", 48],
    ["100::", 64],
    ["2001::", 23],
    ["2001:db8::", 32],
    ["2002::", 16],
    ["3fff::", 20],
    ["5f00::", 16],
    ["fc00::", 7],
    ["fe80::", 9],
    ["ff00::", 8],
  ]),
};

function rangesOf(family: "ipv4" | "ipv6", nets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, bits] of nets) list.addSubnet(net, bits, family);
  return list;
}

/** Whether an address belongs to the open internet. */
export function isOpenAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  // Zone ids name an interface of this machine.
  if (address.includes("%")) return false;
  return family === 4 ? !CLOSED.ipv4.check(address, "ipv4") : !CLOSED.ipv6.check(address, "ipv6");
}

/** Names that mean this machine or its network whatever a resolver says. */
const CLOSED_NAME = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa|onion|test|invalid|example)$/;

/** Checks an address a person typed, without asking anybody; for forms, before it is kept. */
export function checkOutboundUrl(text: string, policy: GuardPolicy = {}): Result<URL, SourceError> {
  if (text.length > MAX_URL_CHARS || !URL.canParse(text)) return err(refused("that text", "is no address"));
  const url = new URL(text);
  const shown = redactUrl(text);
  if (url.username !== "" || url.password !== "")
    return err(refused(shown, "holds a user name or password; leave them out"));
  const isTrusted = policy.trustedOrigins?.includes(url.origin) === true;
  if (url.protocol !== "https:" && !(isTrusted && url.protocol === "http:")) {
    return err(refused(shown, "must begin with https://"));
  }
  const host = hostOf(url);
  if (policy.allowedHosts !== undefined && !policy.allowedHosts.includes(host)) {
    return err(refused(shown, `is not one of ${policy.allowedHosts.join(", ")}`));
  }
  if (isTrusted) return ok(url);
  if (isIP(host) === 0 ? CLOSED_NAME.test(host) || !host.includes(".") : !isOpenAddress(host)) {
    return err(refused(shown, "is inside this machine or network; only services of the open internet are asked"));
  }
  return ok(url);
}

function hostOf(url: URL): string {
  return url.hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

/**
 * A `fetch` to hand to whatever asks an address of a person's (webhook, own RPC node). Rejects with a SourceError; the error says what
 * was expected and never more of the address than scheme, host and path without keys.
 */
export function createGuardedFetch(policy: GuardPolicy = {}): typeof fetch {
  return async (input, init) => {
    const text = input instanceof Request ? input.url : String(input);
    const checked = checkOutboundUrl(text, policy);
    if (!checked.ok) throw checked.error;
    const url = checked.value;
    const isTrusted = policy.trustedOrigins?.includes(url.origin) === true;
    const pinned = await resolveOnce(url, policy, isTrusted);
    if (!pinned.ok) throw pinned.error;
    const from = new Request(input, init);
    const body = from.body === null ? null : Buffer.from(await from.arrayBuffer());
    return ask(url, pinned.value, { from, body, policy });
  };
}

/** All addresses of the name must be open: one closed among them is a name that points inside when it suits. */
async function resolveOnce(
  url: URL,
  policy: GuardPolicy,
  isTrusted: boolean,
): Promise<Result<ResolvedAddress, SourceError>> {
  const host = hostOf(url);
  const shown = redactUrl(url.href);
  const literal = isIP(host);
  if (literal !== 0) return ok({ address: host, family: literal === 4 ? 4 : 6 });
  let found: readonly ResolvedAddress[];
  try {
    found = await (policy.resolve ?? resolveBySystem)(host);
  } catch (error) {
    return err(
      new SourceError({
        code: "unreachable",
        retryable: true,
        message: `${shown} could not be found (${errorText(error)}); check the name`,
      }),
    );
  }
  const [first] = found;
  if (first === undefined) return err(refused(shown, "has no address"));
  if (!isTrusted && !found.every(({ address }) => isOpenAddress(address))) {
    return err(refused(shown, "points inside this machine or network; only services of the open internet are asked"));
  }
  return ok(first);
}

async function resolveBySystem(host: string): Promise<readonly ResolvedAddress[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}

function ask(
  url: URL,
  pinned: ResolvedAddress,
  input: { readonly from: Request; readonly body: Buffer | null; readonly policy: GuardPolicy },
): Promise<Response> {
  const { from, body, policy } = input;
  const timeoutMs = policy.timeoutMs ?? TIMEOUT_MS;
  const maxBytes = policy.maxBytes ?? MAX_BODY_BYTES;
  const shown = redactUrl(url.href);
  // The name is never asked again: a second answer could point elsewhere.
  const toPinned: LookupFunction = (_, options, done) => {
    if (options.all === true) done(null, [pinned]);
    else done(null, pinned.address, pinned.family);
  };
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { ...Object.fromEntries(from.headers), "accept-encoding": "identity" };
    if (body !== null) headers["content-length"] = String(body.byteLength);
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    const request = send(url, { method: from.method, headers, lookup: toPinned, agent: false, signal: from.signal });
    const fail = (error: SourceError): void => {
      request.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      fail(
        new SourceError({
          code: "timeout",
          retryable: true,
          message: `${shown} gave no full answer within ${timeoutMs} ms; check that the service is up and reachable`,
          details: { timeoutMs },
        }),
      );
    }, timeoutMs);
    request.once("error", (error) => {
      clearTimeout(timer);
      reject(
        new SourceError({
          code: "unreachable",
          retryable: true,
          message: `${shown} could not be read (${errorText(error)}); check that the service is up and reachable`,
        }),
      );
    });
    request.once("close", () => clearTimeout(timer));
    request.once("response", (response) => {
      const status = response.statusCode ?? 0;
      if (status >= 300 && status < 400) {
        fail(refused(shown, `answered ${status}, a redirect; redirects are refused: set the final address instead`));
        return;
      }
      const encoding = response.headers["content-encoding"] ?? "identity";
      if (encoding !== "identity") {
        fail(refused(shown, `answered in the encoding ${encoding}, which was not asked for`));
        return;
      }
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size > maxBytes) fail(refused(shown, `sent more than ${maxBytes} bytes; the answer was dropped`));
        else chunks.push(chunk);
      });
      response.once("error", (error) => fail(refused(shown, `broke off its answer (${errorText(error)})`)));
      response.once("end", () => {
        if (!response.complete) {
          fail(refused(shown, "broke off its answer"));
          return;
        }
        const hasNoBody = status === 204 || status === 205 || status < 200;
        const type = response.headers["content-type"];
        resolve(
          new Response(hasNoBody ? null : Buffer.concat(chunks), {
            status: status < 200 ? 502 : status,
            headers: type === undefined ? {} : { "content-type": type },
          }),
        );
      });
    });
    request.end(body ?? undefined);
  });
}

function refused(shown: string, why: string): SourceError {
  return new SourceError({ code: "bad_data", retryable: false, message: `${shown} ${why}` });
}
