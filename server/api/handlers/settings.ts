// Settings of the whole deployment: endpoints and their test, pools to add, alert settings. Reads and trials only; a change is a signed command.
import * as z from "zod";
import { workerEndpointsSchema } from "@/lib/api/endpoint-schemas";
import { settingsContract } from "@/lib/api/settings-contract";
import { hasProblem, type CheckLine, type PoolCheck } from "@/lib/api/system-settings";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText } from "@/lib/errors/tidegate-error";
import { formatUsd } from "@/lib/format/usd";
import { mergeEntries } from "@/lib/registry/merge-entries";
import type { Pair } from "@/lib/registry/schema";
import { formatAge } from "@/lib/format/age";
import { fromSignerError, fromStoreError, type ApiError } from "@/server/api/api-error";
import type { ApiDeps } from "@/server/api/deps";
import { bindHandler } from "@/server/api/handler";
import { knownUsdPrice } from "@/server/api/quote-usd";
import { readDeskState } from "@/server/api/reads";
import { requireRole } from "@/server/api/session";
import { heardOf, type SettingsDesk } from "@/server/api/settings-desk";
import { endpointView, lastSwitchOf, type Measured } from "@/server/api/views/endpoint-view";
import { createRegistryView } from "@/server/config/registry";
import { probeEndpoint, readReference, tryReference } from "@/server/infra/chain/probe-endpoint";
import type { RpcEndpoint } from "@/server/infra/chain/rpc-fallback";
import { checkOutboundUrl } from "@/server/infra/guarded-fetch";
import { fetchJson, redactUrl } from "@/server/infra/http";
import { readCandleMeta } from "@/server/infra/store/candles";
import { readJsonHash } from "@/server/infra/store/json-values";
import { storeKeys } from "@/server/infra/store/keys";

/** Four reports of a worker. */
const WORKER_SILENT_MS = 20_000;
/** operator.md J8: a check under 10 s. */
const CHECK_LIMIT_MS = 10_000;
const VOLUME_LIMIT_MS = 3_000;
/** A candle older than this is no price of now: the strategy's limit. */
const MAX_CANDLE_AGE_MS = 300_000;
/** Volume of a day beyond so many times the liquidity is not trade that pays a position. */
const MAX_TURNOVER = 50;

function deskOf(deps: ApiDeps): Result<SettingsDesk, ApiError> {
  if (deps.settingsDesk !== undefined) return ok(deps.settingsDesk);
  return err({ code: "unavailable", message: "Settings of the deployment are not served by this process." });
}

const quantity = z.string().regex(/^0x[0-9a-fA-F]{1,16}$/);

async function measure(endpoint: RpcEndpoint): Promise<Measured> {
  try {
    const answer = quantity.safeParse(await endpoint.request({ method: "eth_blockNumber", params: [] }));
    return { state: endpoint.state(), height: answer.success ? BigInt(answer.data) : null };
  } catch {
    // The endpoint's own state has the reason, masked.
    return { state: endpoint.state(), height: null };
  }
}

const endpointsHandler = bindHandler(
  settingsContract.chainEndpoints,
  async ({ deps }) => {
    const desk = deskOf(deps);
    if (!desk.ok) return desk;
    const reported = await readJsonHash(deps.store, storeKeys.endpoints, workerEndpointsSchema);
    if (!reported.ok) return err(fromStoreError(reported.error));
    const nowMs = deps.nowMs();
    const workers = heardOf(reported.value.values.values(), nowMs, WORKER_SILENT_MS);
    const chains = await Promise.all(
      deps.registry.registry.chains.map(async ({ id: chainId, name }) => {
        const pairIds = deps.settings.pairIds.filter((pairId) =>
          deps.registry.poolsOf(pairId).some(({ chain }) => chain.id === chainId),
        );
        const named = desk.value.endpointsOf(chainId);
        // A chain nobody uses is listed without asking its public endpoints each time somebody looks.
        const askers = pairIds.length === 0 ? new Map<string, RpcEndpoint>() : desk.value.askersOf(chainId);
        const measured = new Map(
          await Promise.all([...askers].map(async ([id, endpoint]) => [id, await measure(endpoint)] as const)),
        );
        const best = [...measured.values()].reduce<bigint | null>(
          (max, { height }) => (height !== null && (max === null || height > max) ? height : max),
          null,
        );
        const signed = desk.value.signed().endpoints.find((each) => each.chainId === chainId);
        return {
          chainId,
          name,
          version: signed?.version ?? 0,
          changedAtMs: signed?.changedAtMs ?? null,
          changedBy: signed?.by ?? null,
          pairIds,
          lastSwitch: lastSwitchOf(workers, chainId),
          endpoints: named.map((each) =>
            endpointView(each, { measured: measured.get(each.id) ?? null, best, workers, chainId }),
          ),
        };
      }),
    );
    return ok({ data: { chains, nowMs } });
  },
  "operator",
);

