// Read clients per chain: every call has a time limit, fails as a ChainError, and can be pinned to one named block.
import {
  BaseError,
  BlockNotFoundError,
  ContractFunctionRevertedError,
  ExecutionRevertedError,
  HttpRequestError,
  ResponseBodyTooLargeError,
  RpcRequestError,
  TimeoutError,
  createPublicClient,
  defineChain,
  type Chain as ViemChain,
  type CustomTransport,
  type PublicClient,
} from "viem";
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import type { Chain } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import {
  createRpcFallback,
  redactText,
  type EndpointState,
  type EndpointSwitch,
  type RpcEndpoint,
} from "./rpc-fallback";

export type ReadClient = PublicClient<CustomTransport, ViemChain>;

/** One block that a whole reading is pinned to. */
export interface BlockRef {
  readonly chainId: number;
  readonly number: bigint;
  readonly hash: Hex;
  /** The block's own time: market time, unix ms. */
  readonly timestampAtMs: number;
  readonly baseFeePerGasWei: bigint | null;
}

export interface ChainClient {
  readonly chain: Chain;
  /** viem client over all endpoints; use it inside `call` so that errors are typed and masked. */
  readonly client: ReadClient;
  /** As they are now. */
  readonly endpoints: readonly RpcEndpoint[];
  /** Other endpoints, or another order, from the next request on. */
  setUrls(urls: readonly string[]): void;
  lastSwitch(): EndpointSwitch | null;
  /** Runs one reading; whatever it throws becomes a ChainError that names `what`. */
  call<T>(what: string, read: (client: ReadClient) => Promise<T>): Promise<Result<T, ChainError>>;
  /** Head by default; the head is refused with `stale_head` when older than the chain allows. */
  readBlock(at?: bigint | "latest" | "safe" | "finalized"): Promise<Result<BlockRef, ChainError>>;
  endpointStates(): readonly EndpointState[];
}

export interface ChainClients {
  get(chainId: number): Result<ChainClient, ChainError>;
  all(): readonly ChainClient[];
}

export interface ChainClientsSettings {
  readonly chains: readonly Chain[];
  /** Operator's endpoints (TG_RPC_<chainId>); they replace the registry's. */
  readonly rpcOverrides?: Readonly<Record<string, readonly string[]>>;
  /** Time limit of one request to one endpoint, wall ms. */
  readonly timeoutMs?: number;
  /** For addresses that came in by the desk; undefined: asked directly. */
  readonly fetchOf?: (url: string) => typeof fetch | undefined;
  /** Wall clock for backoff. */
  readonly wallNowMs: () => number;
  /** Market clock for the age of the head. */
  readonly marketNowMs: () => number;
}

const DEFAULT_TIMEOUT_MS = 8_000;
/** viem's own limit; a page of logs must fit (devnet.md section 8). */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Head age beyond which an endpoint set counts as stale: 50 blocks (safety.md R3-R5), at least 3 min for slow or quiet chains. */
const STALE_HEAD_BLOCKS = 50;
const STALE_HEAD_MIN_MS = 180_000;
/** Devnet chains mine on demand; waiting a second for each receipt would dominate (devnet.md section 8). */
const LOCAL_POLLING_MS = 50;
const REMOTE_POLLING_MS = 2_000;

export function createChainClients(settings: ChainClientsSettings): ChainClients {
  const clients = new Map<number, ChainClient>();
  for (const chain of settings.chains) clients.set(chain.id, createChainClient(settings, chain));
  return {
    get: (chainId) => {
      const client = clients.get(chainId);
      if (client !== undefined) return ok(client);
      return err(
        new ChainError({
          code: "not_found",
          retryable: false,
          message: `chain ${chainId} is not in the registry; known chains: ${[...clients.keys()].join(", ")}`,
        }),
      );
    },
    all: () => [...clients.values()],
  };
}

function maxHeadAgeMs(chain: Chain): number {
  return Math.max(STALE_HEAD_MIN_MS, STALE_HEAD_BLOCKS * chain.blockTimeMs);
}

