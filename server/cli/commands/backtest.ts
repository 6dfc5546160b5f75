// `backtest`: all twins on recorded data, a table on the terminal, the whole report as JSON, progress on stderr.
import { writeFile, rename, readFile } from "node:fs/promises";
import { InvalidArgumentError, type Command } from "commander";
import { parseInstant } from "@/lib/backtest/read-pool";
import { backtestSteps, checkPeriod, type BacktestProgress } from "@/lib/backtest/run-backtest";
import { BACKTEST_DEFAULTS, type BacktestSettings } from "@/lib/backtest/settings";
import { twinNameSchema, type BacktestReport, type TwinName } from "@/lib/backtest/report";
import { TWIN_NAMES } from "@/lib/backtest/twin-names";
import type { BacktestPool } from "@/lib/backtest/market";
import {
  DEFAULT_DEPTH_USD,
  DEFAULT_MODEL_KAPPA,
  DEFAULT_MODEL_MEMORY_DAYS,
  DEFAULT_PEGGED_DEPTH_USD,
  type VolumeModel,
} from "@/lib/backtest/volume-model";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import { pairParamsSchema } from "@/lib/registry/pair-settings";
import { resolveParams } from "@/lib/registry/resolve-params";
import { isPairId, pairId, poolKey } from "@/lib/units";
import { loadMarket } from "@/server/backtest/load-market";
import { printReport } from "@/server/backtest/print-report";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";
import { loadRegistry } from "@/server/config/registry";
import { unwrap } from "@/server/cli/run-system";

export interface BacktestFlags {
  readonly candles?: string;
  readonly poolMinutes?: string;
  readonly poolHours?: string;
  readonly poolEvents?: string;
  readonly pool?: string;
  readonly pair?: string;
  readonly baseDecimals?: number;
  readonly quoteDecimals?: number;
  readonly baseIsToken0?: boolean;
  readonly feePips?: number;
  readonly tickSpacing?: number;
  readonly protocolShare?: number;
  readonly pegged?: boolean;
  readonly capitalUsd: number;
  readonly gasUsdPerTx: number;
  readonly swapCostBps: number;
  readonly intervalSec: number;
  readonly reactionSec: number;
  readonly failureFrac: number;
  readonly allowCash?: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly seed: number;
  readonly config?: string;
  readonly windows: number;
  readonly json?: string;
  readonly twins?: readonly TwinName[];
  readonly modelKappa: number;
  readonly modelMemoryDays: number;
  readonly modelDepthUsd?: number;
  readonly modelShape: VolumeModel["shape"];
}

/** Fee in pips and the spacing the Uniswap V3 factory gives it. */
const SPACING_OF_FEE: ReadonlyMap<number, number> = new Map([
  [100, 1],
  [500, 10],
  [3000, 60],
  [10_000, 200],
]);
/** First prices within this distance of 1 belong to a pair of one currency. */
const PEG_TOLERANCE = 0.02;
const EXIT_STOPPED = 130;
const MS_PER_SEC = 1000;
/** Time given to other work (signals, output) between two pieces of the run. */
const PROGRESS_EVERY_MS = 200;

const configSchema = pairParamsSchema.partial().strict();