const testHandler = bindHandler(
  settingsContract.endpointTest,
  async ({ deps, session, params, body }) => {
    const who = requireRole(session, "owner");
    if (!who.ok) return who;
    const desk = deskOf(deps);
    if (!desk.ok) return desk;
    const chain = desk.value.configured(params.chainId);
    if (chain === null) {
      return err({ code: "not_found", message: `Chain ${params.chainId} is not in the registry.` });
    }
    const url = body.url.trim();
    const policy = { trustedOrigins: desk.value.trustedOrigins(url) };
    const label = redactUrl(url);
    const allowed = checkOutboundUrl(url, policy);
    if (!allowed.ok) {
      const refused: CheckLine = {
        kind: "problem",
        what: "Address",
        expected: "https on the open internet, or the host of a configured endpoint",
        came: allowed.error.message,
      };
      return ok({ data: { id: null, label, lines: [refused], tookMs: 0 } });
    }
    const inUse = desk.value
      .endpointsOf(chain.id)
      .flatMap(({ id, use }) => (use === "use" ? (desk.value.askersOf(chain.id).get(id) ?? []) : []));
    const { lines, tookMs } = await probeEndpoint(
      {
        url,
        chainId: chain.id,
        reference: () => tryReference(() => readReference((call) => firstAnswer(inUse, call), chain.softDepth)),
      },
      policy,
    );
    deps.log.info("api.endpoint-tested", {
      chainId: chain.id,
      label,
      by: who.value.address,
      isGood: !hasProblem(lines),
      tookMs,
    });
    if (hasProblem(lines)) return ok({ data: { id: null, label, lines: [...lines], tookMs } });
    const isConfigured = chain.rpcUrls.includes(url);
    const kept = isConfigured ? ok(desk.value.idOf(url)) : desk.value.keep(url, deps.nowMs());
    if (!kept.ok) return err({ code: "unavailable", message: kept.error.message });
    return ok({ data: { id: kept.value, label, lines: [...lines], tookMs } });
  },
  "owner",
);

async function firstAnswer(
  endpoints: readonly RpcEndpoint[],
  call: { readonly method: string; readonly params?: unknown },
): Promise<unknown> {
  let last = "no endpoint is in use";
  for (const endpoint of endpoints) {
    try {
      return await endpoint.request(call);
    } catch (error) {
      last = endpoint.state().lastError ?? errorText(error);
    }
  }
  throw new Error(`none of the endpoints in use answered (${last})`);
}

const choicesHandler = bindHandler(settingsContract.registryChoices, async ({ deps }) => {
  const desk = deskOf(deps);
  if (!desk.ok) return desk;
  const { chains, dexes } = deps.registry.registry;
  const authority = await deps.authority.read();
  if (!authority.ok) return err(fromSignerError(authority.error));
  return ok({
    data: {
      chains: chains.map(({ id, name }) => ({
        id,
        name,
        dexes: dexes
          .filter((dex) => dex.chains[String(id)] !== undefined)
          .map((dex) => ({
            id: dex.id,
            name: dex.name,
            hasPoolIds: dex.family === "uniswap-v4" || dex.family === "pancakeswap-infinity",
          })),
      })),
      pairs: deps.settings.pairIds.map((id) => ({
        id,
        pools: deps.registry.poolsOf(id).length,
        isFixedList:
          (authority.value.authority.pairs.find(({ pairId }) => pairId === id)?.settings.pools.length ?? 0) > 0,
      })),
      added: desk.value.signed().registry,
    },
  });
});

const checkHandler = bindHandler(
  settingsContract.poolCheck,
  async ({ deps, body }) => {
    const desk = deskOf(deps);
    if (!desk.ok) return desk;
    const startMs = deps.nowMs();
    const checked = await deps.control.call("registry.check", body, { timeoutMs: CHECK_LIMIT_MS });
    if (!checked.ok) return err(fromSignerError(checked.error));
    const { addition, pairId } = checked.value;
    // What contradicts the chain is decided; only what may be added is looked at further.
    const more =
      addition === null
        ? []
        : await Promise.all([
            volumeLine(deps, desk.value, body.chainId, body.id),
            ...(addition.pairs[0] === undefined && pairId !== null
              ? [sourcesLine(deps, deps.registry.pair(pairId))]
              : [newSourcesLine(addition.pairs[0] ?? null)]),
          ]);
    const lines = [...checked.value.lines, ...more];
    const market = await marketInDollars(deps, checked.value);
    return ok({ data: { ...checked.value, market, lines, tookMs: deps.nowMs() - startMs } });
  },
  "operator",
);

