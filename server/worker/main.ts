// Process entry of a worker: wires store, chain, sources, signer and execution for one pair; ends with its control channel.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText, SourceError, type ChainError, type TidegateError } from "@/lib/errors/tidegate-error";
import { epochRecordSchema, type EpochRecord } from "@/lib/epoch/epoch-record";
import { toMoneyRecord } from "@/lib/epoch/money-record";
import { workerStateSchema } from "@/lib/api/worker-state";
import { FAMILY_ACTIONS } from "@/lib/actions/families";
import type { CallPort } from "@/lib/actions/family";
import { collectsSeparately } from "@/lib/actions/liquidity-book";
import { scaledMinimum } from "@/lib/actions/swap-decoder";
import type { BridgeStep, Plan, SwapStep } from "@/lib/plan/plan";
import type { PlanGrants } from "@/lib/plan/plan-grants";
import { findPoolRef, poolRefOf } from "@/lib/registry/pool-ref";
import type { ExitRehearsal } from "@/lib/api/exit-schemas";
import type { PairState } from "@/lib/api/signer-contract";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { isPairId, MINUTE_MS, poolKey, type Address } from "@/lib/units";
import { readDeploymentId } from "@/server/config/deployment";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";
import { loadSignedRegistry } from "@/server/config/live-registry";
import { createRegistryCheck } from "@/server/config/registry-check";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { executePlan, type LivePrices } from "@/server/execution/execute-plan";
import { exitPair, planExit, type ExitRunDeps } from "@/server/execution/exit-run";
import { createLiveReads } from "@/server/execution/live-reads";
import { createPaymentReads, createTransferTracker } from "@/server/execution/bridge-arrival";
import { createBridgeQuotes } from "@/server/execution/bridge-quotes";
import { bridgeTermsOf, offerBridges } from "@/server/execution/bridge-quotes-offers";
import { chooseSwapRoutes, readPoolOut } from "@/server/execution/direct-swap";
import { rehearsePlan } from "@/server/rehearsal/rehearse-plan";
import type { RehearsalDeps } from "@/server/rehearsal/ports";
import { openStage } from "@/server/rehearsal/open-stage";
import { createSwapQuotes, firstOf, type SwapQuotes } from "@/server/execution/swap-quotes";
import { createQuoteService } from "@/server/execution/swap-quotes-service";
import { createCallPort } from "@/server/infra/chain/call-port";
import { createChainClients, type ChainClient } from "@/server/infra/chain/clients";
import { followEndpoints } from "@/server/infra/chain/follow-endpoints";
import { guardedFetchFor } from "@/server/infra/chain/guarded-transport";
import { wallClock } from "@/server/infra/clock";
import {
  EXIT_CONFIG,
  EXIT_LEASE_LOST,
  EXIT_OK,
  EXIT_RESTART,
  installDrain,
} from "@/server/infra/process/control-channel";
import { freeDeadLease, leaseOwnerId } from "@/server/infra/process/dead-lease";
import { openProcess } from "@/server/infra/process/open-process";
import { createControlClient, createIntentClient } from "@/server/infra/signer-link/client";
import { socketPaths } from "@/server/infra/signer-link/paths";
import { createSignedReader } from "@/server/infra/signed-reader";
import { readCandleMeta } from "@/server/infra/store/candles";
import { pushEpochRecord, readEpochRecords, writeDecisionInputs } from "@/server/infra/store/epochs";
import { publishEvent } from "@/server/infra/store/events";
import { writeWorkerHeartbeat } from "@/server/infra/store/heartbeats";
import { writeJsonField } from "@/server/infra/store/json-values";
import { PAIR_LEASE_REFRESH_MS, PAIR_LEASE_TTL_MS, storeChannels, storeKeys } from "@/server/infra/store/keys";
import { readMergedCandles } from "@/server/infra/store/merged-candles";
import { acquireLease } from "@/server/infra/store/lock";
import { onChannelMessage } from "@/server/infra/store/pubsub";
import { takeRateSlot } from "@/server/infra/store/rate-slot";
import { readPaperBook, writePaperBook } from "@/server/infra/store/paper";
import { readPoolSamples, writePoolSamples } from "@/server/infra/store/pool-samples";
import { readWorkerState, writeWorkerState } from "@/server/infra/store/worker-state";
import { emitEpochStreams } from "@/server/infra/telemetry/epoch-streams";
import {
  computeFamilyGasUsd,
  createGasUnitsBook,
  GAS_KINDS,
  readGasPriceWei,
  stepGasUnits,
} from "@/server/sources/gas";
import { createGeckoSource, GECKO_SLOT_MS } from "@/server/sources/gecko-terminal";
import { noGrowthReason } from "@/server/sources/pool-state/family-extras";
import { createPoolStates, type PoolStates } from "@/server/sources/pool-state/pool-states";
import type { PoolReading, WantedPosition } from "@/server/sources/pool-state/readings";
import { feePips, toObservedPosition, toPoolState } from "@/server/sources/pool-state/snapshot-forms";
import { followTransfers } from "./transfers";
import { createCandleCache } from "./candle-cache";
import { createCloseBook } from "./close-book";
import { createLiveInputs } from "./live-inputs";
import { createPaperDesk } from "./paper";
import { paperBookSchema } from "./paper-book";
import { acquirePairLock, type PairLock } from "./pair-lock";
import { createPoolGate, type PoolGate } from "./pool-gate";
import { createPoolSampler, type PoolSampler } from "./pool-sampler";
import type { ChainView, CycleDeps, PoolView } from "./ports";
import { startWorker, type Worker } from "./worker";