export function backtestOptions(command: Command): Command {
  return command
    .showHelpAfterError('"tidegate backtest --help" lists every flag.')
    .option(
      "--candles <file>",
      "ts_ms, open, high, low, close, volume; bars of 1, 5, 15, 30 or 60 minutes; .csv or .csv.gz",
    )
    .option(
      "--pool-minutes <file>",
      "timestamp, openTick, lowestTick, highestTick, closeTick, inAmount0, inAmount1, currentLiquidity; netAmount1 if it is there",
    )
    .option("--pool-hours <file>", "ts_s, tick, liquidity at full hours; fees are then modelled")
    .option(
      "--pool-events <file>",
      "block_number, pool_log_index, block_timestamp, tx_type, amount0, amount1, total_liquidity, sqrtPriceX96, current_tick: every swap of the pool; tick_lower, tick_upper, liquidity of mints and burns",
    )
    .option("--pool <key>", "pool of the registry (chain:dex:id or its id) for decimals, fee, spacing and pair")
    .option("--pair <BASE-QUOTE>", "name of the pair when no registry pool is named")
    .option("--base-decimals <n>", "decimals of BASE (default 18)", wholeNumber(0, 36))
    .option("--quote-decimals <n>", "decimals of QUOTE (default 6)", wholeNumber(0, 36))
    .option("--base-is-token0 [yes|no]", "BASE is the pool's token0 (without the flag: token1)", yesOrNo)
    .option("--fee-pips <n>", "LP fee, 1/1 000 000 (default 500)", wholeNumber(0, 999_999))
    .option("--tick-spacing <n>", "tick spacing (default: that of the fee)", wholeNumber(1, 16_384))
    .option("--protocol-share <frac>", "part of the fee that goes to the protocol (default 0)", decimal(0, 1))
    .option("--pegged [yes|no]", "both tokens follow one currency (default: seen from the first prices)", yesOrNo)
    .option("--capital-usd <usd>", "money of each twin", decimal(1, 1e12), BACKTEST_DEFAULTS.capitalUsd)
    .option("--gas-usd-per-tx <usd>", "gas of one transaction", decimal(0, 1e6), BACKTEST_DEFAULTS.gasUsdPerTx)
    .option(
      "--swap-cost-bps <bps>",
      "router fee and slippage of a swap; pool fee and impact come on top",
      decimal(0, 5_000),
      BACKTEST_DEFAULTS.swapCostBps,
    )
    .option("--interval-sec <sec>", "time between decisions", minutesInSeconds(60), BACKTEST_DEFAULTS.intervalSec)
    .option(
      "--reaction-sec <sec>",
      "time from a decision to its transactions",
      minutesInSeconds(0),
      BACKTEST_DEFAULTS.reactionSec,
    )
    .option("--failure-frac <frac>", "chance that a plan fails", decimal(0, 1), BACKTEST_DEFAULTS.failureFrac)
    .option("--allow-cash [yes|no]", "whether capital may stay cash when nothing earns (default yes)", yesOrNo)
    .option("--from <time>", "start: unix ms or YYYY-MM-DD[ hh:mm[:ss]] (UTC)", instant)
    .option("--to <time>", "end, same forms", instant)
    .option("--seed <n>", "seed of failures", wholeNumber(0, 4_294_967_295), BACKTEST_DEFAULTS.seed)
    .option("--config <json>", "strategy parameters as in a pair's settings: a JSON object, or a file with one")
    .option(
      "--windows <n>",
      "walk-forward windows, each with fresh money",
      wholeNumber(1, 1_000),
      BACKTEST_DEFAULTS.windows,
    )
    .option("--json <file>", "write the whole report here")
    .option("--twins <list>", `comma list of ${TWIN_NAMES.join(", ")} (default all)`, twinList)
    .option(
      "--model-kappa <n>",
      "volume model: fees over loss that the pool pays on a usual day",
      decimal(0, 100),
      DEFAULT_MODEL_KAPPA,
    )
    .option(
      "--model-memory-days <n>",
      "volume model: days back over which a usual day is looked for; 0 = the level of the first 20 % for good",
      decimal(0, 365),
      DEFAULT_MODEL_MEMORY_DAYS,
    )
    .option(
      "--model-depth-usd <usd>",
      `volume model: value of the pool's liquidity from 1 % below to 1 % above the price (default ${DEFAULT_DEPTH_USD}, pegged ${DEFAULT_PEGGED_DEPTH_USD})`,
      decimal(1, 1e13),
    )
    .option(
      "--model-shape <uniform|moves>",
      "volume model of pool hours: even, or half with the price's moves",
      shape,
      "uniform",
    );
}