/** The signer reads the depth in the quote token; what that is in dollars, where it is none, is what positions are valued by here. */
async function marketInDollars(deps: ApiDeps, { addition, market }: PoolCheck): Promise<PoolCheck["market"]> {
  const [added] = addition?.pools ?? [];
  if (addition === null || added === undefined || market?.depthQuote === undefined || market.depthUsd !== null) {
    return market;
  }
  const desk = await readDeskState(deps);
  if (!desk.ok) return market;
  const quote = createRegistryView(
    mergeEntries(deps.registry.registry, { version: 1, chains: [], dexes: [], ...addition }),
  ).poolsOf(added.pair)[0]?.quote;
  if (quote === undefined) return market;
  const known = knownUsdPrice(quote, { registry: deps.registry, workers: desk.value.workers, nowMs: deps.nowMs() });
  return known === null ? market : { ...market, depthUsd: market.depthQuote * known.usd };
}

/** Which exchanges price the pair now, from the candles they sent, each by the name it lists the pair under. */
async function sourcesLine(deps: ApiDeps, pair: Pair | null): Promise<CheckLine> {
  const what = "Exchange sources";
  const expected = "at least two with a candle of the last 5 min";
  if (pair === null) return { kind: "note", what, expected, came: "the pair is not in the registry" };
  const meta = await readCandleMeta(deps.store, pair.id);
  if (!meta.ok) return { kind: "note", what, expected, came: meta.error.message };
  const newestAtMs = Math.max(0, ...[...meta.value.values.values()].map(({ lastTs }) => lastTs ?? 0));
  const fresh: string[] = [];
  const silent: string[] = [];
  for (const { venue, base, quote } of pair.sources) {
    const lastTs = meta.value.values.get(venue)?.lastTs ?? null;
    const isFresh = lastTs !== null && newestAtMs - lastTs <= MAX_CANDLE_AGE_MS;
    (isFresh ? fresh : silent).push(`${venue} ${base}/${quote}`);
  }
  const answers =
    fresh.length === 0 ? "none answers" : `${fresh.length} of ${pair.sources.length}: ${fresh.join(", ")}`;
  return {
    kind: fresh.length >= 2 ? "ok" : "note",
    what,
    expected,
    came: silent.length === 0 ? answers : `${answers}; silent: ${silent.join(", ")}`,
  };
}

async function newSourcesLine(pair: Pair | null): Promise<CheckLine> {
  const names = (pair?.sources ?? []).map(({ venue, base, quote }) => `${venue} ${base}/${quote}`).join(", ");
  return {
    kind: "note",
    what: "Exchange sources",
    expected: "at least two that list the pair",
    came: `${names}; the collector asks them once the pair is there, and the pair holds until one answers`,
  };
}

const amount = z
  .string()
  .nullable()
  .transform((text) => (text === null || text.trim() === "" ? null : Number(text)))
  .refine((value) => value === null || Number.isFinite(value));
const geckoSchema = z.looseObject({
  data: z
    .array(
      z.looseObject({
        attributes: z.looseObject({ reserve_in_usd: amount, volume_usd: z.looseObject({ h24: amount }) }),
      }),
    )
    .max(30),
});

/** What an independent service says of trade there, against its liquidity. */
async function volumeLine(deps: ApiDeps, desk: SettingsDesk, chainId: number, poolId: string): Promise<CheckLine> {
  const what = "Volume";
  const expected = `trade, and at most ${MAX_TURNOVER} times the liquidity a day`;
  const network = deps.registry.chain(chainId)?.geckoSlug ?? null;
  if (network === null) return { kind: "note", what, expected, came: "no service knows volumes of this chain" };
  const startMs = deps.nowMs();
  const answer = await fetchJson({
    url: `${desk.geckoUrl}/networks/${encodeURIComponent(network)}/pools/multi/${poolId}`,
    timeoutMs: VOLUME_LIMIT_MS,
  });
  if (!answer.ok) return { kind: "note", what, expected, came: answer.error.message };
  const parsed = geckoSchema.safeParse(answer.value.body);
  const [pool] = parsed.success ? parsed.data.data : [];
  if (pool === undefined) {
    return {
      kind: "note",
      what,
      expected,
      came: "GeckoTerminal does not know the pool: its income cannot be judged yet",
    };
  }
  const tvlUsd = pool.attributes.reserve_in_usd;
  const dayUsd = pool.attributes.volume_usd.h24;
  const came = `${formatUsd(dayUsd)} in 24 h on ${formatUsd(tvlUsd)}, asked ${formatAge(deps.nowMs() - startMs)} ago`;
  const isSane = dayUsd !== null && tvlUsd !== null && dayUsd > 0 && dayUsd <= tvlUsd * MAX_TURNOVER;
  return { kind: isSane ? "ok" : "note", what, expected, came };
}

const alertSettingsHandler = bindHandler(
  settingsContract.alertSettings,
  async ({ deps }) => {
    const desk = deskOf(deps);
    if (!desk.ok) return desk;
    return ok({ data: desk.value.alerts() });
  },
  "operator",
);

export const settingsHandlers = [endpointsHandler, testHandler, choicesHandler, checkHandler, alertSettingsHandler];