/** The families' own lists of rights. */
const FAMILY_GRANTS: PlanGrants = {
  mint: (pool, amounts) => FAMILY_ACTIONS[pool.dex.family].mintGrants(poolRefOf(pool), amounts),
  exit: (pool) => FAMILY_ACTIONS[pool.dex.family].exitGrants(poolRefOf(pool)),
  collectsApart: (pool) => pool.dex.family === "liquidity-book" && collectsSeparately(poolRefOf(pool)),
};
const DRAIN_GRACE_MS = 2_400;
const SIGNER_TIMEOUT_MS = 5_000;
/** Between two past blocks read for samples, wall ms. */
const SAMPLE_PAUSE_MS = 15;
/** A price older than this is not traded on: the strategy's limit on candles. */
const MAX_PRICE_AGE_MS = 300_000;

function fail(message: string): never {
  process.stderr.write(`error: ${message}\n`);
  process.exit(EXIT_CONFIG);
}

const pairId = process.argv[2] ?? "";
if (!isPairId(pairId)) fail(`the worker needs its pair as the first argument, for example WETH-USDC; got "${pairId}"`);
const settings = loadSettings({ env: readProcessEnv(), cwd: process.cwd() });
if (!settings.ok) fail(settings.error.message);
const { dataDir } = settings.value;
const deploymentId = readDeploymentId(dataDir);
if (!deploymentId.ok) fail(deploymentId.error.message);
const signed = createSignedReader(dataDir, deploymentId.value);
const loaded = loadSignedRegistry(
  { overlayFile: settings.value.registryFile, rpcUrls: settings.value.rpcUrls },
  signed.read(),
);
const registry = loaded.ok ? ok(loaded.value.view) : loaded;
if (!loaded.ok || !registry.ok) fail(loaded.ok ? "" : loaded.error.message);
const configuredChains = loaded.value.configured;
const pair = registry.value.pair(pairId);
if (pair === null) fail(`${pairId} is not in the registry; correct TG_PAIRS or add the pair to TG_REGISTRY_FILE`);
const sockets = socketPaths(dataDir);
if (!sockets.ok) fail(sockets.error.message);
const opened = await openProcess({ settings: settings.value, name: "worker", instance: `worker-${pairId}` });
if (!opened.ok) fail(opened.error.message);
const { log, store, market, telemetry } = opened.value;
const startedAtWallMs = wallClock.nowMs();

const run = { isEnding: false };
let worker: Worker | null = null;
let sampler: PoolSampler | null = null;
let lock: PairLock | null = null;
const intents = createIntentClient({
  socketPath: sockets.value.intent,
  deploymentId: deploymentId.value,
  peer: `worker ${pairId}`,
  timeoutMs: SIGNER_TIMEOUT_MS,
});
const end = installDrain({
  drain: async (reason) => {
    run.isEnding = true;
    log.info("process.stopping", { pairId, reason });
    await Promise.all([worker?.drain(), sampler?.stop()]);
    await lock?.release();
    intents.close();
    control.close();
    await opened.value.close();
  },
  graceMs: DRAIN_GRACE_MS,
  channel: "stdin",
});

lock = await acquirePairLock({
  acquire: async () => {
    await freeDeadLease(store, storeKeys.pairLease(pairId));
    return acquireLease(store, {
      leaseKey: storeKeys.pairLease(pairId),
      fenceKey: storeKeys.pairFence(pairId),
      ownerId: leaseOwnerId(`worker.${pairId}`),
      ttlMs: PAIR_LEASE_TTL_MS,
      refreshEveryMs: PAIR_LEASE_REFRESH_MS,
      wall: wallClock,
    });
  },
  leaseToken: async () => {
    const leased = await intents.call("fence.lease", { pairId, workerId: `${pairId}.${process.pid}` });
    return leased.ok ? ok(leased.value.token) : leased;
  },
  onWait: (reason) => log.warn("lease.refused", { pairId, detail: reason }),
  isCancelled: () => run.isEnding,
});
if (lock === null) await new Promise<never>(() => undefined);
const held = lock ?? fail("no lease");
log.info("lease.acquired", { pairId, token: held.token });