export async function runBacktestCommand(flags: BacktestFlags): Promise<void> {
  const notes: string[] = [];
  const config = await readConfig(flags.config);
  checkFiles(flags);
  const describe = poolDescriber(flags, notes);
  const loaded = await loadMarket(
    {
      candles: flags.candles ?? null,
      poolMinutes: flags.poolMinutes ?? null,
      poolHours: flags.poolHours ?? null,
      poolEvents: flags.poolEvents ?? null,
    },
    describe,
    (pool) => ({
      kappa: flags.modelKappa,
      memoryDays: flags.modelMemoryDays,
      depthUsd: flags.modelDepthUsd ?? (pool.isStablePair ? DEFAULT_PEGGED_DEPTH_USD : DEFAULT_DEPTH_USD),
      shape: flags.modelShape,
    }),
  );
  const market = unwrap(loaded);
  const { params } = resolveParams(market.pool.isStablePair, {
    ...config,
    ...(flags.allowCash === undefined ? {} : { allowCash: flags.allowCash }),
  });
  const settings: BacktestSettings = {
    capitalUsd: flags.capitalUsd,
    gasUsdPerTx: flags.gasUsdPerTx,
    swapCostBps: flags.swapCostBps,
    intervalSec: flags.intervalSec,
    reactionSec: flags.reactionSec,
    failureFrac: flags.failureFrac,
    seed: flags.seed,
    params,
    twins: flags.twins ?? TWIN_NAMES,
    fromMs: flags.from ?? null,
    toMs: flags.to ?? null,
    windows: flags.windows,
  };
  if (flags.from !== undefined && flags.to !== undefined && flags.from >= flags.to)
    throw badFlag(`expected --from before --to; --from is ${flags.from} and --to ${flags.to} (unix ms)`);
  const problem = checkPeriod(market, settings);
  if (problem !== null) throw badFlag(`${problem}: choose --from, --to and --windows within the files' time`);

  const startedAtMs = performance.now();
  const report = await runWithProgress({ market: { ...market, notes: [...market.notes, ...notes] }, settings });
  if (report === null) {
    console.error("Stopped before the end: nothing was written.");
    process.exitCode = EXIT_STOPPED;
    return;
  }
  const timed = { ...report, tookMs: Math.round(performance.now() - startedAtMs) };
  console.log(printReport(timed));
  if (flags.json !== undefined) await writeReport(flags.json, timed);
}

/** Runs in pieces, so that Ctrl-C is heard between them and the bar moves. */
async function runWithProgress(input: Parameters<typeof backtestSteps>[0]): Promise<BacktestReport | null> {
  const state = { isStopped: false };
  const stop = (): void => {
    state.isStopped = true;
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const bar = createBar();
  const steps = backtestSteps(input);
  let restedAtMs = performance.now();
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) {
        bar.finish();
        return step.value;
      }
      bar.show(step.value);
      if (performance.now() - restedAtMs > PROGRESS_EVERY_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        restedAtMs = performance.now();
      }
      if (state.isStopped) {
        bar.clear();
        return null;
      }
    }
  } finally {
    process.removeListener("SIGINT", stop);
    process.removeListener("SIGTERM", stop);
  }
}

interface Bar {
  readonly show: (progress: BacktestProgress) => void;
  readonly finish: () => void;
  readonly clear: () => void;
}

const BAR_CHARS = 30;
const LINE_EVERY_PERCENT = 10;

/** A bar that moves on a terminal, a line for every tenth elsewhere. */
function createBar(): Bar {
  const startedAtMs = performance.now();
  const { stderr } = process;
  let shownPercent = -1;
  const show = (progress: BacktestProgress): void => {
    const percent = Math.floor(100 * progress.doneFrac);
    const step = stderr.isTTY ? 1 : LINE_EVERY_PERCENT;
    if (Math.floor(percent / step) === Math.floor(shownPercent / step)) return;
    shownPercent = percent;
    const filled = Math.round((BAR_CHARS * percent) / 100);
    const elapsedSec = (performance.now() - startedAtMs) / MS_PER_SEC;
    const leftSec = progress.doneFrac > 0 ? elapsedSec / progress.doneFrac - elapsedSec : 0;
    const text = `${String(percent).padStart(3)} %  ${progress.stage}  ${elapsedSec.toFixed(0)} s, about ${leftSec.toFixed(0)} s left`;
    if (stderr.isTTY) stderr.write(`\r[${"#".repeat(filled)}${".".repeat(BAR_CHARS - filled)}] ${text}\u001B[K`);
    else stderr.write(`${text}\n`);
  };
  const clear = (): void => {
    if (stderr.isTTY) stderr.write("\r\u001B[K");
  };
  return { show, finish: clear, clear };
}

