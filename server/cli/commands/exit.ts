// `exit`: everything out, with nothing running but the chains: signs the order, closes every position, sells into one token if asked, reports.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { commandId, signedCommandSchema, type ExitSlippage, type SignedCommand } from "@/lib/api/commands";
import type { Authority } from "@/lib/api/signer-contract";
import { ConfigError } from "@/lib/errors/tidegate-error";
import { addressSchema } from "@/lib/registry/schema";
import { findPoolRef } from "@/lib/registry/pool-ref";
import { err } from "@/lib/errors/result";
import type { Address, Hex } from "@/lib/units";
import { readDeploymentId } from "@/server/config/deployment";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings, type Settings } from "@/server/config/load";
import { loadRegistry } from "@/server/config/registry";
import { createChainClients } from "@/server/infra/chain/clients";
import { createMarketClock, wallClock } from "@/server/infra/clock";
import { startChild, type Child } from "@/server/infra/process/child";
import { createControlClient, createIntentClient } from "@/server/infra/signer-link/client";
import { socketPaths } from "@/server/infra/signer-link/paths";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { exitPair, findDriven, planExit, type ExitRunDeps, type PairExit } from "@/server/execution/exit-run";
import { rehearsePlan } from "@/server/rehearsal/rehearse-plan";
import type { RehearsalDeps } from "@/server/rehearsal/ports";
import { openStage } from "@/server/rehearsal/open-stage";
import { readRunFile } from "@/server/cli/data-dir";
import { readSandbox, signInSandbox, unsignedCommand, type Wanted } from "@/server/cli/opening-commands";
import { readSecret, unwrap } from "@/server/cli/run-system";
import { signerService } from "@/server/cli/services";

export interface ExitFlags {
  readonly all?: boolean;
  readonly pair?: string;
  readonly into?: string;
  readonly slippage: ExitSlippage;
  readonly reason: string;
  readonly dataDir?: string;
  readonly passphraseFile?: string;
  /** A file with the order signed by an operator's wallet; see --print-order. */
  readonly order?: string;
  readonly printOrder: boolean;
  readonly rehearse: boolean;
  readonly json: boolean;
}

const SIGNER_WAIT_MS = 1_500;
const SIGNER_START_MS = 60_000;
const CALL_TIMEOUT_MS = 10_000;
const CHECK_TIMEOUT_MS = 60_000;
/** The first burn must not wait longer for a worker that is not there. */
const WORKER_TURN_MS = 3_000;
const WORKER_POLL_MS = 200;
const PROPOSER = "tidegate exit";

export interface ExitReport {
  readonly exit: "done" | "partial";
  readonly pairs: readonly PairExit[];
  /** Wall ms from the start of the command to the first transaction of an exit; null when none was sent. */
  readonly firstSentMs: number | null;
  readonly ledger: { readonly balanced: boolean; readonly differences: number; readonly openAllowances: number } | null;
}