function createChainClient(settings: ChainClientsSettings, chain: Chain): ChainClient {
  const overrides = settings.rpcOverrides?.[String(chain.id)] ?? [];
  const urls = overrides.length > 0 ? overrides : chain.rpcUrls;
  const fallback = createRpcFallback({
    ...(settings.fetchOf === undefined ? {} : { fetchOf: settings.fetchOf }),
    chainId: chain.id,
    urls,
    timeoutMs: settings.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxBodyBytes: MAX_BODY_BYTES,
    nowMs: settings.wallNowMs,
  });
  const client = createPublicClient({
    chain: toViemChain(chain),
    transport: fallback.transport,
    pollingInterval: chain.isLocal ? LOCAL_POLLING_MS : Math.min(REMOTE_POLLING_MS, chain.blockTimeMs),
    cacheTime: 0,
  });

  const call: ChainClient["call"] = async (what, read) => {
    try {
      return ok(await read(client));
    } catch (error) {
      return err(toChainError({ error, what, chain, endpoints: fallback.endpoints }));
    }
  };

  const readBlock: ChainClient["readBlock"] = async (at = "latest") => {
    const block = await call(`block ${String(at)}`, (reader) =>
      reader.getBlock(typeof at === "bigint" ? { blockNumber: at } : { blockTag: at }),
    );
    if (!block.ok) return block;
    const { number, hash, timestamp, baseFeePerGas } = block.value;
    if (number === null || hash === null) {
      return err(
        new ChainError({
          code: "bad_data",
          retryable: true,
          message: `chain ${chain.id} answered a block without number or hash for ${String(at)}; a mined block was expected`,
        }),
      );
    }
    const timestampAtMs = Number(timestamp) * 1000;
    const ageMs = settings.marketNowMs() - timestampAtMs;
    if (at === "latest" && ageMs > maxHeadAgeMs(chain)) {
      return err(
        new ChainError({
          code: "stale_head",
          retryable: true,
          message: `the newest block ${number} of ${chain.name} (${chain.id}) is ${Math.round(ageMs / 1000)} s old; at most ${maxHeadAgeMs(chain) / 1000} s are allowed: check the RPC endpoints`,
          details: { ageMs, maxAgeMs: maxHeadAgeMs(chain), blockNumber: number.toString() },
        }),
      );
    }
    return ok({ chainId: chain.id, number, hash, timestampAtMs, baseFeePerGasWei: baseFeePerGas });
  };

  return {
    chain,
    client,
    get endpoints() {
      return fallback.endpoints;
    },
    setUrls: fallback.setUrls,
    lastSwitch: fallback.lastSwitch,
    call,
    readBlock,
    endpointStates: () => fallback.endpoints.map((each) => each.state()),
  };
}

/** Our registry's chain in viem's form, without any address of an endpoint. */
function toViemChain(chain: Chain): ViemChain {
  return defineChain({
    id: chain.id,
    name: chain.name,
    nativeCurrency: { name: chain.nativeSymbol, symbol: chain.nativeSymbol, decimals: chain.nativeDecimals },
    rpcUrls: { default: { http: [] } },
    contracts: { multicall3: { address: chain.multicall3 } },
  });
}

function toChainError(input: {
  readonly error: unknown;
  readonly what: string;
  readonly chain: Chain;
  readonly endpoints: readonly RpcEndpoint[];
}): ChainError {
  const { error, what, chain, endpoints } = input;
  const own = findCause(error, (cause) => cause instanceof ChainError);
  if (own instanceof ChainError) return own;
  const place = `${what} on ${chain.name} (${chain.id})`;
  let text = error instanceof BaseError ? error.shortMessage : errorText(error);
  for (const { url, label } of endpoints) text = redactText(text, url, label);
  const make = (code: ChainError["code"], retryable: boolean, message: string): ChainError =>
    // The cause is left out: viem's errors carry the whole address of the endpoint.
    new ChainError({ code, retryable, message, details: { chainId: chain.id, what } });

  const has = (match: (cause: unknown) => boolean): boolean => findCause(error, match) !== null;
  if (has((cause) => cause instanceof ContractFunctionRevertedError || cause instanceof ExecutionRevertedError)) {
    const reverted = findCause(error, (cause) => cause instanceof ContractFunctionRevertedError);
    const reason =
      reverted instanceof ContractFunctionRevertedError ? (reverted.reason ?? reverted.shortMessage) : text;
    return make("reverted", false, `${place} reverted: ${reason.split("\n").join(" ")}`);
  }
  if (has((cause) => cause instanceof TimeoutError)) return make("timeout", true, `${place} took too long: ${text}`);
  if (has((cause) => cause instanceof BlockNotFoundError)) return make("not_found", true, `${place}: ${text}`);
  if (has((cause) => cause instanceof ResponseBodyTooLargeError)) {
    return make("bad_data", false, `${place} answered more than ${MAX_BODY_BYTES} bytes; ask for less at once`);
  }
  if (has((cause) => cause instanceof HttpRequestError)) return make("unreachable", true, `${place} failed: ${text}`);
  if (has((cause) => cause instanceof RpcRequestError)) {
    return make("bad_data", true, `${place} was refused by the node: ${text}`);
  }
  return make("bad_data", false, `${place} failed: ${text}`);
}

function findCause(error: unknown, match: (cause: unknown) => boolean): unknown {
  let current: unknown = error;
  for (let depth = 0; depth < 12 && current instanceof Error; depth += 1) {
    if (match(current)) return current;
    current = current.cause;
  }
  return null;
}
