// R5 of a start: what the wallet really has on a chain, in every DEX family, against what the journal knows (safety.md section 3.7).
import type { Orphan } from "@/lib/api/signer-contract";
import { isSameAddress } from "@/lib/actions/erc20";
import type { LivePosition } from "@/lib/actions/family";
import { humanAmount } from "@/lib/amm/human-units";
import { findPoolRef, type PoolRef } from "@/lib/registry/pool-ref";
import { positionId, type Address } from "@/lib/units";
import { readOpenAllowances } from "./allowances";
import type { EngineContext, PoolPart } from "./context";
import type { OwnedPosition } from "./journal/projection";
import type { BlockRef, ChainPort } from "./ports";
import { readFinalNumber } from "./settle";

/** A wallet that was used before its journal began: how far back positions are looked for by logs on a real chain; choice. */
const FIRST_LOOK_BACK_BLOCKS = 200_000n;
const NOTED_IDS = 10;

export interface FoundPosition {
  readonly part: PoolPart;
  readonly tokenId: bigint;
  readonly live: LivePosition;
}

/** Positions and rights of one chain at one block; halts a pair whose position is gone, lists what nobody knows. */
export async function takeInventory(
  context: EngineContext,
  port: ChainPort,
  input: { readonly block: BlockRef; readonly notes: string[] },
): Promise<void> {
  const { block, notes } = input;
  const chainId = port.chain.id;
  const seen = new Set<string>();
  await checkKnown(context, port, input);
  for (const part of partsOf(context, chainId)) {
    const unknown = await listUnknown(context, port, { part, block });
    for (const tokenId of unknown) {
      const live = await part.reads.readPosition(port, part.ref, tokenId, block.number, context.deps.key.address);
      // Between the list and the read at the same block nothing can happen; null is an endpoint that contradicts itself.
      if (live === null) continue;
      const orphan = positionOrphan(context, { part, tokenId, live });
      seen.add(orphan.orphanId);
      noteOrphan(context, orphan);
    }
    if (unknown.length > 0) {
      notes.push(
        `${unknown.length} position(s) of ${part.ref.dexId} on chain ${chainId} are in the wallet but in no journal record and wait for adopt, close or ignore: ${unknown.slice(0, NOTED_IDS).join(", ")}`,
      );
    }
  }
  await checkRights(context, port, { block, seen, notes });
  endGone(context, chainId, seen);
  const finalNumber = await readFinalNumber(port);
  const before = context.journal.state.inventoryBlock(chainId);
  if (finalNumber > 0n && (before === null || finalNumber > before)) {
    context.record({ type: "INVENTORY", body: { chainId, blockNumber: finalNumber } });
  }
}

/** One pool per DEX names it; Liquidity Book pairs are asked one by one, their bins are the pair's own. */
function partsOf(context: EngineContext, chainId: number): readonly PoolPart[] {
  const { registry, families } = context.deps;
  const parts = new Map<string, PoolPart>();
  for (const pool of registry.pools) {
    if (pool.chainId !== chainId) continue;
    const ref = findPoolRef(registry, chainId, pool.id);
    const adapter = ref === null ? undefined : families.get(ref.family);
    if (ref === null || adapter === undefined) continue;
    const key = ref.family === "liquidity-book" ? ref.pool : ref.contracts.positionManager;
    if (!parts.has(key.toLowerCase())) parts.set(key.toLowerCase(), { ref, ...adapter });
  }
  return [...parts.values()];
}

async function checkKnown(
  context: EngineContext,
  port: ChainPort,
  input: { readonly block: BlockRef; readonly notes: string[] },
): Promise<void> {
  const { authority, key, registry } = context.deps;
  const { block, notes } = input;
  for (const position of context.journal.state.positions.values()) {
    if (position.chainId !== port.chain.id) continue;
    if (findPoolRef(registry, position.chainId, position.pool) === null) {
      notes.push(
        `position ${position.positionId} lies in pool ${position.pool}, which the registry has not; not compared`,
      );
      continue;
    }
    const part = context.pool(position.chainId, position.pool);
    const live = await part.reads.readPosition(port, part.ref, position.tokenId, block.number, key.address);
    const orphanId = `missing:${position.positionId}`;
    if (live !== null && isSameAddress(live.owner, key.address)) {
      endOrphan(context, orphanId, "it is in the wallet again");
      continue;
    }
    noteOrphan(context, missingOrphan(context, part, position));
    authority.haltPair(
      position.pairId,
      `position ${position.positionId} is not in the wallet any more at block ${block.number}: it was moved or closed by hand`,
    );
  }
}

