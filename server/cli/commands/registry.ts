// `registry search|check|add`: what is known of chains, DEXes, tokens and pools, whether the chain agrees, and own entries after a check.
import { readFileSync } from "node:fs";
import { InvalidArgumentError, type Command } from "commander";
import { zeroAddress } from "viem";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import { addressSchema, bytes32Schema, chainSchema, type Pool, type Registry } from "@/lib/registry/schema";
import { searchRegistry } from "@/lib/registry/search";
import type { Address, Hex } from "@/lib/units";
import { openDataDir } from "@/server/cli/data-dir";
import { unwrap } from "@/server/cli/run-system";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings, readDotEnv, type Settings } from "@/server/config/load";
import { loadRegistry, type RegistryView } from "@/server/config/registry";
import {
  checkChainAddition,
  checkPoolAddition,
  checkTokenAddition,
  hasProblem,
  type AddDeps,
  type Addition,
} from "@/server/config/registry-add";
import { createRegistryCheck } from "@/server/config/registry-check";
import { addToOverlay, overlayFileOf, type OverlayAdditions } from "@/server/config/registry-overlay";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { createChainClients } from "@/server/infra/chain/clients";
import { createRegistryPort } from "@/server/infra/chain/registry-port";
import { join } from "node:path";

const REACH_TIMEOUT_MS = 8_000;

interface CommonFlags {
  readonly dataDir?: string;
  readonly json?: boolean;
}

interface AddFlags extends CommonFlags {
  readonly dryRun?: boolean;
}

interface TokenFlags extends AddFlags {
  readonly chain: number;
  readonly address: Address;
  readonly symbol?: string;
  readonly kind: "native" | "bridged" | "wrapped";
  readonly peg?: string;
  readonly holder?: Address;
}

interface PoolFlags extends AddFlags {
  readonly pair: string;
  readonly chain: number;
  readonly dex: string;
  readonly pool: Hex;
  readonly tokens?: string;
  readonly fee?: number;
  readonly tickSpacing?: number;
  readonly hooks?: Address;
}

/** The verbs under `tidegate registry`. */
export function registryCommand(program: Command): Command {
  const registry = program
    .command("registry")
    .description("chains, DEXes, tokens and pools: what is known, and whether the chain agrees");
  const dataDir = "--data-dir <folder>";
  const dataDirText = "folder for everything that is kept";

  registry
    .command("search")
    .description("entries that have every word: names, symbols, addresses, chain ids, fees (0.05% or 500)")
    .argument("[words...]")
    .option(dataDir, dataDirText)
    .option("--json", "as JSON", false)
    .action((words: string[], flags: CommonFlags) => runSearch(words.join(" "), flags));

  registry
    .command("check")
    .description(
      "asks the chains about every pool and token in use: code, tokens, fee, spacing, factory, manager, decimals",
    )
    .option("--pair <id>", "only pools of this pair")
    .option("--chain <id>", "only this chain", chainId)
    .option(dataDir, dataDirText)
    .option("--json", "as JSON", false)
    .action((flags: CommonFlags & { pair?: string; chain?: number }) => runCheck(flags));

  const add = registry
    .command("add")
    .description("checks an own entry on its chain and then writes it to TG_REGISTRY_FILE or <data dir>/registry.json");

  const addOptions = (command: Command): Command =>
    command
      .option(dataDir, dataDirText)
      .option("--dry-run", "only check, write nothing", false)
      .option("--json", "as JSON", false);

  addOptions(
    add
      .command("chain")
      .description("a chain, described by a JSON file in the shape of lib/registry/schema.ts")
      .argument("<file>"),
  ).action((file: string, flags: AddFlags) => runAddChain(file, flags));

  addOptions(
    add
      .command("token")
      .description("a token: decimals and name are read from its contract, a transfer is tried but never sent")
      .requiredOption("--chain <id>", "its chain", chainId)
      .requiredOption("--address <address>", "its contract", address)
      .option("--symbol <name>", "our name for it (default: as the contract says)")
      .option("--kind <kind>", "native, bridged or wrapped", tokenKind, "native")
      .option("--peg <currency>", "currency it is pegged to, for example USD")
      .option("--holder <address>", "somebody who holds it, for the tried transfer", address),
  ).action((flags: TokenFlags) => runAddToken(flags));

  addOptions(
    add
      .command("pool")
      .description("a pool of a DEX in the registry: its key is read from its contracts and must give this very pool")
      .requiredOption("--pair <id>", "pair it belongs to, for example WETH-USDC")
      .requiredOption("--chain <id>", "its chain", chainId)
      .requiredOption("--dex <id>", "its DEX, as `registry search` names it")
      .requiredOption("--pool <id>", "its address, or its 32-byte id", poolId)
      .option("--tokens <a,b>", "symbols of its tokens, where the contracts do not tell (V4)")
      .option("--fee <pips>", "its fee in 1/1 000 000, where the contracts do not tell (V4)", pips)
      .option("--tick-spacing <ticks>", "where the contracts do not tell (V4)", pips)
      .option("--hooks <address>", "where the contracts do not tell (V4)", address),
  ).action((flags: PoolFlags) => runAddPool(flags));
  return registry;
}