const clients = createChainClients({
  chains: registry.value.registry.chains,
  fetchOf: guardedFetchFor(configuredChains),
  wallNowMs: () => wallClock.nowMs(),
  marketNowMs: () => market.nowMs(),
});
followEndpoints({
  reader: signed,
  deploymentId: deploymentId.value,
  configured: configuredChains,
  clients,
  report: (endpoints) => void writeJsonField(store, storeKeys.endpoints, pairId, endpoints),
  nowMs: () => wallClock.nowMs(),
  log,
});
const control = createControlClient({
  socketPath: sockets.value.control,
  deploymentId: deploymentId.value,
  peer: `worker ${pairId}`,
  timeoutMs: SIGNER_TIMEOUT_MS,
});
const wallet = await readWallet();
const poolStates = new Map<number, PoolStates>();
const { gate, disabled } = await openGate();
const usable = gate.pools();
const live = createLiveInputs();
const candles = createCandleCache({
  readFeeds: async () => {
    const meta = await readCandleMeta(store, pairId);
    if (!meta.ok) return meta;
    return ok(
      pair.sources.map(({ venue, weight }) => {
        const known = meta.value.values.get(venue);
        return {
          venue,
          weight,
          lastTs: known?.lastTs ?? null,
          coverageFrom: known?.coverageFrom ?? null,
          error: known?.error ?? null,
        };
      }),
    );
  },
  readMerged: async (fromMs, toMs) => {
    const read = await readMergedCandles(store, { pairId, sources: pair.sources, fromMs, toMs });
    if (!read.ok) return read;
    const problem = read.value.problems[0];
    return problem === undefined ? ok(read.value.candles) : err(problem);
  },
});
const gasUnits = createGasUnitsBook();
/** Positions of the journal as the newest reading of each chain asked for them. */
const knownPositions = new Map<number, readonly WantedPosition[]>();
/** Readings behind the views handed to the core; views that are gone take theirs with them. */
const readingsOf = new WeakMap<PoolView, PoolReading>();
const gecko = createGeckoSource({
  baseUrl: settings.value.geckoUrl,
  takeSlot: async () => {
    const slot = await takeRateSlot(store, storeKeys.geckoSlot, GECKO_SLOT_MS);
    return slot.ok && slot.value;
  },
  marketNowMs: () => market.nowMs(),
  wall: wallClock,
  sleep,
});

const poolSamples = createPoolSampler({
  chains: [...new Map(usable.map((pool) => [pool.chain.id, pool.chain])).values()].map((chain) => ({
    chainId: chain.id,
    blockTimeMs: chain.blockTimeMs,
    poolKeys: sampledOf(chain.id).map(keyOf),
    unsampled: usable
      .filter((pool) => pool.chain.id === chain.id)
      .flatMap((pool) => {
        const reason = noGrowthReason(poolRefOf(pool));
        return reason === null ? [] : [{ poolKey: keyOf(pool), reason }];
      }),
  })),
  market,
  chain: {
    readBlock: (chainId, at) => withClient(chainId, (client) => client.readBlock(at)),
    readSamples: async (chainId, block) => {
      const states = statesOf(chainId);
      if (!states.ok) return states;
      const { confirmed } = await gate.pass(chainId);
      const pools = sampledOf(chainId).filter((pool) => confirmed.includes(pool));
      return states.value.readSamples({ pools, owner: wallet, known: knownPositions.get(chainId) ?? [] }, block);
    },
  },
  store: {
    read: async (key) => {
      const stored = await readPoolSamples(store, { pairId, poolKey: key, nowMs: market.nowMs() });
      if (!stored.ok) return stored;
      const { samples, outside, problems } = stored.value;
      for (const problem of problems) log.warn("store.lost", { poolKey: key, detail: problem.message });
      if (outside.length > 0) await writePoolSamples(store, { pairId, poolKey: key, samples: [], dropSlots: outside });
      return ok(samples);
    },
    write: (key, samples, dropSlots) => writePoolSamples(store, { pairId, poolKey: key, samples, dropSlots }),
  },
  pause: () => sleep(SAMPLE_PAUSE_MS),
  log,
});
sampler = poolSamples;
await poolSamples.start();