async function listUnknown(
  context: EngineContext,
  port: ChainPort,
  input: { readonly part: PoolPart; readonly block: BlockRef },
): Promise<readonly bigint[]> {
  const { part, block } = input;
  const { ref, reads } = part;
  const chainId = port.chain.id;
  const wallet = context.deps.key.address;
  const owned = await reads.listOwned(port, ref, {
    wallet,
    fromBlock: fromBlockOf(context, port, block),
    block: block.number,
  });
  const known = [...context.journal.state.positions.values()].filter(
    (each) => each.chainId === chainId && isSameAddress(each.positionManager, ref.contracts.positionManager),
  );
  const found = new Set(owned.filter((tokenId) => !known.some((each) => isKnown(ref, each, tokenId))));
  // Logs before the last inventory are not read again: what it found is looked up one by one.
  for (const orphan of context.journal.state.orphans.values()) {
    const isHere =
      orphan.kind === "position" &&
      orphan.chainId === chainId &&
      orphan.tokenId !== null &&
      (orphan.status === "open" || orphan.status === "ignored" || orphan.status === "closing") &&
      isSameAddress(orphan.positionManager ?? "", ref.contracts.positionManager) &&
      (ref.family !== "liquidity-book" || isSameAddress(orphan.pool ?? "", ref.pool));
    if (!isHere || orphan.tokenId === null || found.has(orphan.tokenId)) continue;
    const live = await reads.readPosition(port, ref, orphan.tokenId, block.number, wallet);
    if (live !== null && live.liquidityRaw > 0n && isSameAddress(live.owner, wallet)) found.add(orphan.tokenId);
  }
  return [...found];
}

function fromBlockOf(context: EngineContext, port: ChainPort, block: BlockRef): bigint {
  const before = context.journal.state.inventoryBlock(port.chain.id);
  if (before !== null) return before < block.number ? before : block.number;
  if (port.chain.isLocal || block.number < FIRST_LOOK_BACK_BLOCKS) return 0n;
  return block.number - FIRST_LOOK_BACK_BLOCKS;
}

/** Bins of one pair are one token id per run of bins: overlapping a known run is that position. */
function isKnown(ref: PoolRef, known: OwnedPosition, tokenId: bigint): boolean {
  if (ref.family !== "liquidity-book") return known.tokenId === tokenId;
  if (!isSameAddress(known.pool, ref.pool)) return false;
  const lower = Number((tokenId >> 24n) & 0xffffffn);
  const upper = Number(tokenId & 0xffffffn);
  return lower <= known.tickUpper && upper >= known.tickLower;
}

async function checkRights(
  context: EngineContext,
  port: ChainPort,
  input: { readonly block: BlockRef; readonly seen: Set<string>; readonly notes: string[] },
): Promise<void> {
  const given = context.journal.state.grants();
  for (const right of await readOpenAllowances(context, port.chain.id, input.block.number)) {
    const isOurs = given.some(
      (each) =>
        each.chainId === right.chainId &&
        isSameAddress(each.token, right.token) &&
        isSameAddress(each.spender, right.spender),
    );
    // Those of plans are taken back by their plan's end or by R8.
    if (isOurs) continue;
    const orphanId = `allowance:${right.chainId}:${right.token}:${right.spender}`.toLowerCase();
    input.seen.add(orphanId);
    noteOrphan(context, {
      ...emptyOrphan(context, { orphanId, kind: "allowance", chainId: right.chainId }),
      token: right.token,
      spender: right.spender,
      amountRaw: right.amountRaw,
      valueText: amountText(context, right.chainId, right.token, right.amountRaw),
      detail: `${right.spender} may take ${right.amountRaw} of ${right.token}; no plan of this journal gave that right`,
    });
    input.notes.push(`${right.spender} has a right over ${right.token} on chain ${right.chainId} that no plan gave`);
  }
}

/** What was found before and is not there any more ends by itself. */
function endGone(context: EngineContext, chainId: number, seen: ReadonlySet<string>): void {
  for (const orphan of context.journal.state.orphans.values()) {
    if (orphan.chainId !== chainId || seen.has(orphan.orphanId)) continue;
    if (orphan.kind !== "position" && orphan.kind !== "allowance") continue;
    endOrphan(context, orphan.orphanId, "it is not there any more");
  }
}