function runSearch(text: string, flags: CommonFlags): void {
  const { view } = open(flags);
  const hits = searchRegistry(view.registry, text);
  if (flags.json === true) {
    console.log(JSON.stringify(hits, null, 2));
    return;
  }
  section("Chains", hits.chains, (chain) => `${chain.id}  ${chain.name} (${chain.nativeSymbol})`);
  section("DEXes", hits.dexes, (dex) => {
    const variant = dex.variant === null ? "" : ` ${dex.variant}`;
    const standIn = dex.isStandIn ? ", stand-in" : "";
    return `${dex.id}  ${dex.name}, family ${dex.family}${variant}${standIn}, chains ${Object.keys(dex.chains).join(", ")}`;
  });
  section("Tokens", hits.tokens, (token) => {
    return `${token.chainId}  ${token.symbol}  ${token.address}  ${token.decimals} decimals, ${token.kind}${proof(token)}`;
  });
  section("Pools", hits.pools, ({ pool, chainName, dexName, disabled }) => {
    return `${poolLine(pool, chainName, dexName)}${proof(pool)}${disabled === null ? "" : `\n    disabled: ${disabled}`}`;
  });
  const count = hits.chains.length + hits.dexes.length + hits.tokens.length + hits.pools.length;
  if (count === 0) console.log(`Nothing in the registry has all of: ${text}`);
}

function section<T>(title: string, rows: readonly T[], line: (row: T) => string): void {
  if (rows.length === 0) return;
  console.log(`${title} (${rows.length})`);
  for (const row of rows) console.log(`  ${line(row)}`);
}

function poolLine(pool: Pool, chainName: string, dexName: string): string {
  const fee =
    pool.binStep !== null
      ? `bin step ${pool.binStep}`
      : pool.fee === null
        ? "fee of the pool"
        : `${pool.fee / 10_000} %`;
  return `${pool.pair}  ${chainName}  ${dexName}  ${pool.tokens?.join("/") ?? "tokens not known"}  ${fee}  ${pool.id}`;
}

function proof(entry: { readonly verified?: string | undefined; readonly note?: string | undefined }): string {
  const words = [entry.verified, entry.note].filter((each) => each !== undefined);
  return words.length === 0 ? "" : `  (${words.join(": ")})`;
}

interface CheckedPool {
  readonly pool: string;
  readonly line: string;
  readonly verdict: "confirmed" | "mismatch" | "unreachable" | "disabled";
  readonly sentences: readonly string[];
}

