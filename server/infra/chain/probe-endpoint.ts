// Tries an RPC endpoint a person typed against those in use: chain id, genesis, a recent block; what it can do; nothing of its address in any text.
import * as z from "zod";
import type { CheckLine } from "@/lib/api/system-settings";
import { err, ok, type Result } from "@/lib/errors/result";
import { SourceError, errorText } from "@/lib/errors/tidegate-error";
import { createGuardedFetch, type GuardPolicy } from "@/server/infra/guarded-fetch";
import { fetchJson } from "@/server/infra/http";
import { probeChainId } from "./probe-chain-id";
import type { RpcCall } from "./rpc-fallback";

/** What the endpoints in use say of their chain. */
export interface ChainReference {
  readonly genesisHash: string;
  /** A block that no reorganisation reaches any more, as far as the chain's soft depth says. */
  readonly height: bigint;
  readonly hash: string;
  readonly head: bigint;
}

export interface ProbeResult {
  readonly lines: readonly CheckLine[];
  readonly tookMs: number;
}

/** operator.md J9: a test under 5 s. */
const PROBE_LIMIT_MS = 4_500;
const CALL_LIMIT_MS = 4_000;
/** Blocks behind the best head beyond which an endpoint is said to lag. */
const LAG_NOTE_BLOCKS = 5n;

const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,16}$/)
  .transform((text) => BigInt(text));
const blockSchema = z.looseObject({ hash: z.string().regex(/^0x[0-9a-fA-F]{64}$/), number: quantity });
const answerSchema = z.looseObject({
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.number().optional(), message: z.string().optional() }).optional(),
});

/** Reads the reference over endpoints in use; throws what they throw. */
export async function readReference(
  ask: (call: RpcCall) => Promise<unknown>,
  softDepth: number,
): Promise<ChainReference> {
  const block = async (tag: string) =>
    blockSchema.parse(await ask({ method: "eth_getBlockByNumber", params: [tag, false] }));
  const [genesis, head] = await Promise.all([block("0x0"), block("latest")]);
  const depth = BigInt(softDepth) + 2n;
  const height = head.number > depth ? head.number - depth : 0n;
  const recent = await block(`0x${height.toString(16)}`);
  return { genesisHash: genesis.hash.toLowerCase(), height, hash: recent.hash.toLowerCase(), head: head.number };
}

export async function probeEndpoint(
  input: {
    readonly url: string;
    readonly chainId: number;
    /** Fails with a sentence when none of the endpoints in use answers. */
    readonly reference: () => Promise<Result<ChainReference, string>>;
  },
  policy: GuardPolicy = {},
): Promise<ProbeResult> {
  const startMono = performance.now();
  const took = (): number => Math.round(performance.now() - startMono);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly CheckLine[]>((resolve) => {
    timer = setTimeout(
      () => resolve([line("problem", "Answer", `within ${PROBE_LIMIT_MS / 1000} s`, "not all of it came")]),
      PROBE_LIMIT_MS,
    );
  });
  try {
    const lines = await Promise.race([probe(input, { timeoutMs: CALL_LIMIT_MS, ...policy }), late]);
    return { lines, tookMs: took() };
  } finally {
    clearTimeout(timer);
  }
}

async function probe(input: Parameters<typeof probeEndpoint>[0], policy: GuardPolicy): Promise<readonly CheckLine[]> {
  const id = await probeChainId({ url: input.url, expected: input.chainId }, policy);
  if (!id.ok) return [line("problem", "Chain id", String(input.chainId), id.error.message)];
  const lines: CheckLine[] = [line("ok", "Chain id", String(input.chainId), String(id.value))];
  const ask = askerOf(input.url, policy);
  const reference = await input.reference();
  if (!reference.ok) {
    return [...lines, line("problem", "Endpoints in use", "one that answers, to compare with", reference.error)];
  }
  const { genesisHash, height, hash, head } = reference.value;
  const startMono = performance.now();
  const [genesis, recent, latest, old, simulation] = await Promise.all([
    ask("eth_getBlockByNumber", ["0x0", false]),
    ask("eth_getBlockByNumber", [`0x${height.toString(16)}`, false]),
    ask("eth_getBlockByNumber", ["latest", false]),
    ask("eth_getBalance", ["0x0000000000000000000000000000000000000001", "0x1"]),
    ask("eth_simulateV1", [{ blockStateCalls: [{ calls: [] }], validation: false }, "latest"]),
  ]);
  const answerMs = Math.round(performance.now() - startMono);
  lines.push(sameHash("Genesis block", genesisHash, genesis), sameHash(`Block ${height}`, hash, recent));
  const tip = latest.ok ? blockSchema.safeParse(latest.value) : null;
  if (tip?.success !== true) {
    lines.push(line("problem", "Newest block", `about ${head}`, latest.ok ? "no block" : latest.error));
  } else {
    const behind = head - tip.data.number;
    lines.push(
      behind > LAG_NOTE_BLOCKS
        ? line("note", "Newest block", `about ${head}`, `${tip.data.number}, ${behind} behind`)
        : line("ok", "Newest block", `about ${head}`, String(tip.data.number)),
    );
  }
  lines.push(
    line(answerMs > 2_000 ? "note" : "ok", "Five requests at once", "within 2 s", `${answerMs} ms`),
    old.ok
      ? line("ok", "State of old blocks", "not needed, useful", "is answered")
      : line(
          "note",
          "State of old blocks",
          "not needed, useful",
          "is not kept: samples of the past are missing over it",
        ),
    simulation.ok
      ? line("ok", "Trying calls (eth_simulateV1)", "useful for the second look", "is answered")
      : line(
          "note",
          "Trying calls (eth_simulateV1)",
          "useful for the second look",
          "is not offered: plain calls are used",
        ),
  );
  return lines;
}

function sameHash(what: string, expected: string, answer: Result<unknown, string>): CheckLine {
  if (!answer.ok) return line("problem", what, expected, answer.error);
  const block = blockSchema.safeParse(answer.value);
  if (!block.success) return line("problem", what, expected, "it has no such block");
  const came = block.data.hash.toLowerCase();
  return line(came === expected ? "ok" : "problem", what, expected, came);
}

function askerOf(url: string, policy: GuardPolicy) {
  const guarded = createGuardedFetch(policy);
  return async (method: string, params: readonly unknown[]): Promise<Result<unknown, string>> => {
    const answer = await fetchJson({
      url,
      method: "POST",
      body: { jsonrpc: "2.0", id: 1, method, params },
      fetch: guarded,
    });
    if (!answer.ok) return err(answer.error.message);
    const parsed = answerSchema.safeParse(answer.value.body);
    if (!parsed.success) return err("it answers something else than JSON-RPC");
    if (parsed.data.error !== undefined) {
      return err(`it refuses ${method} (${parsed.data.error.code ?? "no code"})`);
    }
    return ok(parsed.data.result ?? null);
  };
}

function line(kind: CheckLine["kind"], what: string, expected: string, came: string): CheckLine {
  return { kind, what, expected, came };
}

/** For `reference`: whatever the endpoints in use throw, as a sentence. */
export async function tryReference(read: () => Promise<ChainReference>): Promise<Result<ChainReference, string>> {
  try {
    return ok(await read());
  } catch (error) {
    const text = error instanceof SourceError ? error.message : errorText(error);
    return err(text.split("\n")[0]?.slice(0, 240) ?? "no answer");
  }
}
