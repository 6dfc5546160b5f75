// Money of whole runs, proved from the chain alone: the API's positions to the wei, and wallet + positions + fees + gas = what was funded and traded.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseEther, parseUnits } from "viem";
import { describe, expect, it } from "vitest";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { contract } from "@/lib/api/contract";
import type { PositionDto } from "@/lib/api/schemas";
import { mulberry32 } from "@/lib/math/rng";
import { addressSchema, bytes32Schema } from "@/lib/registry/schema";
import { loadRegistry } from "@/server/config/registry";
import { WALLET_FUNDING, WALLET_FUNDING_ETH } from "@/server/devnet/market/setup";
import { startDemo, waitFor, type RunningDemo } from "@/tests/support/running-demo";
import { TEST_SEED } from "@/tests/support/seed";
import { openChainBook, type ChainBook } from "./chain-book";
import { openHttpOperator } from "./http-operator";
import { proveExport, proveReport } from "./prove-export";

/** The market is asked for more than two cores give; it runs as fast as the machine reads and decides. */
const SPEED = 600;
const SEED_LIMIT_MS = 420_000;
const AUTO = "WETH-USDC";
const APPROVE = "USDC-USDT";
/** Markets nobody looked at before; the day below is the demo's own seed. */
const drawSeed = mulberry32(TEST_SEED);
const SEEDS = Array.from({ length: 1 }, () => 1 + Math.floor(drawSeed() * 999_999));

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function openBook(demo: RunningDemo): Promise<ChainBook> {
  const registry = loadRegistry({ overlayFile: join(demo.dataDir, "devnet", "registry.json"), rpcUrls: new Map() });
  if (!registry.ok) throw registry.error;
  const { tokens, dexes } = registry.value.registry;
  const chain = demo.ready.chains[0];
  const { signer } = await demo.read(contract.system);
  const manager = dexes.map((dex) => dex.chains[String(chain?.id)]?.positionManager).find((each) => each !== undefined);
  if (chain === undefined || manager === undefined) throw new Error("the registry names no position manager");
  return openChainBook({
    rpcUrl: chain.rpc,
    wallet: addressSchema.parse(signer.wallet),
    positionManager: manager,
    tokens: tokens.filter(({ chainId }) => chainId === chain.id),
  });
}

async function plansOf(demo: RunningDemo) {
  return (await demo.read(contract.plans, { query: { pair: AUTO, limit: "50" } })).plans;
}