async function runCheck(flags: CommonFlags & { readonly pair?: string; readonly chain?: number }): Promise<void> {
  const { view, deps } = open(flags);
  const pairs = view.registry.pairs.filter(({ id }) => flags.pair === undefined || id === flags.pair);
  if (pairs.length === 0) throw invalid(`There is no pair ${flags.pair ?? ""} in the registry.`);
  const isWanted = (id: number): boolean => flags.chain === undefined || id === flags.chain;
  const check = createRegistryCheck(deps);
  const off: CheckedPool[] = pairs
    .flatMap(({ id }) => view.unusableOf(id))
    .filter(({ pool }) => isWanted(pool.chainId))
    .map(({ pool, poolKey, reason }) => ({
      pool: poolKey,
      line: lineOf(view, pool),
      verdict: "disabled",
      sentences: [reason],
    }));
  const asked = await Promise.all(
    pairs
      .flatMap(({ id }) => view.poolsOf(id))
      .filter(({ chain }) => isWanted(chain.id))
      .map(async (facts): Promise<CheckedPool> => {
        const verdict = await check.checkPool(facts);
        return {
          pool: `${facts.chain.id}:${facts.dex.family}:${facts.pool.id.toLowerCase()}`,
          line: lineOf(view, facts.pool),
          verdict: verdict.kind,
          sentences:
            verdict.kind === "confirmed" ? [] : verdict.kind === "mismatch" ? verdict.problems : [verdict.problem],
        };
      }),
  );
  const all = [...asked, ...off];
  if (flags.json === true) console.log(JSON.stringify(all, null, 2));
  else {
    const marks = { confirmed: "ok  ", mismatch: "FAIL", unreachable: "?   ", disabled: "off " };
    for (const { line, verdict, sentences } of all) {
      console.log(`${marks[verdict]}  ${line}`);
      for (const sentence of sentences) console.log(`        ${sentence}`);
    }
    const count = (verdict: CheckedPool["verdict"]): number => all.filter((each) => each.verdict === verdict).length;
    console.log(
      `\n${count("confirmed")} confirmed, ${count("mismatch")} denied by their chain, ${count("unreachable")} not reachable, ${count("disabled")} disabled in the registry.`,
    );
  }
  process.exitCode = asked.some(({ verdict }) => verdict !== "confirmed") ? 1 : 0;
}

function lineOf(view: RegistryView, pool: Pool): string {
  return poolLine(
    pool,
    view.chain(pool.chainId)?.name ?? `chain ${pool.chainId}`,
    view.dex(pool.dex)?.name ?? pool.dex,
  );
}

async function runAddChain(file: string, flags: AddFlags): Promise<void> {
  let text: unknown;
  try {
    text = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw invalid(`${file} cannot be read as JSON (${errorText(error)}).`);
  }
  const chain = chainSchema.safeParse(text);
  if (!chain.success) {
    const [issue] = chain.error.issues;
    throw invalid(
      `${file} does not describe a chain: ${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? ""}.`,
    );
  }
  const opened = open(flags, chain.data.rpcUrls.length === 0 ? null : chain.data);
  const addition = await checkChainAddition(opened.deps, chain.data);
  finish(opened.settings, flags, addition, (entry) => ({ chains: [entry] }));
}

async function runAddToken(flags: TokenFlags): Promise<void> {
  const opened = open(flags);
  const addition = await checkTokenAddition(opened.deps, {
    chainId: flags.chain,
    address: flags.address,
    symbol: flags.symbol ?? null,
    kind: flags.kind,
    pegCurrency: flags.peg ?? null,
    holder: flags.holder ?? null,
  });
  finish(opened.settings, flags, addition, (entry) => ({ tokens: [entry] }));
}