export async function runExit(flags: ExitFlags, selfUrl: string, root: string): Promise<void> {
  const startedMonoMs = performance.now();
  const settings = settingsOf(flags);
  if ((flags.all === true) === (flags.pair !== undefined)) {
    throw invalid("Say what to leave: --all, or --pair <id>, not both.");
  }
  const say = (sentence: string): void => {
    if (!flags.json) process.stderr.write(`  ${sentence}\n`);
  };
  const deploymentId = unwrap(readDeploymentId(settings.dataDir));
  const sockets = unwrap(socketPaths(settings.dataDir));
  const link = { deploymentId, peer: "cli exit", timeoutMs: CALL_TIMEOUT_MS };
  const control = createControlClient({ socketPath: sockets.control, ...link });
  const intents = createIntentClient({ socketPath: sockets.intent, ...link });
  const market = createMarketClock({ url: settings.marketClockUrl ?? undefined });
  let own: Child | null = null;
  try {
    if (!(await control.waitReady(SIGNER_WAIT_MS))) {
      say("no signer runs on this folder; one is started for the exit");
      own = startSignerOnly({ flags, settings, selfUrl, root });
      const ready = await own.ready;
      if (!ready.ok) throw invalid(`The signer did not start: it ${ready.sentence}`);
      if (!(await control.waitReady(SIGNER_START_MS)))
        throw invalid(
          `The signer does not answer at ${sockets.control}: ${control.status().lastError ?? "no reason given"}`,
        );
    }
    await market.ready(CALL_TIMEOUT_MS);
    const authority = unwrap(await control.call("authority.get", {}));
    const pairs = authority.pairs.filter(({ pairId }) => flags.pair === undefined || pairId === flags.pair);
    if (pairs.length === 0) {
      throw invalid(
        `There is no pair ${flags.pair ?? ""} here. This deployment runs: ${authority.pairs.map(({ pairId }) => pairId).join(", ")}.`,
      );
    }
    const wanted: Wanted & { readonly configVersion: number } = {
      action: "system.exit",
      target: flags.pair ?? "system",
      params: {
        pairId: flags.pair ?? null,
        into: flags.into ?? null,
        slippage: flags.slippage,
        reason: flags.reason,
      },
      configVersion: authority.configVersion,
    };
    if (flags.printOrder) {
      const { command, params, message } = unsignedCommand(deploymentId, wanted);
      process.stdout.write(`${JSON.stringify({ command, params, typedData: JSON.parse(message) }, null, 2)}\n`);
      return;
    }
    const registry = unwrap(loadRegistry({ overlayFile: settings.registryFile, rpcUrls: settings.rpcUrls }));
    const deps: ExitRunDeps = {
      control,
      intents,
      registry,
      wallet: authority.wallet,
      say,
      nowMs: () => market.nowMs(),
      clients: createChainClients({
        chains: registry.registry.chains,
        wallNowMs: () => wallClock.nowMs(),
        marketNowMs: () => market.nowMs(),
      }),
    };
    if (flags.rehearse) {
      await rehearse(deps, { pairs, flags, settings });
      return;
    }
    const ordered = await order({ flags, settings, deploymentId, authority, wanted });
    const reply = unwrap(await control.call("command.submit", ordered));
    if (reply.status === "refused") throw invalid(`The signer refused the exit: ${reply.result}`);
    const orderId = commandId(ordered.address, ordered.command.nonce);
    say(`ordered: ${reply.result}`);
    let firstSentMs: number | null = null;
    const watch = watchFirst(
      control,
      (atMs) => {
        firstSentMs = atMs - startedMonoMs;
        say(`first transaction sent after ${(firstSentMs / 1000).toFixed(1)} s`);
      },
      pairs.map(({ pairId }) => pairId),
    );
    const results = await Promise.all(
      pairs.map(async (pairState) => {
        const { pairId } = pairState;
        if (own === null) await leaveToWorker(deps, { pairId, commandId: orderId });
        const now = await intents.call("pair.state", { pairId });
        return exitPair(
          deps,
          {
            pairState: now.ok ? now.value : pairState,
            into: flags.into ?? null,
            slippage: flags.slippage,
            commandId: orderId,
          },
          { proposedBy: PROPOSER, shouldStop: () => false },
        );
      }),
    );
    watch.stop();
    await report({ results, firstSentMs, control, isJson: flags.json, say });
  } finally {
    control.close();
    intents.close();
    market.close();
    await own?.stop(2_500);
  }
}

/** A worker that is alive takes the order up at once, and knows aggregators and routes; only without one this command drives. */
async function leaveToWorker(
  deps: ExitRunDeps,
  input: { readonly pairId: string; readonly commandId: Hex },
): Promise<void> {
  const untilMono = performance.now() + WORKER_TURN_MS;
  while (performance.now() < untilMono) {
    if ((await findDriven(deps, { ...input, proposedBy: PROPOSER })) !== null) return;
    await new Promise((resolve) => setTimeout(resolve, WORKER_POLL_MS));
  }
}

/** Settings of the folder, as the system that ran on it had them: a sandbox leaves its own in run.json and its registry. */
function settingsOf(flags: ExitFlags): Settings {
  const loaded = unwrap(
    loadSettings({
      env: readProcessEnv(),
      cwd: process.cwd(),
      overrides: flags.dataDir === undefined ? {} : { dataDir: flags.dataDir },
    }),
  );
  const run = readRunFile(loaded.dataDir);
  const sandboxRegistry = join(loaded.dataDir, "devnet", "registry.json");
  if (run?.sandboxUrl == null || !existsSync(sandboxRegistry)) return loaded;
  return { ...loaded, registryFile: sandboxRegistry, marketClockUrl: run.sandboxUrl, sandboxUrl: run.sandboxUrl };
}