const deps: CycleDeps = {
  pairId,
  wall: wallClock,
  market,
  pools: usable,
  isPegged: registry.value.isPegged(pairId),
  candles,
  chain: {
    readChain,
    readGasPriceWei: (chainId) => withClient(chainId, (client) => readGasPriceWei(client)),
    readNativeBalance: (chainId) =>
      withClient(chainId, (client) =>
        client.call("native balance", (reader) => reader.getBalance({ address: wallet })),
      ),
    readDepth: readPoolDepth,
  },
  poolService: {
    fetchPools: async (chainId, pools) => {
      const network = registry.value.chain(chainId)?.geckoSlug ?? null;
      if (network === null) {
        return err(
          new SourceError({
            code: "not_found",
            message: `chain ${chainId} has no GeckoTerminal network in the registry; add geckoSlug to its entry`,
            retryable: false,
          }),
        );
      }
      // One pool with the wrapped native token rides along: gas is valued with its price.
      const native = registry.value.chain(chainId)?.wrappedNative ?? "";
      const ids = [...pools, ...nativePool(chainId, native)];
      const answer = await gecko.fetchPools({ network, pools: ids });
      return answer.ok ? ok(answer.value.pools) : answer;
    },
  },
  poolSamples,
  paper: createPaperDesk({
    pairId,
    read: () => readPaperBook(store, pairId, paperBookSchema),
    write: (book) => writePaperBook(store, pairId, book),
    slices: { monotonicMs: () => wallClock.monotonicMs(), nextTurn: () => nextTurn() },
    log,
  }),
  lastCloseEpochs: (nowMs) => closes.lastCloseEpochs(nowMs),
  signer: {
    pairState: () => intents.call("pair.state", { pairId }),
    propose: (plan, proposedBy) =>
      intents.call("plan.propose", { pairId, token: held.token, plan, proposedBy, marketAtMs: market.nowMs() }),
    plan: (planId) => intents.call("plan.get", { planId }),
    finish: (planId, outcome, reason) =>
      intents.call("plan.finish", { pairId, token: held.token, planId, outcome, reason }),
    commandsSince: async (seq) => {
      const found = await intents.call("commands.since", { pairId, seq });
      return found.ok ? ok(found.value.commands) : found;
    },
    rehearsed: (planId, rehearsal) => intents.call("plan.rehearsed", { pairId, token: held.token, planId, rehearsal }),
    checkLedger: async () => {
      const found = await control.call("ledger.check", {});
      if (!found.ok) {
        log.warn("ledger.unchecked", { pairId, detail: found.error.message });
        return null;
      }
      const differences = found.value.rows.filter(({ differenceRaw }) => differenceRaw !== "0").length;
      if (differences > 0) log.error("ledger.differs", { pairId, differences });
      return {
        isEqual: differences === 0,
        accounts: found.value.rows.length,
        differences,
        blocks: found.value.blocks.map(({ chainId, number }) => ({ chainId, number: number.toString() })),
      };
    },
    ledgerSince: async (sinceSeq, limit) => {
      const found = await control.call("ledger.list", { pairId, sinceSeq, limit });
      return found.ok ? ok(found.value.entries) : found;
    },
    commandResult: (commandId, status, result, planId) =>
      intents.call("command.result", { pairId, token: held.token, commandId, status, result, planId }),
  },
  planning: {
    grants: FAMILY_GRANTS,
    stepGas: (step) => stepGasUnits(gasUnits, step),
    offerBridges: async (wanted, input) => {
      const offers = await offerBridges({ bridges, wallet, log, nativeUsdOf }, wanted, input);
      for (const terms of bridgeTermsOf(offers, wanted)) {
        live.bridgeTerms.set(`${terms.fromChainId}:${terms.toChainId}`, { terms, atMs: market.nowMs() });
      }
      return offers;
    },
    chooseSwaps: async (plan, { pools, ...prices }) =>
      chooseSwapRoutes(
        { quotes, portOf, wallet, log },
        {
          plan,
          pools: usable.filter((pool) => pools.includes(keyOf(pool))),
          ...prices,
          gasUnitUsd: await readGasUnitUsd(plan.steps.map((step) => step.chainId)),
        },
      ),
  },
  rehearse: (plan) => rehearsePlan(rehearsalDeps(), plan),
  execute: async (record, shouldStop) => {
    const report = await executePlan(
      {
        signer: intents,
        quotes,
        bridges,
        transfers,
        reads: liveReads,
        readPoolOut: async ({ chainId, pool, ...sale }) => {
          const facts = usable.find(
            (each) => each.chain.id === chainId && each.pool.id.toLowerCase() === pool.toLowerCase(),
          );
          return facts === undefined ? `pool ${pool} is not in use` : readPoolOut({ portOf, log }, facts, sale);
        },
        gasUnitUsd: async (chainId) => (await readGasUnitUsd([chainId])).get(chainId) ?? null,
        readPrices,
        wallet,
        wall: wallClock,
        sleep,
        log,
      },
      { record, token: held.token, shouldStop },
    );
    await learnGas(record.planId);
    return report;
  },
  record: {
    pushEpoch: (record) => pushEpochRecord(store, pairId, { record, money: toMoneyRecord(record) }),
    writeInputs: (epoch, value) => writeDecisionInputs(store, { pairId, epoch, value }),
    recentEpochs: (count) => readEpochRecords<EpochRecord>(store, { pairId, limit: count }, epochRecordSchema),
    emitEpoch: (record, facts) =>
      emitEpochStreams({ log, telemetry, wallNowMs: () => wallClock.nowMs() }, record, facts),
    publish: (event) => void publishEvent(store, event),
    writeState: (state) => writeWorkerState(store, { pairId, token: held.token, state }),
    readState: async () => {
      const stored = await readWorkerState(store, pairId, workerStateSchema);
      if (!stored.ok) log.warn("store.lost", { pairId, detail: stored.error.message });
      return stored.ok ? (stored.value?.state ?? null) : null;
    },
    writeSource: ({ ok: isOk, ...note }) =>
      void writeJsonField(store, storeKeys.sources, note.id, {
        ...note,
        pairId: null,
        state: isOk ? "ok" : "degraded",
      }),
  },
  log,
};
const closes = createCloseBook({
  pairId,
  ledgerSince: (seq, limit) => deps.signer.ledgerSince(seq, limit),
  plan: (planId) => deps.signer.plan(planId),
});
const { registry: entries } = registry.value;
const liveReads = createLiveReads(clients, (chainId, pool) => findPoolRef(entries, chainId, pool));
const lifiService = createQuoteService({
  baseUrl: settings.value.lifiUrl,
  apiKey: settings.value.lifiApiKey,
  integrator: settings.value.lifiIntegrator,
  wallNowMs: () => wallClock.nowMs(),
});
const { secondQuotes } = settings.value;
const lifi = firstOf([
  createSwapQuotes(lifiService),
  ...(secondQuotes === null
    ? []
    : [
        createSwapQuotes(
          createQuoteService({
            name: "the second quote service",
            baseUrl: secondQuotes.url,
            apiKey: null,
            integrator: settings.value.lifiIntegrator,
            headers: secondQuotes.headers,
            wallNowMs: () => wallClock.nowMs(),
          }),
        ),
      ]),
]);
const bridges = createBridgeQuotes(lifiService);
const transfers = createTransferTracker({
  signer: intents,
  bridges,
  payments: createPaymentReads(clients, wallClock),
  decimalsOf: (chainId, token) =>
    entries.tokens.find((each) => each.chainId === chainId && each.address.toLowerCase() === token.toLowerCase())
      ?.decimals ?? null,
  wallet,
  wall: wallClock,
  log,
});
followTransfers({ look: () => transfers.look({ pairId, token: held.token }), log });
let lastQuoteAtMs: number | null = null;
/** The same quotes; each answer leaves the source's health behind. */
const quotes: SwapQuotes = {
  async fetchQuote(request) {
    const quote = await lifi.fetchQuote(request);
    if (quote.ok) lastQuoteAtMs = market.nowMs();
    deps.record.writeSource({
      id: "lifi",
      kind: "lifi",
      label: "LI.FI",
      ok: quote.ok,
      lastAtMs: lastQuoteAtMs,
      // Asked only when a swap is about to be made: an old answer is no fault.
      maxAgeMs: null,
      sentence: quote.ok ? `quote by ${quote.value.tool} passed every check` : quote.error.message,
    });
    return quote;
  },
};

