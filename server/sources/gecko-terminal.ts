// Volumes and reserves of pools from GeckoTerminal: many pools per call, one call per two seconds over all processes, decimal strings checked.
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { SourceError } from "@/lib/errors/tidegate-error";
import { excerpt, fetchJson } from "@/server/infra/http";

/** Addresses per `multi` call, and the time between calls, ms (services.md section 4). */
const POOLS_PER_CALL = 30;
export const GECKO_SLOT_MS = 2_000;
/** How long a call waits for its slot before it gives up, ms. */
const SLOT_PATIENCE_MS = 30_000;
const SLOT_POLL_MS = 200;
const DEFAULT_RATE_WAIT_MS = 30_000;

export interface GeckoPool {
  /** Pool address or id, lower case. */
  readonly pool: string;
  readonly tvlUsd: number | null;
  readonly volumeM15Usd: number | null;
  readonly volumeH1Usd: number | null;
  readonly volumeH6Usd: number | null;
  readonly volumeH24Usd: number | null;
  /** US dollars per whole token by token address, lower case; matched by relationship, never by position. */
  readonly tokenPriceUsd: ReadonlyMap<string, number>;
  /** Market time of the answer. */
  readonly observedAtMs: number;
}

export interface GeckoAnswer {
  readonly pools: ReadonlyMap<string, GeckoPool>;
  /** Asked for and not answered: unknown to the service. */
  readonly missing: readonly string[];
  /** Answered, but with numbers that cannot be used; each with what came. */
  readonly refused: readonly string[];
}

export interface GeckoSource {
  fetchPools(input: {
    readonly network: string;
    readonly pools: readonly string[];
  }): Promise<Result<GeckoAnswer, SourceError>>;
}

export interface GeckoSettings {
  /** For example `https://api.geckoterminal.com/api/v2`. */
  readonly baseUrl: string;
  /** True when this process may call now (the store's key tg:gecko:slot, taken for GECKO_SLOT_MS). */
  readonly takeSlot: () => Promise<boolean>;
  readonly marketNowMs: () => number;
  readonly wall: { nowMs(): number; monotonicMs(): number };
  readonly sleep: (durationMs: number) => Promise<void>;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
}

/** A decimal string, often with 30 and more digits; null stays null, anything else must be a finite number >= 0. */
const decimal = z
  .string()
  .nullish()
  .transform((text, context) => {
    if (text === null || text === undefined) return null;
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
    context.addIssue({ code: "custom", message: `expected a decimal number >= 0, came ${excerpt(text, 40)}` });
    return z.NEVER;
  });

const poolSchema = z.object({
  id: z.string(),
  attributes: z.object({
    address: z.string(),
    base_token_price_usd: decimal,
    quote_token_price_usd: decimal,
    reserve_in_usd: decimal,
    volume_usd: z.object({ m15: decimal, h1: decimal, h6: decimal, h24: decimal }),
  }),
  relationships: z.object({
    base_token: z.object({ data: z.object({ id: z.string() }) }),
    quote_token: z.object({ data: z.object({ id: z.string() }) }),
  }),
});
const answerSchema = z.object({ data: z.array(z.unknown()) });
const statusSchema = z.object({ status: z.object({ error_code: z.number(), error_message: z.string().optional() }) });