function startSignerOnly(input: {
  readonly flags: ExitFlags;
  readonly settings: Settings;
  readonly selfUrl: string;
  readonly root: string;
}): Child {
  const { flags, settings } = input;
  const demoFile = join(settings.dataDir, "signer", "demo-passphrase");
  const file = flags.passphraseFile ?? (existsSync(demoFile) ? demoFile : null);
  if (file === null) {
    throw invalid("No signer runs, and the keystore needs its passphrase: name a file with it by --passphrase-file.");
  }
  // The store and the log store may be the very things that are down: a signer needs neither.
  const bare: Settings = { ...settings, storeUrl: null, openobserve: null };
  const spec = signerService({ selfUrl: input.selfUrl, root: input.root, settings: bare }, readSecret(file));
  return startChild(spec.child());
}

/** The signed order: of the sandbox's owner beside a sandbox, else from a file an operator's wallet signed. */
async function order(input: {
  readonly flags: ExitFlags;
  readonly settings: Settings;
  readonly deploymentId: Hex;
  readonly authority: Authority;
  readonly wanted: Wanted & { readonly configVersion: number };
}): Promise<SignedCommand> {
  const { flags, settings, deploymentId, wanted } = input;
  if (flags.order !== undefined) return readOrder(flags.order);
  if (settings.sandboxUrl !== null) {
    const sandbox = await readSandbox(settings.sandboxUrl);
    const registry = unwrap(loadRegistry({ overlayFile: settings.registryFile, rpcUrls: settings.rpcUrls }));
    const rpcUrl = registry.chain(sandbox.chainId)?.rpcUrls[0] ?? "";
    return unwrap(await signInSandbox({ deploymentId, rpcUrl, owner: ownerOf(sandbox) }, wanted));
  }
  throw invalid(
    "An exit is signed by an operator: run with --print-order, sign the typed data with a wallet that has a role here within four minutes, add address and signature to the file, and run again with --order <file>.",
  );
}

function ownerOf(sandbox: { readonly accounts: { readonly demoOwner: Address } }): Address {
  return sandbox.accounts.demoOwner;
}

const orderFileSchema = signedCommandSchema.extend({ address: addressSchema });