/** Written beside and renamed: a reader never sees half a report. */
async function writeReport(file: string, report: BacktestReport): Promise<void> {
  try {
    await writeFile(`${file}.part`, `${JSON.stringify(report)}\n`);
    await rename(`${file}.part`, file);
  } catch (error) {
    throw new ConfigError({
      code: "unwritable",
      message: `The report cannot be written to --json ${file} (${errorText(error)}): name a file in a folder that exists and is yours.`,
      retryable: false,
      cause: error,
    });
  }
}

function checkFiles(flags: BacktestFlags): void {
  const recordings = [flags.poolMinutes, flags.poolHours, flags.poolEvents].filter((name) => name !== undefined);
  if (recordings.length > 1)
    throw badFlag(
      `expected one recording of the pool; ${recordings.length} were named: keep one of --pool-minutes, --pool-hours, --pool-events`,
    );
  if (recordings.length === 0 && flags.candles === undefined)
    throw badFlag(
      "expected --candles <file> or a recording of the pool (--pool-minutes, --pool-hours, --pool-events); none was named: name one",
    );
}

async function readConfig(
  text: string | undefined,
): Promise<Record<string, never> | ReturnType<typeof configSchema.parse>> {
  if (text === undefined) return {};
  let source = text;
  if (!text.trimStart().startsWith("{")) {
    try {
      source = await readFile(text, "utf8");
    } catch (error) {
      throw badFlag(
        `expected --config to be a JSON object or a file with one; ${text} cannot be read (${errorText(error)})`,
      );
    }
  }
  let raw: unknown;
  try {
    raw = JSON.parse(source);
  } catch (error) {
    throw badFlag(`expected --config to be a JSON object; it cannot be parsed (${errorText(error)})`);
  }
  const parsed = configSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badFlag(
    `expected --config to hold parameters of a pair (${Object.keys(pairParamsSchema.shape).join(", ")}); ${issue?.path.join(".") || "the object"}: ${issue?.message ?? "invalid"}`,
  );
}

/** The pool from the registry, with single facts replaced by flags; or from flags alone. */
function poolDescriber(flags: BacktestFlags, notes: string[]): (firstPrices: readonly number[]) => BacktestPool {
  const known = flags.pool === undefined ? null : findPool(flags.pool);
  const feePips = flags.feePips ?? known?.feePips ?? 500;
  const tickSpacing = flags.tickSpacing ?? known?.tickSpacing ?? SPACING_OF_FEE.get(feePips);
  if (tickSpacing === undefined || tickSpacing === null)
    throw badFlag(`expected --tick-spacing, since a fee of ${feePips} pips has no usual one; it is missing: add it`);
  if (flags.pair !== undefined && !isPairId(flags.pair))
    throw badFlag(`expected --pair as BASE-QUOTE in upper case; it is "${flags.pair}"`);
  return (firstPrices) => {
    const isNearOne = firstPrices.length > 0 && firstPrices.every((price) => Math.abs(price - 1) <= PEG_TOLERANCE);
    const isStablePair = flags.pegged ?? known?.isStablePair ?? isNearOne;
    if (flags.pegged === undefined && known === null && isStablePair)
      notes.push(
        "The pair is taken for a pegged one, since its first prices lie within 2 % of 1; --pegged no says otherwise.",
      );
    const id = pairId(flags.pair ?? known?.pair ?? "BASE-QUOTE");
    const [baseSymbol = "BASE", quoteSymbol = "QUOTE"] = id.split("-");
    return {
      pairId: id,
      poolKey: poolKey(known?.chainId ?? 1, known?.family ?? "uniswap-v3", known?.id ?? "recorded"),
      chainId: known?.chainId ?? 1,
      family: known?.family ?? "uniswap-v3",
      dexName: known?.dexName ?? "recorded pool",
      baseSymbol: known?.baseSymbol ?? baseSymbol,
      quoteSymbol: known?.quoteSymbol ?? quoteSymbol,
      baseDecimals: flags.baseDecimals ?? known?.baseDecimals ?? 18,
      quoteDecimals: flags.quoteDecimals ?? known?.quoteDecimals ?? 6,
      baseIsToken0: flags.baseIsToken0 ?? known?.baseIsToken0 ?? false,
      feePips,
      tickSpacing,
      protocolShareFrac: flags.protocolShare ?? 0,
      isStablePair,
      pegPrice: isStablePair ? 1 : null,
      quoteUsd: 1,
    };
  };
}