let lagMs = 0;
let lastTurnMonoMs = performance.now();
setInterval(() => {
  const nowMonoMs = performance.now();
  lagMs = Math.max(0, Math.round(nowMonoMs - lastTurnMonoMs - 1_000));
  lastTurnMonoMs = nowMonoMs;
}, 1_000).unref();

worker = await startWorker({
  ...deps,
  market,
  lock: held,
  live,
  exit: {
    async run(pairState, shouldStop) {
      const order = pairState.exit ?? fail("an exit without an order");
      const done = await exitPair(
        exitDeps(),
        { pairState, into: order.into, slippage: order.slippage, commandId: order.commandId },
        { proposedBy: `worker ${pairId}`, token: held.token, shouldStop },
      );
      return {
        commandId: order.commandId,
        atMs: wallClock.nowMs(),
        planId: done.planId,
        outcome: done.outcome,
        reason: done.reason,
        left: [...done.left],
      };
    },
    rehearse: rehearseExit,
    note: (exitRun) => void writeJsonField(store, storeKeys.exitRuns, pairId, exitRun),
  },
  control: {
    onHint: (listener) => onChannelMessage(store, storeChannels.pairCommands(pairId), listener),
    onMessage: (listener) => onChannelMessage(store, storeChannels.workerControl(pairId), listener),
  },
  newCycleId: randomUUID,
  pid: process.pid,
  workerId: pairId,
  writeHeartbeat: ({ phase, epoch }) => {
    log.debug("worker.memory", { ...process.memoryUsage() });
    void writeWorkerHeartbeat(store, {
      id: pairId,
      pairId,
      pid: process.pid,
      host: hostname(),
      phase,
      epoch,
      loopLagMs: lagMs,
      rssBytes: process.memoryUsage.rss(),
      startedAtWallMs,
      atWallMs: wallClock.nowMs(),
    });
  },
  disabledPools: disabled,
  end: (reason, kind) => {
    const codes = { shutdown: EXIT_OK, restart: EXIT_RESTART, lease_lost: EXIT_LEASE_LOST };
    process.stderr.write(`${reason}\n`);
    end(reason, codes[kind]);
  },
});
log.info("process.started", { pairId, pools: usable.length, disabled: disabled.length });
process.stdout.write(`${JSON.stringify({ ready: true, lease: held.holder })}\n`);