export function createGeckoSource(settings: GeckoSettings): GeckoSource {
  let blockedUntilMs = 0;
  /** Calls of this process go out one after another. */
  let turn: Promise<unknown> = Promise.resolve();

  async function waitForSlot(): Promise<Result<true, SourceError>> {
    const startedMs = settings.wall.monotonicMs();
    for (;;) {
      const blockedMs = blockedUntilMs - settings.wall.nowMs();
      if (blockedMs <= 0 && (await settings.takeSlot())) return ok(true);
      if (blockedMs > SLOT_PATIENCE_MS || settings.wall.monotonicMs() - startedMs > SLOT_PATIENCE_MS) {
        return err(
          new SourceError({
            code: "rate_limited",
            retryable: true,
            message: `GeckoTerminal allows one call per ${GECKO_SLOT_MS} ms and no slot came free; the last values stay in use with their age`,
            details: { retryAfterMs: Math.max(blockedMs, GECKO_SLOT_MS) },
          }),
        );
      }
      await settings.sleep(SLOT_POLL_MS);
    }
  }

  async function fetchBatch(
    network: string,
    pools: readonly string[],
  ): Promise<Result<readonly unknown[], SourceError>> {
    const slot = await waitForSlot();
    if (!slot.ok) return slot;
    const answer = await fetchJson({
      url: `${settings.baseUrl.replace(/\/+$/, "")}/networks/${encodeURIComponent(network)}/pools/multi/${pools.join(",")}`,
      ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
      ...(settings.timeoutMs === undefined ? {} : { timeoutMs: settings.timeoutMs }),
    });
    if (!answer.ok) {
      if (answer.error.code === "rate_limited") block(answer.error.details["retryAfterMs"]);
      return answer;
    }
    // An error body under status 200 was reported, so the data must really be there.
    const status = statusSchema.safeParse(answer.value.body);
    if (status.success) {
      const { error_code: code, error_message: text } = status.data.status;
      if (code === 429) block(null);
      return err(
        new SourceError({
          code: code === 429 ? "rate_limited" : "bad_data",
          retryable: code === 429,
          message: `${answer.value.address} answered error ${code}: ${excerpt(text ?? "")}`,
          details: { status: code },
        }),
      );
    }
    const parsed = answerSchema.safeParse(answer.value.body);
    if (parsed.success) return ok(parsed.data.data);
    return err(
      new SourceError({
        code: "bad_data",
        retryable: false,
        message: `${answer.value.address} answered no list of pools; came ${excerpt(JSON.stringify(answer.value.body))}`,
      }),
    );
  }

  function block(retryAfterMs: unknown): void {
    const waitMs = typeof retryAfterMs === "number" ? retryAfterMs : DEFAULT_RATE_WAIT_MS;
    blockedUntilMs = settings.wall.nowMs() + waitMs;
  }

  async function fetchPools(input: {
    readonly network: string;
    readonly pools: readonly string[];
  }): Promise<Result<GeckoAnswer, SourceError>> {
    const wanted = [...new Set(input.pools.map((pool) => pool.toLowerCase()))];
    const found = new Map<string, GeckoPool>();
    const refused: string[] = [];
    for (let start = 0; start < wanted.length; start += POOLS_PER_CALL) {
      const batch = wanted.slice(start, start + POOLS_PER_CALL);
      const rows = await fetchBatch(input.network, batch);
      if (!rows.ok) return rows;
      const observedAtMs = settings.marketNowMs();
      for (const row of rows.value) {
        const pool = parsePool({ row, network: input.network, observedAtMs });
        if (!pool.ok) refused.push(pool.error);
        else if (wanted.includes(pool.value.pool)) found.set(pool.value.pool, pool.value);
      }
    }
    return ok({ pools: found, missing: wanted.filter((pool) => !found.has(pool)), refused });
  }

  return {
    fetchPools(input) {
      const next = turn.then(
        () => fetchPools(input),
        () => fetchPools(input),
      );
      turn = next;
      return next;
    },
  };
}

function parsePool(input: {
  readonly row: unknown;
  readonly network: string;
  readonly observedAtMs: number;
}): Result<GeckoPool, string> {
  const parsed = poolSchema.safeParse(input.row);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return err(
      `${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? ""}; came ${excerpt(JSON.stringify(input.row) ?? "")}`,
    );
  }
  const { attributes, relationships } = parsed.data;
  const prices = new Map<string, number>();
  const prefix = `${input.network}_`;
  const note = (id: string, priceUsd: number | null): void => {
    if (id.startsWith(prefix) && priceUsd !== null && priceUsd > 0) {
      prices.set(id.slice(prefix.length).toLowerCase(), priceUsd);
    }
  };
  note(relationships.base_token.data.id, attributes.base_token_price_usd);
  note(relationships.quote_token.data.id, attributes.quote_token_price_usd);
  return ok({
    pool: attributes.address.toLowerCase(),
    tvlUsd: attributes.reserve_in_usd,
    volumeM15Usd: attributes.volume_usd.m15,
    volumeH1Usd: attributes.volume_usd.h1,
    volumeH6Usd: attributes.volume_usd.h6,
    volumeH24Usd: attributes.volume_usd.h24,
    tokenPriceUsd: prices,
    observedAtMs: input.observedAtMs,
  });
}
