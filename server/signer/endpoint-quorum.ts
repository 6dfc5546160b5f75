// Which endpoints of one chain are believed: wrong chain, far behind or in the minority is set aside; no majority is no answer (safety.md R3 to R5).
import * as z from "zod";
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import type { Chain } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import type { EndpointsView } from "./ports";

/** One endpoint; server/infra/chain's RpcEndpoint fits. */
export interface RpcPort {
  readonly label: string;
  readonly request: (call: { readonly method: string; readonly params?: unknown }) => Promise<unknown>;
}

export interface EndpointQuorum {
  /** Looks unless the last look is younger; throws `disagree` when no majority says the same. */
  check(maxAgeMs: number): Promise<EndpointsView>;
  /** As of the last look; before the first one all are believed. */
  view(): EndpointsView;
  /** Believed ones in the order of the settings, then those that did not answer the last look; never the ones set aside. */
  trusted(): readonly RpcPort[];
  /** Those that answered the last look; where none did, the ones to try all the same. */
  answering(): readonly RpcPort[];
  /** How many must say the same about a transaction: two where two answer. */
  needed(): number;
  /** All but those of another chain. */
  sendable(): readonly RpcPort[];
}

/** Head behind the best one by more than this counts as stale (safety.md R4). */
const STALE_BLOCKS = 50n;
/** One look at one endpoint; a node that needs longer is passed over until the next look. */
const LOOK_LIMIT_MS = 4_000;
const DETAIL_LIMIT = 160;

const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]+$/)
  .transform((text) => BigInt(text));
const headSchema = z.object({ number: quantity, hash: z.string() });

type Status = EndpointsView["endpoints"][number]["status"];
interface Head {
  readonly number: bigint;
  readonly hash: string;
}
interface Finding {
  readonly port: RpcPort;
  status: Status;
  detail: string;
  head: Head | null;
}

export function createEndpointQuorum(
  chain: Chain,
  /** A function where endpoints come and go while the process runs. */
  endpoints: readonly RpcPort[] | (() => readonly RpcPort[]),
  monotonicMs: () => number,
): EndpointQuorum {
  const portsNow = typeof endpoints === "function" ? endpoints : (): readonly RpcPort[] => endpoints;
  let findings: readonly Finding[] = portsNow().map(unseen);
  let disagreement: string | null = null;
  let lookedMono: number | null = null;
  let looking: Promise<void> | null = null;

  /** Findings of the endpoints there are now, in their order; one that is new is believed until the next look, which is then due. */
  function current(): readonly Finding[] {
    const ports = portsNow();
    if (ports.length === findings.length && ports.every((port, index) => findings[index]?.port === port)) {
      return findings;
    }
    const known = new Map(findings.map((finding) => [finding.port, finding]));
    findings = ports.map((port) => known.get(port) ?? unseen(port));
    disagreement = null;
    lookedMono = null;
    return findings;
  }

  const view = (): EndpointsView => ({
    endpoints: current().map(({ port, status, detail }) => ({ label: port.label, status, detail })),
    disagreement,
  });

  async function look(): Promise<void> {
    const ports = portsNow();
    const found = await Promise.all(ports.map((port) => readHead(chain, port)));
    disagreement = await judge(chain, found);
    findings = found;
    // The list changed meanwhile: what was found counts, the next call looks again.
    lookedMono = ports === portsNow() || ports.every((port, at) => portsNow()[at] === port) ? monotonicMs() : null;
  }

  return {
    async check(maxAgeMs) {
      // One endpoint has nobody to agree with; its chain id is checked by its client and at the start.
      if (current().length < 2) return view();
      if (lookedMono === null || monotonicMs() - lookedMono > maxAgeMs) {
        looking ??= look().finally(() => {
          looking = null;
        });
        await looking;
      }
      if (disagreement !== null) throw new ChainError({ code: "disagree", retryable: true, message: disagreement });
      return view();
    },
    view,
    trusted: () =>
      current()
        .filter(({ status }) => status === "ok" || status === "silent")
        .toSorted((left, right) => Number(left.status === "silent") - Number(right.status === "silent"))
        .map(({ port }) => port),
    answering: () => {
      const answering = current().filter(({ status }) => status === "ok");
      return (answering.length > 0 ? answering : current().filter(({ status }) => status === "silent")).map(
        ({ port }) => port,
      );
    },
    needed: () => Math.max(1, Math.min(2, current().filter(({ status }) => status === "ok").length)),
    sendable: () =>
      current()
        .filter(({ status }) => status !== "wrong_chain")
        .map(({ port }) => port),
  };
}

function unseen(port: RpcPort): Finding {
  return { port, status: "ok", detail: "", head: null };
}

/** The hash that an endpoint has at a height; null when it has no block there. */
export async function readHashAt(port: RpcPort, number: bigint): Promise<Hex | null> {
  const block = await readHeadAt(port, `0x${number.toString(16)}`);
  return block === null ? null : `0x${block.hash.slice(2).toLowerCase()}`;
}