function exitDeps(): ExitRunDeps {
  return {
    control,
    intents,
    clients,
    registry: registry.ok ? registry.value : fail("no registry"),
    wallet,
    say: (sentence) => log.info("exit.step", { pairId, detail: sentence }),
    nowMs: () => market.nowMs(),
  };
}

function noteRehearsal(result: ExitRehearsal): void {
  log.info("exit.rehearsed", { pairId, isOk: result.isOk, detail: result.detail });
  void writeJsonField(store, storeKeys.exitRehearsals, pairId, result);
}

/** The exit as it is, on copies of the chains: its result and the gas it would take are left for the desk. */
async function rehearseExit(pairState: PairState): Promise<void> {
  try {
    const commandId = `0x${"0".repeat(64)}` as const;
    const { plan, left } = await planExit(exitDeps(), { pairState, into: null, slippage: "wide", commandId });
    const base = { atMs: wallClock.nowMs(), isOk: left.length === 0, gas: [] };
    if (plan === null) {
      noteRehearsal({ ...base, steps: 0, method: "none", detail: left.join("; ") || "nothing is open" });
      return;
    }
    const tried = await rehearsePlan(rehearsalDeps(), plan);
    const gas: ExitRehearsal["gas"] = [];
    for (const chainId of new Set(plan.steps.map((step) => step.chainId))) {
      const gasUsed = tried.steps
        .filter(({ index }) => plan.steps[index]?.chainId === chainId)
        .reduce((sum, step) => sum + step.gasUsed, 0n);
      const price = await withClient(chainId, (client) => readGasPriceWei(client));
      if (price.ok) gas.push({ chainId, gasUsed: String(gasUsed), costRaw: String(gasUsed * price.value) });
    }
    noteRehearsal({
      ...base,
      isOk: tried.isOk && left.length === 0,
      steps: plan.steps.length,
      method: tried.method,
      detail: [tried.detail, ...left].filter((text) => text !== "").join("; "),
      gas,
    });
  } catch (error) {
    const detail = errorText(error);
    noteRehearsal({ atMs: wallClock.nowMs(), isOk: false, steps: 0, method: "none", detail, gas: [] });
  }
}

function rehearsalDeps(): RehearsalDeps {
  return {
    wallet,
    wallNowMs: () => wallClock.nowMs(),
    findPool: (chainId, pool) => findPoolRef(entries, chainId, pool),
    readsOf: (family) => FAMILY_ADAPTERS[family].reads,
    openStage: async (chainId) => {
      const client = clients.get(chainId);
      return client.ok ? openStage(client.value, wallet) : client;
    },
    fetchSwapQuote: (plan, step, amountInRaw) =>
      quotes.fetchQuote({ ...quoteRequest(plan, step, amountInRaw), chainId: step.chainId }),
    fetchBridgeQuote: (plan, step, amountInRaw) =>
      bridges.fetchQuote({
        ...quoteRequest(plan, step, amountInRaw),
        fromChainId: step.chainId,
        toChainId: step.toChainId,
        bridges: step.bridges,
        nativeFeeMaxRaw: step.nativeFeeMaxRaw ?? 0n,
      }),
  };
}

/** For a rehearsal the plan's own price stands for both; the two prices of the moment are asked again at signing. */
function quoteRequest(plan: Plan, step: SwapStep | BridgeStep, amountInRaw: bigint) {
  const { referencePrice, maxSlippageBps } = plan.bounds;
  return {
    router: step.router,
    wallet,
    tokenIn: step.tokenIn,
    tokenOut: step.tokenOut,
    amountInRaw,
    minAmountOutRaw: scaledMinimum(step.minAmountOutRaw, amountInRaw, step.amountInRaw),
    slippageBps: maxSlippageBps,
    cexPrice: referencePrice,
    poolPrice: referencePrice,
  };
}

async function readWallet(): Promise<Address> {
  for (;;) {
    const authority = await control.call("authority.get", {});
    if (authority.ok) return authority.value.wallet;
    log.warn("signer.refused", { pairId, detail: authority.error.message });
    await sleep(500);
  }
}