/** The market stands still with no plan under way, and both workers have looked at its last block. */
async function standStill(demo: RunningDemo, book: ChainBook): Promise<bigint> {
  await waitFor("a moment without a running plan", 120_000, async () => {
    await demo.control("/pause", { paused: true });
    // A plan may still have been proposed in the step before the pause.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { plans } = await demo.read(contract.plans, { query: { open: "true" } });
    if (plans.every(({ status }) => status === "waiting_approval")) return true;
    await demo.control("/pause", { paused: false });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return null;
  });
  // A plan's last record may be younger than what the workers saw of the last block: they look at a block made after it.
  await demo.control("/mine", { steps: 1 });
  return waitFor("both workers at the last block", 60_000, async () => {
    const statuses = await Promise.all(
      demo.ready.pairs.map((id) => demo.read(contract.pairStatus, { params: { id } })),
    );
    const head = await book.head();
    if (statuses.every(({ blocks }) => blocks[0]?.number === String(head))) return head;
    await demo.control("/mine", { steps: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return null;
  });
}

/** API, NFPM.positions(), V3 maths, simulated decrease and simulated collect, all at the block that the API names. */
async function provePosition(book: ChainBook, position: PositionDto): Promise<void> {
  const blockNumber = BigInt(position.blockNumber);
  const live = await book.position(BigInt(position.tokenId), blockNumber);
  const pool = addressSchema.parse(position.pool);
  const maths = amountsForLiquidity(
    await book.sqrtPriceX96(pool, blockNumber),
    { sqrtAX96: sqrtAtTick(live.tickLower), sqrtBX96: sqrtAtTick(live.tickUpper) },
    live.liquidityRaw,
    "down",
  );
  const isBase0 = position.base.token.address.toLowerCase() === live.token0.toLowerCase();
  const inOrder = <T>([first, second]: readonly [T, T]): readonly T[] => (isBase0 ? [first, second] : [second, first]);
  expect({ lower: position.tickLower, upper: position.tickUpper, liquidity: BigInt(position.liquidityRaw) }).toEqual({
    lower: live.tickLower,
    upper: live.tickUpper,
    liquidity: live.liquidityRaw,
  });
  const shown = [position.base, position.quote].map(({ raw }) => BigInt(raw));
  expect(shown).toEqual(inOrder(live.principal));
  expect(shown).toEqual(inOrder([maths.amount0, maths.amount1]));
  expect([position.feesBase, position.feesQuote].map(({ raw }) => BigInt(raw))).toEqual(inOrder(live.fees));
}

async function proveSums(demo: RunningDemo, book: ChainBook, head: bigint): Promise<readonly string[]> {
  const open = await Promise.all([...book.openTokenIds].map((tokenId) => book.position(tokenId, head)));
  const shown = await Promise.all(
    demo.ready.pairs.map(async (id) => ({
      account: (await demo.read(contract.pairStatus, { params: { id } })).account,
      positions: (await demo.read(contract.pairPositions, { params: { id } })).positions,
    })),
  );
  const lines: string[] = [];
  for (const [token, entry] of book.byToken) {
    const sumOf = (pick: (position: (typeof open)[number]) => readonly [bigint, bigint]): bigint =>
      open.reduce((sum, position) => {
        const [amount0, amount1] = pick(position);
        if (position.token0.toLowerCase() === token) return sum + amount0;
        return position.token1.toLowerCase() === token ? sum + amount1 : sum;
      }, 0n);
    const principalRaw = sumOf((position) => position.principal);
    const feesRaw = sumOf((position) => position.fees);
    const walletRaw = await book.balance(addressSchema.parse(token), head);
    // Pools turn one token into the other inside a range; that, swaps and fees are all that may change a token's sum.
    const poolRaw = entry.withdrawnRaw + principalRaw - entry.depositedRaw;
    const holdsRaw = walletRaw + principalRaw + feesRaw;
    expect(`${entry.symbol} ${holdsRaw}`).toBe(
      `${entry.symbol} ${entry.fundedRaw + entry.swapRaw + poolRaw + entry.collectedFeesRaw + feesRaw}`,
    );
    const symbol = entry.symbol === "WETH" || entry.symbol === "USDC" || entry.symbol === "USDT" ? entry.symbol : null;
    if (symbol === null) throw new Error(`the demo funds no ${entry.symbol}`);
    expect(entry.fundedRaw).toBe(parseUnits(WALLET_FUNDING[symbol], symbol === "WETH" ? 18 : 6));
    // The API's own sum of the same token: idle capital of the pairs, positions and unclaimed fees.
    const apiRaw = shown
      .flatMap(({ account, positions }) => [
        ...account,
        ...positions.flatMap(({ base, quote, feesBase, feesQuote }) => [base, quote, feesBase, feesQuote]),
      ])
      .filter((amount) => amount.token.address.toLowerCase() === token)
      .reduce((sum, amount) => sum + BigInt(amount.raw), 0n);
    expect(`${entry.symbol} ${apiRaw}`).toBe(`${entry.symbol} ${holdsRaw}`);
    lines.push(
      `    ${entry.symbol}: funded ${entry.fundedRaw}, swaps ${entry.swapRaw}, pools ${poolRaw}, fees ${entry.collectedFeesRaw + feesRaw} = wallet ${walletRaw} + positions ${principalRaw} + unclaimed ${feesRaw}; difference 0`,
    );
  }
  const native = await book.nativeBalance(head);
  expect(native + book.gasWei()).toBe(parseEther(WALLET_FUNDING_ETH));
  lines.push(
    `    ETH: funded ${parseEther(WALLET_FUNDING_ETH)} = wallet ${native} + gas ${book.gasWei()}; difference 0`,
  );
  return lines;
}

const DAY_MS = 86_400_000;
/** A whole day takes some eight minutes: `npm run test:day` runs it, a part of it is in every run. */
const DAYS = Number(process.env["TG_MONEY_DAYS"] ?? 0.1);
const DAY_LIMIT_MS = 900_000;
/** The second pair of the wallet asks before it acts: its owner says yes until a plan of it is carried out. */
async function actInSecondPair(demo: RunningDemo): Promise<void> {
  const operator = await openHttpOperator(demo);
  await waitFor(`a plan of ${APPROVE}, approved and carried out`, SEED_LIMIT_MS, async () => {
    const { plans } = await demo.read(contract.plans, { query: { pair: APPROVE, limit: "20" } });
    if (plans.some(({ status }) => status === "done")) return true;
    const waiting = plans.find(({ status }) => status === "waiting_approval");
    if (waiting === undefined) throw new Error(plans.map(({ kind, status }) => `${kind} ${status}`).join(", "));
    const { planId, planHash } = waiting;
    const reply = await operator.send(
      await operator.sign({
        action: "plan.approve",
        target: planId,
        params: { planId, note: "money test" },
        planHash: bytes32Schema.parse(planHash),
      }),
    );
    throw new Error(`approval answered ${reply.status} ${reply.message}`);
  });
}

describe("money", () => {
  it.concurrent(
    `money: ${DAYS} of a market day, exported, against the chain to the wei`,
    async () => {
      const demo = await startDemo({ seed: 7, speed: SPEED, hasWeb: false, fresh: true });
      try {
        const book = await openBook(demo);
        book.startFollowing();
        const beganAtMs = await book.headAtMs();
        await actInSecondPair(demo);
        await waitFor(`${DAYS} market days with a PRA and an RS`, DAY_LIMIT_MS, async () => {
          const plans = await plansOf(demo);
          const isDone = (kind: string): boolean => plans.some((plan) => plan.kind === kind && plan.status === "done");
          const marketMs = (await book.headAtMs()) - beganAtMs;
          if (marketMs >= DAYS * DAY_MS && isDone("PRA") && isDone("RS")) return true;
          throw new Error(`${(marketMs / DAY_MS).toFixed(2)} days, ${plans.map(({ kind }) => kind).join(" ")}`);
        });
        const head = await standStill(demo, book);
        await book.stopFollowing();
        const exported = await proveExport(demo, book, head);
        const report = await proveReport(demo, AUTO);
        const [plans, lastedMs] = [await plansOf(demo), (await book.headAtMs()) - beganAtMs];
        const count = (kind: string): number =>
          plans.filter((plan) => plan.kind === kind && plan.status === "done").length;
        say(
          `day: ${(lastedMs / DAY_MS).toFixed(2)} market days, ${count("PRA")} PRA and ${count("RS")} RS; ${exported}; ${report}`,
        );
      } finally {
        await demo.stop();
        rmSync(demo.dataDir, { recursive: true, force: true });
      }
    },
    SEED_LIMIT_MS + DAY_LIMIT_MS + 240_000,
  );

  // Two at a time: a run waits for blocks and epochs more than it computes.
  it.concurrent.each(SEEDS)(
    "money: seed %i deploys by PRA, shifts by RS, and every wei is accounted for",
    async (seed) => {
      const demo = await startDemo({ seed, speed: SPEED, hasWeb: false, fresh: true });
      try {
        const startedMs = performance.now();
        const book = await openBook(demo);
        book.startFollowing();
        const strategyPlan = (kind: "PRA" | "RS") =>
          waitFor(`a ${kind} of the strategy, carried out (seed ${seed})`, SEED_LIMIT_MS, async () => {
            const plans = await plansOf(demo);
            const done = plans.find(
              (plan) => plan.kind === kind && plan.origin.kind === "strategy" && plan.status === "done",
            );
            if (done === undefined) throw new Error(plans.map((plan) => `${plan.kind} ${plan.status}`).join(", "));
            return { plan: done, atMs: performance.now() - startedMs };
          });
        const deployed = await strategyPlan("PRA");
        const shifted = await strategyPlan("RS");
        const head = await standStill(demo, book);
        await book.stopFollowing();
        const positions = (
          await Promise.all(demo.ready.pairs.map((id) => demo.read(contract.pairPositions, { params: { id } })))
        ).flatMap((answer) => answer.positions);
        expect(positions.map(({ tokenId }) => BigInt(tokenId)).toSorted()).toEqual([...book.openTokenIds].toSorted());
        for (const position of positions) await provePosition(book, position);
        const sums = await proveSums(demo, book, head);
        const { money } = await demo.read(contract.overview);
        expect(money.ledger).toMatchObject({ balanced: true, differences: 0 });
        expect(await book.head()).toBe(head);
        say(
          `seed ${seed}: ready ${(demo.startMs / 1000).toFixed(1)} s, PRA after ${(deployed.atMs / 1000).toFixed(1)} s, RS after ${(shifted.atMs / 1000).toFixed(1)} s; ${book.transactions()} transactions, ${book.reverted()} reverted; ${positions.length} positions equal to the wei at block ${head}; ${money.ledger?.sentence}`,
        );
        for (const line of sums) say(line);
      } finally {
        await demo.stop();
        rmSync(demo.dataDir, { recursive: true, force: true });
      }
    },
    SEED_LIMIT_MS + 240_000,
  );
});
