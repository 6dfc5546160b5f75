// Puts the signer together: key, wallet lock, command log, journal, sockets, recovery; and takes it apart in the reverse order.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { InvariantError } from "@/lib/errors/invariant";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText, type TidegateError } from "@/lib/errors/tidegate-error";
import type { FamilyAdapter } from "@/lib/actions/family";
import type { NamedState } from "@/lib/plan/plan-status";
import type { Chain, Family, Registry } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { createChainClients, type ChainClient, type ChainClients } from "@/server/infra/chain/clients";
import { guardedFetchFor } from "@/server/infra/chain/guarded-transport";
import { createRpcFallback, type RpcEndpoint } from "@/server/infra/chain/rpc-fallback";
import { readVault } from "@/server/infra/endpoint-vault";
import type { MarketClock, WallClock } from "@/server/infra/clock";
import { createSocketDir, socketPaths } from "@/server/infra/signer-link/paths";
import { createStoreClient } from "@/server/infra/store/client";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import { openAuthority } from "./authority";
import { createChainAccess } from "./chain-access";
import { createCommandDesk } from "./commands";
import { createContractWallets } from "./contract-wallet";
import { createSystemPort, type PoolInspector } from "./system-port";
import { liveRegistry } from "./system-settings";
import { createSignerEndpoints } from "./signer-endpoints";
import { startControlSocket } from "./control-socket";
import { createEngine } from "./engine";
import { startIntentSocket } from "./intent-socket";
import { JournalError } from "./journal/segment";
import { openKeystore, type TransactionSigner } from "./key";
import { withoutKey } from "./key-guard";
import { openKillPoint } from "./kill-point";
import { openRemoteKey } from "./remote-key";
import { SignerError, type ChainPort, type Engine, type KeyPort, type UnsignedTx } from "./ports";
import type { SignerSettings } from "./settings";
import { createSignerState } from "./signer-state";
import type { SignerTelemetry } from "./signer-telemetry";
import { createStoreCopy, type StoreCopy } from "./store-copy";
import { takeWalletLock } from "./wallet-lock";

export interface StartSignerInput {
  readonly settings: SignerSettings;
  /** What each DEX family can do; a family that is missing is not signed for. */
  readonly families: ReadonlyMap<Family, FamilyAdapter>;
  /** Checks of pools before one is added; missing: none can be added. */
  readonly inspector?: (clients: ChainClients, registry: Registry) => PoolInspector;
  /** Wiped when the key is open. */
  readonly passphrase: Buffer;
  readonly wall: WallClock;
  readonly market: MarketClock;
  readonly log: Logger;
  readonly telemetry: SignerTelemetry;
  /** A bug: the process has to end, its parent starts it again. */
  readonly onFatal: (error: unknown) => void;
}

export interface RunningSigner {
  readonly wallet: Address;
  state(): NamedState;
  /** Resolves when recovery ended, or with the time. */
  waitRecovered(timeoutMs: number): Promise<boolean>;
  /** No new op, last copies written, sockets closed, lock given back last. */
  stop(reason: string): Promise<void>;
}

/** Below the parent's patience (2.5 s); whatever is signed by then is in the journal and goes on at the next start. */
const DRAIN_MS = 1_500;
const LAST_COPY_MS = 400;
const RECOVER_RETRY_MIN_MS = 500;
const RECOVER_RETRY_MAX_MS = 10_000;
const RELAY_TIMEOUT_MS = 8_000;
const RELAY_MAX_BODY_BYTES = 64 * 1024;
/** Newest plans whose transactions may still be under way when endpoints change. */
const PLANS_LOOKED_AT = 50;
const RELEASE_EVERY_MS = 1_000;

export async function startSigner(input: StartSignerInput): Promise<Result<RunningSigner, TidegateError>> {
  try {
    return await assemble(input);
  } catch (error) {
    // A damaged journal or command log, or a disk that does not answer: nothing is signed, the sentence says what to do.
    if (error instanceof JournalError) return err(error);
    throw error;
  }
}