async function readHeadAt(port: RpcPort, tag: string): Promise<Head | null> {
  const answer = await inTime(port.request({ method: "eth_getBlockByNumber", params: [tag, false] }));
  return answer === null || answer === undefined ? null : headSchema.parse(answer);
}

async function readHead(chain: Chain, port: RpcPort): Promise<Finding> {
  try {
    const id = Number(quantity.parse(await inTime(port.request({ method: "eth_chainId", params: [] }))));
    if (id !== chain.id) return { port, status: "wrong_chain", detail: `it serves chain ${id}`, head: null };
    const head = await readHeadAt(port, "latest");
    if (head === null) return { port, status: "silent", detail: "it has no latest block", head: null };
    return { port, status: "ok", detail: "", head };
  } catch (error) {
    const isOther = error instanceof ChainError && error.code === "wrong_chain";
    const detail = errorText(error).split("\n")[0]?.slice(0, DETAIL_LIMIT) ?? "";
    return { port, status: isOther ? "wrong_chain" : "silent", detail, head: null };
  }
}

/** Sets statuses; answers a sentence when there is no majority. */
async function judge(chain: Chain, findings: readonly Finding[]): Promise<string | null> {
  const answered = findings.flatMap((each) => (each.head === null ? [] : [{ finding: each, head: each.head }]));
  if (answered.length < 2) return null;
  // A single node that claims a head far ahead must not make the others stale: with three or more the second highest counts.
  const heads = answered.map(({ head }) => head.number).toSorted((left, right) => (left < right ? 1 : -1));
  const best = (answered.length >= 3 ? heads[1] : heads[0]) ?? 0n;
  const fresh = answered.filter(({ head }) => head.number + STALE_BLOCKS >= best);
  const lowest = fresh.reduce((least, { head }) => (head.number < least ? head.number : least), best);
  // The tip may differ for a moment; below the soft depth it may not.
  const depth = BigInt(chain.softDepth);
  const height = lowest > depth ? lowest - depth : 0n;
  const disagreement = await compareAt(chain, fresh, height);
  if (disagreement !== null) return disagreement;
  for (const each of answered) {
    if (fresh.includes(each)) continue;
    each.finding.status = "stale";
    each.finding.detail = `its head ${each.head.number} is ${best - each.head.number} blocks behind ${best}`;
  }
  const leader = fresh.find(({ finding }) => finding.status === "ok");
  const stale = answered.find(({ finding }) => finding.status === "stale");
  // Of two, the one that is ahead is believed only when the other's head is part of its chain.
  if (answered.length > 2 || leader === undefined || stale === undefined) return null;
  const hash = await hashOrNull(leader.finding.port, stale.head.number);
  if (hash === null || hash === stale.head.hash.toLowerCase()) return null;
  return noMajority(chain, stale.head.number, [
    [leader.finding, hash],
    [stale.finding, stale.head.hash],
  ]);
}

async function compareAt(
  chain: Chain,
  fresh: readonly { readonly finding: Finding; readonly head: Head }[],
  height: bigint,
): Promise<string | null> {
  const hashes = await Promise.all(
    fresh.map(async ({ finding }) => ({ finding, hash: await hashOrNull(finding.port, height) })),
  );
  const groups = new Map<string, Finding[]>();
  for (const { finding, hash } of hashes) {
    if (hash === null) {
      finding.status = "silent";
      finding.detail = `it does not answer block ${height}`;
      continue;
    }
    groups.set(hash, [...(groups.get(hash) ?? []), finding]);
  }
  if (groups.size <= 1) return null;
  const asked = [...groups.values()].flat().length;
  const majority = [...groups.entries()].find(([, members]) => members.length * 2 > asked);
  if (majority === undefined) {
    return noMajority(
      chain,
      height,
      [...groups.entries()].flatMap(([hash, members]) => members.map((each): [Finding, string] => [each, hash])),
    );
  }
  for (const [hash, members] of groups) {
    if (hash === majority[0]) continue;
    for (const finding of members) {
      finding.status = "minority";
      finding.detail = `its block ${height} is ${hash}, the majority has ${majority[0]}`;
    }
  }
  return null;
}

function noMajority(chain: Chain, height: bigint, said: readonly (readonly [Finding, string])[]): string {
  const words = said.map(([{ port }, hash]) => `${port.label} has ${hash.slice(0, 12)}`).join(", ");
  return `the endpoints of ${chain.name} (${chain.id}) disagree about block ${height} without a majority: ${words}; nothing is signed there until they agree`;
}

async function hashOrNull(port: RpcPort, number: bigint): Promise<string | null> {
  try {
    return await readHashAt(port, number);
  } catch {
    // No answer is no vote; the next look asks again.
    return null;
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${LOOK_LIMIT_MS} ms`)), LOOK_LIMIT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