interface KnownPool {
  readonly pair: string;
  readonly chainId: number;
  readonly family: string;
  readonly dexName: string;
  readonly id: string;
  readonly baseSymbol: string;
  readonly quoteSymbol: string;
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
  readonly baseIsToken0: boolean;
  readonly feePips: number | null;
  readonly tickSpacing: number | null;
  readonly isStablePair: boolean;
}

function findPool(wanted: string): KnownPool {
  const settings = unwrap(loadSettings({ env: readProcessEnv(), cwd: process.cwd(), overrides: {} }));
  const registry = unwrap(loadRegistry({ overlayFile: settings.registryFile, rpcUrls: settings.rpcUrls }));
  const pools = registry.registry.pairs.flatMap((pair) =>
    registry.poolsOf(pair.id).map((entry) => ({ pair: pair.id, entry })),
  );
  const found = pools.filter(({ entry: { pool, chain, dex } }) => {
    const id = pool.id.toLowerCase();
    return [id, `${chain.id}:${dex.id}:${id}`, `${chain.id}:${dex.family}:${id}`].includes(wanted.toLowerCase());
  });
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw badFlag(
      `expected --pool to name one pool of the registry; ${found.length} match "${wanted}": use chain:dex:id, for example ${pools
        .slice(0, 2)
        .map(({ entry: { pool, chain, dex } }) => `${chain.id}:${dex.id}:${pool.id}`)
        .join(" or ")}`,
    );
  const { entry, pair } = first;
  return {
    pair,
    chainId: entry.chain.id,
    family: entry.dex.family,
    dexName: entry.dex.name,
    id: entry.pool.id,
    baseSymbol: entry.base.symbol,
    quoteSymbol: entry.quote.symbol,
    baseDecimals: entry.base.decimals,
    quoteDecimals: entry.quote.decimals,
    baseIsToken0: entry.baseIsToken0,
    feePips: entry.pool.fee,
    tickSpacing: entry.pool.tickSpacing,
    isStablePair: entry.base.pegCurrency !== null && entry.base.pegCurrency === entry.quote.pegCurrency,
  };
}

function badFlag(sentence: string): ConfigError {
  return new ConfigError({ code: "invalid", message: `${sentence}.`, retryable: false });
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
    return value;
  };
}

function decimal(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`expected a number from ${min} to ${max}.`);
    return value;
  };
}

/** Seconds that are whole minutes: data is per minute. */
function minutesInSeconds(min: number): (text: string) => number {
  return (text) => {
    const value = wholeNumber(min, 86_400)(text);
    if (value % 60 !== 0) throw new InvalidArgumentError("expected whole minutes, in seconds (60, 900, 3600).");
    return value;
  };
}

function yesOrNo(text: string): boolean {
  if (/^(yes|true|1)$/i.test(text)) return true;
  if (/^(no|false|0)$/i.test(text)) return false;
  throw new InvalidArgumentError("expected yes or no.");
}

function instant(text: string): number {
  const atMs = parseInstant(text);
  if (atMs === null) throw new InvalidArgumentError("expected unix milliseconds or YYYY-MM-DD[ hh:mm[:ss]] (UTC).");
  return atMs;
}

function twinList(text: string): readonly TwinName[] {
  return text.split(",").map((name) => {
    const parsed = twinNameSchema.safeParse(name.trim());
    if (!parsed.success) throw new InvalidArgumentError(`expected names of twins (${TWIN_NAMES.join(", ")}).`);
    return parsed.data;
  });
}

function shape(text: string): VolumeModel["shape"] {
  if (text === "uniform" || text === "moves") return text;
  throw new InvalidArgumentError("expected uniform or moves.");
}