/** Every registry entry is a claim: what the chain denies is not used, and everybody hears why. */
async function openGate(): Promise<{
  readonly gate: PoolGate;
  /** Grows when a chain that was away at the start denies an entry later. */
  readonly disabled: { poolKey: string; reason: string }[];
}> {
  const view = registry.ok ? registry.value : fail(registry.error.message);
  const refused: { poolKey: string; reason: string }[] = view
    .unusableOf(pairId)
    .map(({ poolKey: key, reason }) => ({ poolKey: key, reason }));
  const check = createRegistryCheck({
    chainId: (chainId) => withClient(chainId, (client) => client.call("chain id", (reader) => reader.getChainId())),
    calls: (chainId) => {
      const client = clients.get(chainId);
      return client.ok ? ok(createCallPort(client.value)) : client;
    },
    readsOf: (family) => FAMILY_ADAPTERS[family].reads,
  });
  const pools = createPoolGate({
    pools: view.poolsOf(pairId),
    check: check.checkPool,
    onDenied: (pool, reason) => {
      const key = keyOf(pool);
      refused.push({ poolKey: key, reason });
      log.error("registry.disabled", { pairId, poolKey: key, detail: reason });
      void publishEvent(store, {
        type: "service.changed",
        atMs: wallClock.nowMs(),
        id: `pool:${key}`,
        state: "stopped",
        detail: `registry entry disabled: ${reason}`,
      });
    },
  });
  await pools.start();
  return { gate: pools, disabled: refused };
}

/** Pools of a chain whose past can be measured. */
function sampledOf(chainId: number): readonly ResolvedPool[] {
  return usable.filter((pool) => pool.chain.id === chainId && noGrowthReason(poolRefOf(pool)) === null);
}

/** Reads of one chain; kept, since past blocks that were read once are remembered. */
function statesOf(chainId: number): Result<PoolStates, ChainError> {
  const before = poolStates.get(chainId);
  if (before !== undefined) return ok(before);
  const client = clients.get(chainId);
  if (!client.ok) return client;
  const states = createPoolStates({ client: client.value, readsOf: (family) => FAMILY_ADAPTERS[family].reads });
  poolStates.set(chainId, states);
  return ok(states);
}

async function readChain(chainId: number, known: PairState["positions"]): Promise<Result<ChainView, ChainError>> {
  const states = statesOf(chainId);
  if (!states.ok) return states;
  const block = await withClient(chainId, (client) => client.readBlock());
  if (!block.ok) return block;
  const { confirmed, waiting } = await gate.pass(chainId);
  const openedAtMs = new Map(known.map((each) => [each.positionId, each.openedAtMarketMs]));
  const wanted = known.flatMap((each): WantedPosition[] => {
    if (each.chainId !== chainId) return [];
    const facts = confirmed.find((pool) => pool.pool.id.toLowerCase() === each.pool.toLowerCase());
    return facts === undefined ? [] : [{ facts, tokenId: each.tokenId }];
  });
  knownPositions.set(chainId, wanted);
  const [readings, positions] = await Promise.all([
    states.value.readPools(confirmed, block.value),
    states.value.readPositions({ wanted, owner: wallet }, block.value),
  ]);
  if (!readings.ok) return readings;
  if (!positions.ok) return positions;
  const views = new Map<PoolView, PoolReading>();
  for (const reading of readings.value.readings) {
    const { facts, frame, price, live: pool, twap, ref } = reading;
    const view: PoolView = {
      poolKey: keyOf(facts),
      facts,
      frame,
      price,
      tick: pool.tick,
      binStepBps: facts.dex.family === "liquidity-book" ? ref.binStep : null,
      feePips: feePips(reading),
      twap,
    };
    views.set(view, reading);
    readingsOf.set(view, reading);
  }
  return ok({
    chainId,
    block: block.value,
    pools: [...views.keys()],
    refused: [...waiting, ...readings.value.refused.map(({ facts, error }) => ({ facts, detail: error.message }))],
    positions: positions.value.flatMap((position) => {
      const observed = toObservedPosition(position, 0);
      const openedAt = openedAtMs.get(observed.positionId);
      if (openedAt === undefined) return [];
      const { tickLower, tickUpper } = position.live;
      const { positionManager } = position.facts;
      return [{ observed: { ...observed, openedAtMs: openedAt }, positionManager, tickLower, tickUpper }];
    }),
    poolState: (pool, { service, nativeUsd, gasPriceWei }) => {
      const reading = views.get(pool);
      if (reading === undefined) return fail(`pool ${pool.poolKey} is not of this view`);
      return toPoolState({
        reading,
        gecko: service === null ? null : { volumeM15Usd: null, volumeH6Usd: null, ...service },
        gas: computeFamilyGasUsd({
          units: gasUnits.units(pool.facts.dex.family),
          gasPriceWei,
          nativeDecimals: pool.facts.chain.nativeDecimals,
          nativeUsd,
        }),
        positions: positions.value,
      });
    },
  });
}