async function assemble(input: StartSignerInput): Promise<Result<RunningSigner, TidegateError>> {
  const { settings, wall } = input;
  const paths = socketPaths(settings.dataDir);
  if (!paths.ok) return paths;
  const dir = createSocketDir(paths.value);
  if (!dir.ok) return dir;
  mkdirSync(join(settings.dataDir, "signer"), { recursive: true, mode: 0o700 });

  const kill = openKillPoint({ killLabel: settings.killLabel, chains: settings.registry.chains });
  if (!kill.ok) return kill;
  const signer =
    settings.remoteSigner === null
      ? await openKeystore(settings.keystoreFile, input.passphrase)
      : await openRemoteKey(settings.remoteSigner);
  if (!signer.ok) return signer;
  const wallet = signer.value.address;
  const log = withoutKey(input.log, wallet);
  const lock = await takeWalletLock(wallet);
  if (!lock.ok) return lock;
  const walletLock = lock.value;

  let copy: StoreCopy | null = null;
  const opened = openAuthority({
    dir: join(settings.dataDir, "signer", "commands"),
    deploymentId: settings.deploymentId,
    owners: settings.owners,
    pairIds: settings.pairIds,
    wall,
    log,
    onRecord: (record) => {
      input.telemetry.audit(record);
      copy?.commandRecorded(record);
    },
  });
  if (!opened.ok) {
    await walletLock.release();
    return opened;
  }
  const authority = opened.value;
  if (authority.owners().length === 0) {
    log.warn("signer.no-owner", {
      advice: "no address may sign commands; set TG_OWNERS and start again",
    });
  }

  const registry = liveRegistry(settings.registry, () => authority.system());
  const chains = usedChains(settings, registry, authority.pairIds());
  const endpoints = createSignerEndpoints({
    deploymentId: settings.deploymentId,
    chains: settings.registry.chains,
    signed: () => authority.system(),
    readVault: () => {
      const vault = readVault(settings.dataDir, settings.deploymentId);
      if (!vault.ok) log.warn("signer.vault-unreadable", { reason: vault.error.message });
      return vault.ok ? vault.value : new Map();
    },
    recentOps: () => engine.listPlans({ limit: PLANS_LOOKED_AT }).flatMap(({ ops }) => ops),
    log,
  });
  const clients = createChainClients({
    chains: chains.map((chain) => ({ ...chain, rpcUrls: [...endpoints.urlsOf(chain)] })),
    fetchOf: guardedFetchFor(settings.registry.chains),
    wallNowMs: wall.nowMs,
    marketNowMs: input.market.nowMs,
  });
  const engine: Engine = createEngine({
    deploymentId: settings.deploymentId,
    registry,
    journalDir: join(settings.dataDir, "signer", "journal"),
    chains: chainPorts(clients, {
      portsOf: endpoints.portsOf,
      relayUrls: settings.relayUrls ?? new Map(),
      nowMs: wall.nowMs,
    }),
    families: input.families,
    key: createKeyPort(signer.value),
    authority,
    wall,
    market: input.market,
    log,
    events: {
      planChanged: (planId) => copy?.planChanged(planId),
      opChanged: (opId) => {
        copy?.opChanged(opId);
        const plan = planOrNull(engine, opId.split("/")[0] ?? "");
        if (plan !== null) input.telemetry.op(plan, opId);
      },
      ledgerChanged: () => copy?.stateChanged(),
    },
    ...(kill.value === null ? {} : { kill: kill.value }),
  });

  let recoveryTrouble: string | null = null;
  const state = createSignerState({
    authority,
    engine,
    wallet,
    wall,
    chainCount: clients.all().length,
    recoveryTrouble: () => recoveryTrouble,
  });
  const system = createSystemPort({
    dataDir: settings.dataDir,
    configured: settings.registry,
    registry,
    authority,
    clients,
    endpoints,
    inspector: input.inspector?.(clients, registry) ?? null,
    wallet,
    wall,
  });
  const written = system.writeCopy();
  if (!written.ok) log.error("signer.settings-copy-failed", { reason: written.error.message });
  const releasing = setInterval(endpoints.release, RELEASE_EVERY_MS);
  releasing.unref();
  const home = clients.get(settings.homeChainId);
  const desk = createCommandDesk({
    authority,
    engine: {
      ...engine,
      async recover() {
        const report = await engine.recover();
        // A chain that does not answer now is asked until it does, as at a start.
        if (report.chains.some(({ outcome }) => outcome === "observe")) void recover();
        return report;
      },
    },
    registry,
    system,
    contractWallets: home.ok ? createContractWallets(home.value) : null,
    wall,
    log,
  });

  const store = settings.storeUrl === null ? null : createStoreClient({ url: settings.storeUrl, name: "signer" });
  if (store !== null) {
    copy = createStoreCopy({
      store,
      wall,
      log,
      sources: {
        authority: () => state.authority(),
        plan: (planId) => planOrNull(engine, planId),
        recentPlans: (limit) => engine.listPlans({ limit }),
        command: (commandId) => authority.commandById(commandId),
        commandsSince: (pairId, seq) => authority.commandsSince(pairId, seq),
        pairIds: () => authority.pairIds(),
        transfers: () => engine.listTransfers(),
        orphans: () => engine.listOrphans(),
      },
    });
  }

  const onInternalError = (error: unknown, method: string): void => {
    log.error("signer.internal-error", { method, reason: errorText(error) });
    if (error instanceof InvariantError) input.onFatal(error);
  };
  const shared = { deploymentId: settings.deploymentId, engine, authority, log, onInternalError };
  async function closeAll(): Promise<void> {
    copy?.close();
    await store?.close();
    engine.close();
    authority.close();
    await walletLock.release();
  }
  const intent = await startIntentSocket({ ...shared, socketPath: paths.value.intent });
  if (!intent.ok) {
    await closeAll();
    return intent;
  }
  const control = await startControlSocket({ ...shared, socketPath: paths.value.control, desk, state, system, wall });
  if (!control.ok) {
    await intent.value.close();
    await closeAll();
    return control;
  }

  let isStopping = false;
  let wakeRecovery: () => void = nothing;
  const recovered = recover();

  async function recover(): Promise<void> {
    let waitMs = RECOVER_RETRY_MIN_MS;
    for (;;) {
      try {
        const report = await engine.recover();
        log.info("signer.recovered", {
          durationMs: report.durationMs,
          chains: report.chains.map((chain) => `${chain.chainId} ${chain.outcome}`).join(", "),
          notes: report.notes.join("; "),
        });
        if (report.needsAdopt) {
          authority.haltWalletAs(
            "OBSERVE",
            "the journal is empty, but the wallet was used before; what it holds was recorded as the opening balance. An owner looks at it and adopts it with system.resume",
          );
        }
        const waiting = report.chains.filter((chain) => chain.outcome === "observe");
        if (waiting.length === 0) {
          recoveryTrouble = null;
          await desk.finishOpen();
          copy?.stateChanged();
          return;
        }
        const why = waiting.flatMap(
          ({ chainId }) => report.notes.findLast((note) => note.startsWith(`chain ${chainId}: `)) ?? [],
        );
        recoveryTrouble = why.join("; ").replace(/^chain \d+: /, "");
      } catch (error) {
        if (error instanceof InvariantError) return input.onFatal(error);
        recoveryTrouble = errorText(error);
        log.warn("signer.recovery-failed", { reason: recoveryTrouble, retryMs: waitMs });
      }
      copy?.stateChanged();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        wakeRecovery = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (isStopping) return;
      waitMs = Math.min(waitMs * 2, RECOVER_RETRY_MAX_MS);
    }
  }

  return ok({
    wallet,
    state: () => state.condition().state,
    waitRecovered: (timeoutMs) =>
      Promise.race([
        recovered.then(() => engine.isRecovered()),
        new Promise<boolean>((resolve) => {
          setTimeout(() => resolve(false), timeoutMs).unref();
        }),
      ]),
    async stop(reason) {
      isStopping = true;
      wakeRecovery();
      await intent.value.close();
      await engine.drain(DRAIN_MS);
      await control.value.close();
      authority.recordStop(reason);
      copy?.stateChanged();
      await copy?.settle(LAST_COPY_MS);
      // The lock goes last: whoever gets it finds a journal that nobody writes any more.
      await closeAll();
    },
  });
}