async function runAddPool(flags: PoolFlags): Promise<void> {
  const opened = open(flags);
  const [left, right, ...more] = flags.tokens?.split(",").map((each) => each.trim()) ?? [];
  if (flags.tokens !== undefined && (left === undefined || right === undefined || more.length > 0)) {
    throw invalid(`--tokens takes two symbols, for example USDC,USDT; got ${flags.tokens}.`);
  }
  const addition = await checkPoolAddition(opened.deps, {
    pairId: flags.pair,
    chainId: flags.chain,
    dexId: flags.dex,
    id: flags.pool,
    tokens: left === undefined || right === undefined ? null : [left, right],
    fee: flags.fee ?? null,
    tickSpacing: flags.tickSpacing ?? null,
    hooks: flags.hooks ?? (flags.fee === undefined ? null : zeroAddress),
  });
  finish(opened.settings, flags, addition, (entry) => ({ pools: [entry] }));
}

/** Says what was found; writes the entry only when nothing speaks against it. */
function finish<T>(
  settings: Settings,
  flags: AddFlags,
  { entry, findings }: Addition<T>,
  toAdditions: (entry: T) => OverlayAdditions,
): void {
  const file = overlayFileOf(settings);
  const isWritten = entry !== null && !hasProblem(findings) && flags.dryRun !== true;
  if (isWritten) {
    unwrap(openDataDir(settings.dataDir));
    unwrap(addToOverlay(file, toAdditions(entry)));
  }
  if (flags.json === true) console.log(JSON.stringify({ entry, findings, file: isWritten ? file : null }, null, 2));
  else {
    const marks = { ok: "ok  ", note: "note", problem: "FAIL" };
    for (const { kind, text } of findings) console.log(`${marks[kind]}  ${text}`);
    console.log(
      isWritten
        ? `\nWritten to ${file}. Every process reads it at its next start; the start checks the entry again.`
        : hasProblem(findings) || entry === null
          ? "\nNot added: see FAIL above. Nothing was written."
          : "\nChecked; nothing was written (--dry-run).",
    );
  }
  process.exitCode = hasProblem(findings) || entry === null ? 1 : 0;
}

function open(
  flags: CommonFlags,
  /** A chain that is not in the registry yet and must be asked. */
  newChain: Registry["chains"][number] | null = null,
): { readonly settings: Settings; readonly view: RegistryView; readonly deps: AddDeps } {
  const dotEnv = unwrap(readDotEnv(join(process.cwd(), ".env")));
  const settings = unwrap(
    loadSettings({
      env: { ...dotEnv, ...readProcessEnv() },
      cwd: process.cwd(),
      overrides: flags.dataDir === undefined ? {} : { dataDir: flags.dataDir },
    }),
  );
  const view = unwrap(loadRegistry({ overlayFile: settings.registryFile, rpcUrls: settings.rpcUrls }));
  const { chains } = view.registry;
  const clients = createChainClients({
    chains: newChain === null ? chains : [...chains.filter(({ id }) => id !== newChain.id), newChain],
    wallNowMs: Date.now,
    marketNowMs: Date.now,
    timeoutMs: REACH_TIMEOUT_MS,
  });
  const port = createRegistryPort(clients);
  return {
    settings,
    view,
    deps: { ...port, registry: view.registry, readsOf: (family) => FAMILY_ADAPTERS[family].reads },
  };
}

function invalid(message: string): ConfigError {
  return new ConfigError({ code: "invalid", message, retryable: false });
}

function address(text: string): Address {
  const parsed = addressSchema.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError("expected 0x and 40 hex digits.");
  return parsed.data;
}

function poolId(text: string): Hex {
  const parsed = addressSchema.or(bytes32Schema).safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError("expected 0x and 40 hex digits, or 64 for a pool id.");
  return parsed.data;
}

function chainId(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value <= 0) throw new InvalidArgumentError("expected a chain id.");
  return value;
}

function pips(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 16_777_215) {
    throw new InvalidArgumentError("expected a whole number from 0 to 16777215.");
  }
  return value;
}

function tokenKind(text: string): TokenFlags["kind"] {
  if (text === "native" || text === "bridged" || text === "wrapped") return text;
  throw new InvalidArgumentError("expected native, bridged or wrapped.");
}