function readOrder(file: string): SignedCommand {
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw invalid(`The order ${file} cannot be read as JSON.`, cause);
  }
  const parsed = orderFileSchema.safeParse(raw);
  if (!parsed.success) {
    throw invalid(`The order ${file} needs command, params, address and signature: ${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}

/** Looks for the first signed transaction of the exits while they run. */
function watchFirst(
  control: ReturnType<typeof createControlClient>,
  onFirst: (atMonoMs: number) => void,
  pairIds: readonly string[],
): { stop(): void } {
  const look = async (): Promise<void> => {
    const listed = await control.call("plans.list", { open: true, limit: 50 });
    const isSent =
      listed.ok &&
      listed.value.plans.some(
        ({ plan, ops }) =>
          plan.reason === "exit" && pairIds.includes(plan.pairId) && ops.some(({ attempts }) => attempts.length > 0),
      );
    if (!isSent || isOver) return;
    isOver = true;
    clearInterval(timer);
    onFirst(performance.now());
  };
  let isOver = false;
  const timer = setInterval(() => void look(), 200);
  return { stop: () => clearInterval(timer) };
}

async function report(input: {
  readonly results: readonly PairExit[];
  readonly firstSentMs: number | null;
  readonly control: ReturnType<typeof createControlClient>;
  readonly isJson: boolean;
  readonly say: (sentence: string) => void;
}): Promise<void> {
  const checked = await input.control.call("ledger.check", {}, { timeoutMs: CHECK_TIMEOUT_MS });
  const authority = await input.control.call("authority.get", {});
  const openPositions = authority.ok
    ? authority.value.pairs
        .filter(({ pairId }) => input.results.some((result) => result.pairId === pairId))
        .flatMap(({ positions }) => positions)
    : [];
  const differences = checked.ok ? checked.value.rows.filter(({ differenceRaw }) => differenceRaw !== "0").length : -1;
  const ledger = checked.ok
    ? { balanced: differences === 0, differences, openAllowances: checked.value.openAllowances.length }
    : null;
  const isWhole =
    input.results.every(({ outcome, left }) => (outcome === "done" || outcome === "nothing") && left.length === 0) &&
    openPositions.length === 0 &&
    ledger?.balanced === true &&
    ledger.openAllowances === 0;
  const whole: ExitReport = {
    exit: isWhole ? "done" : "partial",
    pairs: input.results,
    firstSentMs: input.firstSentMs,
    ledger,
  };
  if (input.isJson) process.stdout.write(`${JSON.stringify(whole)}\n`);
  else printReport(whole, openPositions.length, checked.ok ? null : checked.error.message);
  if (!isWhole) process.exitCode = 1;
}

function printReport(whole: ExitReport, openCount: number, ledgerProblem: string | null): void {
  for (const pair of whole.pairs) {
    console.log(`${pair.pairId}: ${pair.outcome}${pair.reason === "" ? "" : `, ${pair.reason}`}`);
    for (const { kind, chainId, hash } of pair.transactions)
      console.log(`  ${kind.padEnd(8)} chain ${chainId}  ${hash}`);
    for (const text of pair.left) console.log(`  left: ${text}`);
  }
  console.log(`open positions: ${openCount}`);
  if (whole.ledger === null) console.log(`ledger: not compared (${ledgerProblem ?? "no answer"})`);
  else {
    const words = whole.ledger.balanced
      ? "equals the chain to the wei"
      : `differs in ${whole.ledger.differences} accounts`;
    console.log(`ledger: ${words}; open allowances: ${whole.ledger.openAllowances}`);
  }
  console.log(
    whole.exit === "done" ? "Everything is out." : "Not everything is out: see above, and run the command again.",
  );
}

/** The same plans, tried and not sent; the date of the last success is kept beside the data. */
async function rehearse(
  deps: ExitRunDeps,
  input: { readonly pairs: Authority["pairs"]; readonly flags: ExitFlags; readonly settings: Settings },
): Promise<void> {
  const noOrder: Hex = `0x${"0".repeat(64)}`;
  const lines: { pairId: string; isOk: boolean; detail: string }[] = [];
  for (const pairState of input.pairs) {
    const { plan, left } = await planExit(deps, {
      pairState,
      into: input.flags.into ?? null,
      slippage: input.flags.slippage,
      commandId: noOrder,
    });
    if (plan === null) {
      lines.push({ pairId: pairState.pairId, isOk: left.length === 0, detail: left.join("; ") || "nothing is open" });
      continue;
    }
    const tried = await rehearsePlan(rehearsalDeps(deps), plan);
    lines.push({
      pairId: pairState.pairId,
      isOk: tried.isOk && left.length === 0,
      detail: [`${plan.steps.length} steps`, tried.detail, ...left].join("; "),
    });
  }
  const isOk = lines.every((line) => line.isOk);
  const file = join(input.settings.dataDir, "exit-rehearsal.json");
  writeFileSync(file, `${JSON.stringify({ atMs: Date.now(), isOk, pairs: lines })}\n`, { mode: 0o600 });
  if (input.flags.json)
    process.stdout.write(`${JSON.stringify({ rehearsal: isOk ? "done" : "failed", pairs: lines })}\n`);
  else {
    for (const line of lines)
      console.log(`${line.pairId}: ${line.isOk ? "would go through" : "WOULD NOT"}, ${line.detail}`);
    console.log(`Rehearsed ${new Date().toISOString()}; nothing was signed or sent.`);
  }
  if (!isOk) process.exitCode = 1;
}

const noQuote: RehearsalDeps["fetchSwapQuote"] = async () => err(invalid("an exit asks nobody outside"));

function rehearsalDeps(deps: ExitRunDeps): RehearsalDeps {
  return {
    wallet: deps.wallet,
    wallNowMs: () => wallClock.nowMs(),
    findPool: (chainId, pool) => findPoolRef(deps.registry.registry, chainId, pool),
    readsOf: (family) => FAMILY_ADAPTERS[family].reads,
    openStage: async (chainId) => {
      const client = deps.clients.get(chainId);
      return client.ok ? openStage(client.value, deps.wallet) : client;
    },
    fetchSwapQuote: noQuote,
    fetchBridgeQuote: async () => err(invalid("an exit bridges nothing")),
  };
}

function invalid(message: string, cause?: unknown): ConfigError {
  return new ConfigError({ code: "invalid", message, retryable: false, ...(cause === undefined ? {} : { cause }) });
}