/** Chains that the pairs' pools live on, and the home chain, as far as there is an endpoint. */
function usedChains(settings: SignerSettings, registry: Registry, authorityPairs: readonly string[]): readonly Chain[] {
  const pairIds = new Set([...settings.pairIds, ...authorityPairs]);
  const ids = new Set(registry.pools.filter((pool) => pairIds.has(pool.pair)).map((pool) => pool.chainId));
  ids.add(settings.homeChainId);
  return registry.chains.filter((chain) => ids.has(chain.id) && chain.rpcUrls.length > 0);
}

function chainPorts(
  clients: ChainClients,
  input: {
    readonly portsOf: (client: ChainClient) => () => readonly RpcEndpoint[];
    readonly relayUrls: ReadonlyMap<number, string>;
    readonly nowMs: () => number;
  },
): ReadonlyMap<number, ChainPort> {
  const { portsOf, relayUrls, nowMs } = input;
  return new Map(
    clients.all().map((client) => {
      const { chain } = client;
      const url = relayUrls.get(chain.id);
      const relay =
        url === undefined
          ? []
          : createRpcFallback({
              chainId: chain.id,
              urls: [url],
              timeoutMs: RELAY_TIMEOUT_MS,
              maxBodyBytes: RELAY_MAX_BODY_BYTES,
              nowMs,
            }).endpoints;
      return [chain.id, createChainAccess(chain, portsOf(client), relay[0] ?? null)];
    }),
  );
}

function createKeyPort(signer: TransactionSigner): KeyPort {
  return {
    address: signer.address,
    async sign(tx: UnsignedTx) {
      const { chainId, nonce, to, data, gas } = tx;
      const base = { chainId, nonce, to, data, gas, value: tx.valueRaw };
      const signed = await signer.signTransaction(
        tx.fees.kind === "eip1559"
          ? {
              ...base,
              type: "eip1559",
              maxFeePerGas: tx.fees.maxFeePerGasWei,
              maxPriorityFeePerGas: tx.fees.maxPriorityFeePerGasWei,
            }
          : { ...base, type: "legacy", gasPrice: tx.fees.gasPriceWei },
      );
      if (signed.ok) return signed.value;
      throw SignerError.refuse("policy", signed.error.message);
    },
  };
}

function planOrNull(engine: Engine, planId: string) {
  try {
    return engine.planRecord(planId);
  } catch (error) {
    // The journal does not know it: there is nothing to copy.
    if (error instanceof SignerError && error.code === "not_found") return null;
    throw error;
  }
}

function nothing(): void {
  // Nothing waits yet.
}