function endOrphan(context: EngineContext, orphanId: string, detail: string): void {
  const orphan = context.journal.state.orphans.get(orphanId);
  if (orphan === undefined || (orphan.status !== "open" && orphan.status !== "ignored")) return;
  recordOrphan(context, { ...orphan, status: "closed", detail });
}

/** Written once, and again only when something about it changed; a person's answer stays. */
export function noteOrphan(context: EngineContext, orphan: Orphan): void {
  const before = context.journal.state.orphans.get(orphan.orphanId);
  if (before !== undefined) {
    const isAnswered = before.status === "ignored" || before.status === "closing";
    const isSame = before.amountRaw === orphan.amountRaw && before.valueText === orphan.valueText;
    if (isAnswered || (before.status === "open" && isSame)) return;
  }
  recordOrphan(context, orphan);
}

export function recordOrphan(context: EngineContext, orphan: Orphan): void {
  context.record({
    type: "ORPHAN",
    body: { orphan, position: null, legs: [], marketAtMs: context.deps.market.nowMs() },
  });
}

function positionOrphan(context: EngineContext, found: FoundPosition): Orphan {
  const { ref } = found.part;
  const { live, tokenId } = found;
  const pool = live.otherPool ?? ref.pool;
  const isListed = findPoolRef(context.deps.registry, ref.chainId, pool) !== null;
  const id = positionId(ref.chainId, ref.family, ref.contracts.positionManager, tokenId);
  const value = [
    amountText(context, ref.chainId, live.token0, live.principal0Raw + live.fees0Raw),
    amountText(context, ref.chainId, live.token1, live.principal1Raw + live.fees1Raw),
  ].join(" + ");
  return {
    ...emptyOrphan(context, { orphanId: `position:${id}`, kind: "position", chainId: ref.chainId }),
    family: ref.family,
    pool,
    positionManager: ref.contracts.positionManager,
    tokenId,
    pairId: isListed ? pairOfTokens(context, ref.chainId, live.token0, live.token1) : null,
    valueText: value,
    detail: isListed
      ? `token ${tokenId} of ${ref.dexId}, range ${live.tickLower}..${live.tickUpper}, is in the wallet and in no journal record`
      : `token ${tokenId} of ${ref.dexId} lies in pool ${pool}, which the registry has not: add the pool first, or ignore it`,
  };
}

function missingOrphan(context: EngineContext, part: PoolPart, position: OwnedPosition): Orphan {
  const { chainId, pairId } = position;
  return {
    ...emptyOrphan(context, { orphanId: `missing:${position.positionId}`, kind: "missing_position", chainId }),
    family: part.ref.family,
    pool: position.pool,
    positionManager: position.positionManager,
    tokenId: position.tokenId,
    pairId,
    valueText: `${amountText(context, chainId, part.ref.token0, position.amount0Raw)} + ${amountText(context, chainId, part.ref.token1, position.amount1Raw)} at its mint`,
    detail: `${position.positionId} was moved or closed by hand: adopt writes it off, then end the halt of ${pairId}`,
  };
}

export function emptyOrphan(
  context: EngineContext,
  input: { readonly orphanId: string; readonly kind: Orphan["kind"]; readonly chainId: number },
): Orphan {
  return {
    ...input,
    family: null,
    pool: null,
    positionManager: null,
    tokenId: null,
    token: null,
    spender: null,
    amountRaw: null,
    pairId: null,
    valueText: "",
    foundAtMs: context.deps.wall.nowMs(),
    status: "open",
    detail: "",
  };
}

/** The configured pair that trades these two tokens on the chain. */
export function pairOfTokens(context: EngineContext, chainId: number, token0: Address, token1: Address): string | null {
  const { registry, authority } = context.deps;
  const symbolOf = (address: Address): string | undefined =>
    registry.tokens.find((each) => each.chainId === chainId && isSameAddress(each.address, address))?.symbol;
  const symbols = [symbolOf(token0), symbolOf(token1)];
  const configured = authority.pairIds();
  const pair = registry.pairs.find(
    (each) => configured.includes(each.id) && symbols.includes(each.base) && symbols.includes(each.quote),
  );
  return pair?.id ?? null;
}

export function amountText(context: EngineContext, chainId: number, token: Address, amountRaw: bigint): string {
  const entry = context.deps.registry.tokens.find(
    (each) => each.chainId === chainId && isSameAddress(each.address, token),
  );
  return entry === undefined
    ? `${amountRaw} raw of ${token}`
    : `${humanAmount(amountRaw, entry.decimals)} ${entry.symbol}`;
}
