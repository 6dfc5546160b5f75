// Where outgoing messages may go: https to public addresses, resolved once and pinned; anything nearer only when its host and port are on the list of settings.
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { errorText } from "@/lib/errors/tidegate-error";
import { err, ok, type Result } from "@/lib/errors/result";
import { AlertError } from "./alert-error";

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

export interface GuardSettings {
  /** `host:port` entries that may be plain http and private: an own server on this machine or in this network. */
  readonly privateHosts: readonly string[];
  readonly resolve: Resolve;
}

export interface GuardedTarget {
  readonly url: URL;
  /** The one address to connect to. */
  readonly pinned: ResolvedAddress;
}

/** Never, not even by settings: link-local (cloud metadata), unspecified, multicast, broadcast. */
const NEVER = blockList([
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["::", 128],
  ["fe80::", 10],
  ["ff00::", 8],
]);
/** Only when listed: loopback, private, shared, documentation and translated ranges. */
const NEAR = blockList([
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["::1", 128],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fec0::", 10],
]);

function blockList(ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of ranges) list.addSubnet(net, prefix, net.includes(":") ? "ipv6" : "ipv4");
  return list;
}

export function addressKind(address: string): "public" | "near" | "never" {
  const family = isIP(address);
  if (family === 0) return "never";
  // An IPv4 address inside an IPv6 one (::ffff:…) is compared with the IPv4 ranges by BlockList itself.
  const type = family === 4 ? "ipv4" : "ipv6";
  if (NEVER.check(address, type)) return "never";
  return NEAR.check(address, type) ? "near" : "public";
}

export const systemResolve: Resolve = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.flatMap(({ address, family }): ResolvedAddress[] =>
    family === 4 || family === 6 ? [{ address, family }] : [],
  );
};

/** Every address a name has must be allowed, not only the one that is used: a mixed answer is an attack or a mistake. */
export async function guardTarget(settings: GuardSettings, text: string): Promise<Result<GuardedTarget, AlertError>> {
  if (!URL.canParse(text)) return refused("bad_address", "the address is not a URL; expected https://host/…");
  const url = new URL(text);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (url.protocol === "http:" ? "80" : "443") : url.port;
  const isListed = settings.privateHosts.includes(`${host}:${port}`);
  if (url.username !== "" || url.password !== "") {
    return refused("refused_address", `an address with a user name or password inside is refused (${host})`);
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isListed)) {
    return refused(
      "refused_address",
      `expected https for ${host}, got ${url.protocol.replace(":", "")}; plain http is for hosts in TG_ALERT_PRIVATE_HOSTS`,
    );
  }
  let addresses: readonly ResolvedAddress[];
  const literal = isIP(host);
  try {
    addresses = literal === 0 ? await settings.resolve(host) : [{ address: host, family: literal === 4 ? 4 : 6 }];
  } catch (error) {
    return err(
      new AlertError({
        code: "unreachable",
        message: `the name ${host} cannot be resolved (${errorText(error)})`,
        retryable: true,
        cause: error,
      }),
    );
  }
  const [pinned] = addresses;
  if (pinned === undefined) {
    return err(new AlertError({ code: "unreachable", message: `the name ${host} has no address`, retryable: true }));
  }
  for (const { address } of addresses) {
    const kind = addressKind(address);
    if (kind === "never" || (kind === "near" && !isListed)) {
      return refused(
        "refused_address",
        kind === "never"
          ? `${host} leads to an address that is never allowed (link-local, multicast or unspecified)`
          : `${host} leads to a private or loopback address; if that is your own server, put ${host}:${port} into TG_ALERT_PRIVATE_HOSTS`,
      );
    }
  }
  return ok({ url, pinned });
}

function refused(code: "bad_address" | "refused_address", message: string): Result<never, AlertError> {
  return err(new AlertError({ code, message, retryable: false }));
}