const learntOps = new Set<string>();

/** Receipts of a plan's transactions move the gas estimates of its DEX family; each counts once. */
async function learnGas(planId: string): Promise<void> {
  const after = await intents.call("plan.get", { planId });
  // Nothing is lost: a plan that is resumed is read again, and estimates only lag.
  if (!after.ok) return;
  const { plan, ops } = after.value;
  const family = plan.steps.flatMap((step) => (step.kind === "mint" || step.kind === "burn" ? [step.family] : []))[0];
  if (family === undefined) return;
  for (const { opId, kind, gasUsed } of ops) {
    const known = GAS_KINDS.find((each) => each === kind);
    if (known === undefined || gasUsed === null || gasUsed === 0n || learntOps.has(opId)) continue;
    learntOps.add(opId);
    gasUnits.learn(family, known, gasUsed);
  }
}

function keyOf(pool: ResolvedPool): ReturnType<typeof poolKey> {
  return poolKey(pool.chain.id, pool.dex.family, pool.pool.id);
}

async function readPoolDepth(view: ChainView, pool: PoolView): ReturnType<CycleDeps["chain"]["readDepth"]> {
  const states = statesOf(view.chainId);
  if (!states.ok) return states;
  const reading = readingsOf.get(pool);
  if (reading === undefined) return fail(`pool ${pool.poolKey} was not read`);
  const buckets = await states.value.readDepth(reading);
  if (!buckets.ok) return buckets;
  const { number } = reading.block;
  return ok({ pool: pool.facts.pool.id, blockNumber: number, price: pool.price, buckets: buckets.value });
}

/** Prices of this moment for execution; the store's newest candles, never a remembered one. */
async function readPrices(chainId: number): Promise<Result<LivePrices, TidegateError>> {
  const merged = await candles.refresh(market.nowMs());
  if (!merged.ok) return merged;
  const { candles: series } = merged.value;
  const price = series.close[series.length - 1];
  const openAtMs = series.openAtMs[series.length - 1];
  const quoteUsd = live.quoteUsd?.value;
  const nativeUsd = live.nativeUsd.get(chainId);
  const ageMs = openAtMs === undefined ? null : market.nowMs() - openAtMs - MINUTE_MS;
  if (price === undefined || openAtMs === undefined || ageMs === null || ageMs > MAX_PRICE_AGE_MS) {
    return err(
      staleInput(
        `the newest candle of ${pairId} is ${ageMs === null ? "not there" : `${Math.round(ageMs / 1000)} s old`}; at most ${MAX_PRICE_AGE_MS / 1000} s are allowed`,
      ),
    );
  }
  if (quoteUsd === undefined || nativeUsd === undefined) {
    return err(
      staleInput(`there is no price in US dollars for the quote token or the native token of chain ${chainId} yet`),
    );
  }
  return ok({ price, priceAtMarketMs: openAtMs + MINUTE_MS, quoteUsd, nativeUsd });
}

/** US dollars of one unit of gas per chain; a chain without a price is missing. */
function nativeUsdOf(chainId: number): number | null {
  return live.nativeUsd.get(chainId) ?? null;
}

async function readGasUnitUsd(chainIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  for (const chainId of new Set(chainIds)) {
    const price = await withClient(chainId, (client) => readGasPriceWei(client));
    const nativeUsd = live.nativeUsd.get(chainId);
    const decimals = usable.find(({ chain }) => chain.id === chainId)?.chain.nativeDecimals;
    if (!price.ok || nativeUsd === undefined || decimals === undefined) continue;
    found.set(chainId, (Number(price.value) / 10 ** decimals) * nativeUsd);
  }
  return found;
}

function portOf(chainId: number): CallPort | null {
  const client = clients.get(chainId);
  return client.ok ? createCallPort(client.value) : null;
}

/** A registry pool that trades the wrapped native token of the chain, for its price. */
function nativePool(chainId: number, wrappedNative: string): readonly string[] {
  if (!registry.ok) return [];
  const { pairs } = registry.value.registry;
  const found = pairs
    .flatMap(({ id }) => registry.value.poolsOf(id))
    .find(
      ({ chain, base, quote }) =>
        chain.id === chainId &&
        [base, quote].some((token) => token.address.toLowerCase() === wrappedNative.toLowerCase()),
    );
  return found === undefined ? [] : [found.pool.id];
}

function staleInput(message: string): SourceError {
  return new SourceError({ code: "stale", message, retryable: true });
}

async function withClient<T>(
  chainId: number,
  use: (client: ChainClient) => Promise<Result<T, ChainError>>,
): Promise<Result<T, ChainError>> {
  const client = clients.get(chainId);
  return client.ok ? use(client.value) : client;
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
