// A process with the real engine, journal and chain access, a test key, and a minimal worker in the same process: the thing the kill tests kill.
import { readFileSync } from "node:fs";
import { concatHex, encodeFunctionData, padHex, parseAbi, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import * as z from "zod";
import { LIFI_BRIDGE_ABI } from "@/lib/actions/bridge-decoder";
import { LIFI_SWAP_ABI } from "@/lib/actions/swap-decoder";
import { isSameAddress } from "@/lib/actions/erc20";
import type { OpArguments, QuoteEvidence } from "@/lib/api/signer-contract";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import { addressSchema, bytes32Schema, hexSchema, registrySchema } from "@/lib/registry/schema";
import { planHash, planSchema, rawAmountSchema, type BridgeStep, type Plan, type SwapStep } from "@/lib/plan/plan";
import type { Address } from "@/lib/units";
import { wallClock } from "@/server/infra/clock";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { createChainAccess } from "@/server/signer/chain-access";
import { createEngine } from "@/server/signer/engine";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { KILL_LABELS, type AuthorityView, type Engine, type KeyPort, type RecoveryReport } from "@/server/signer/ports";
import { rpcPort } from "./audit";

export const harnessConfigSchema = z.object({
  journalDir: z.string(),
  rpcUrl: z.string(),
  registryFile: z.string(),
  deploymentId: bytes32Schema,
  privateKey: hexSchema,
  pairId: z.string(),
  price: z.number(),
  /** Capital to assign before anything else. */
  assign: z.array(z.object({ token: addressSchema, amountRaw: rawAmountSchema })),
  plan: planSchema.nullable(),
  swapRouter: addressSchema,
  feePips: z.number().int(),
  /** Endpoints of the registry's other chains; a chain without one is not served. */
  otherRpcUrls: z.record(z.string(), z.string()).default({}),
  /** `<label>:<n>` or null. */
  kill: z.string().nullable(),
});
export type HarnessConfig = z.input<typeof harnessConfigSchema>;

const ROUTER_ABI = parseAbi([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
]);
const RECOVER_TRIES = 20;
const RECOVER_RETRY_MS = 250;
const FAR_DEADLINE = 99_999_999_999n;
type Config = z.output<typeof harnessConfigSchema>;

export function createTestKey(privateKey: `0x${string}`): KeyPort {
  const account = privateKeyToAccount(privateKey);
  return {
    address: account.address,
    sign: (tx) => {
      if (tx.fees.kind === "legacy") throw new Error("the test chain has EIP-1559");
      return account.signTransaction({
        type: "eip1559",
        chainId: tx.chainId,
        nonce: tx.nonce,
        to: tx.to,
        data: tx.data,
        value: tx.valueRaw,
        gas: tx.gas,
        maxFeePerGas: tx.fees.maxFeePerGasWei,
        maxPriorityFeePerGas: tx.fees.maxPriorityFeePerGasWei,
      });
    },
  };
}

export function createTestAuthority(pairId: string): AuthorityView & { readonly halts: string[] } {
  const halts: string[] = [];
  return {
    halts,
    pair: (id) =>
      id === pairId
        ? {
            mode: "auto",
            paused: null,
            halted: null,
            settings: { pairId, pools: [], params: {}, limits: DEFAULT_LIMITS, planExpiryMs: 1_800_000 },
            configVersion: 0,
            commandSeq: 0,
          }
        : null,
    pairIds: () => [pairId],
    stopped: () => null,
    walletHalt: () => (halts.length > 0 ? { state: "HALT_WALLET", cause: halts.join("; "), sinceAtMs: 0 } : null),
    approvalsNeeded: () => 0,
    approvals: () => [],
    approval: () => ({
      needed: 0,
      approvals: [],
      valueUsd: 0,
      limitUsd: null,
      isAboveLimit: false,
      isComplete: true,
      proposer: null,
      notCounted: [],
    }),
    rejection: () => null,
    haltPair: (id, cause) => void halts.push(`${id}: ${cause}`),
    haltWallet: (cause) => void halts.push(cause),
  };
}

function quoteFor(config: Config, step: SwapStep, amountRaw: bigint, diamond: Address, wallet: Address): QuoteEvidence {
  const callData = encodeFunctionData({
    abi: ROUTER_ABI,
    functionName: "exactInputSingle",
    args: [
      {
        tokenIn: step.tokenIn,
        tokenOut: step.tokenOut,
        fee: config.feePips,
        recipient: diamond,
        deadline: FAR_DEADLINE,
        amountIn: amountRaw,
        amountOutMinimum: 0n,
        sqrtPriceLimitX96: 0n,
      },
    ],
  });
  const minimum = step.minAmountOutRaw;
  const data = encodeFunctionData({
    abi: LIFI_SWAP_ABI,
    functionName: "swapTokensSingleV3ERC20ToERC20",
    args: [
      padHex(toHex(1), { size: 32 }),
      "test",
      "",
      wallet,
      minimum,
      {
        callTo: config.swapRouter,
        approveTo: config.swapRouter,
        sendingAssetId: step.tokenIn,
        receivingAssetId: step.tokenOut,
        fromAmount: amountRaw,
        callData: concatHex([callData]),
        requiresDeposit: true,
      },
    ],
  });
  return {
    fetchedAtMs: Date.now(),
    tool: "test",
    to: diamond,
    approvalAddress: diamond,
    data,
    valueRaw: 0n,
    toAmountMinRaw: minimum,
    cexPrice: config.price,
    poolPrice: config.price,
  };
}

/** As the devnet's LI.FI stand-in answers for an Across transfer of one token. */
function bridgeQuoteFor(config: Config, step: BridgeStep, wallet: Address): QuoteEvidence {
  const nowSec = Math.floor(Date.now() / 1_000);
  const zero = padHex("0x", { size: 20 });
  const outputAmount = step.minAmountOutRaw;
  const data = encodeFunctionData({
    abi: LIFI_BRIDGE_ABI,
    functionName: "startBridgeTokensViaAcrossV3",
    args: [
      {
        transactionId: padHex(toHex(2), { size: 32 }),
        bridge: "across",
        integrator: "test",
        referrer: zero,
        sendingAssetId: step.tokenIn,
        receiver: wallet,
        minAmount: step.amountInRaw,
        destinationChainId: BigInt(step.toChainId),
        hasSourceSwaps: false,
        hasDestinationCall: false,
      },
      {
        receiverAddress: wallet,
        refundAddress: wallet,
        receivingAssetId: step.tokenOut,
        outputAmount,
        outputAmountPercent: (outputAmount * 10n ** 18n) / step.amountInRaw,
        exclusiveRelayer: zero,
        quoteTimestamp: nowSec,
        fillDeadline: nowSec + 86_400,
        exclusivityDeadline: 0,
        message: "0x",
      },
    ],
  });
  return {
    fetchedAtMs: Date.now(),
    tool: "across",
    to: step.router,
    approvalAddress: step.router,
    data,
    valueRaw: 0n,
    toAmountMinRaw: outputAmount,
    toChainId: step.toChainId,
    bridge: "across",
    cexPrice: config.price,
    poolPrice: config.price,
  };
}

function argsFor(config: Config, engine: Engine, plan: Plan, index: number, wallet: Address): OpArguments {
  const prices = { price: config.price, priceAtMarketMs: Date.now(), nativeUsd: config.price, quoteUsd: 1 };
  const free = (token: Address): bigint =>
    engine.pairState(config.pairId).account.find((each) => isSameAddress(each.token, token))?.amountRaw ?? 0n;
  const capped = (token: Address, cap: bigint): bigint => (free(token) < cap ? free(token) : cap);
  const step = plan.steps[index];
  if (step?.kind === "approve") return { ...prices, amountRaw: capped(step.token, step.amountRaw) };
  if (step?.kind === "swap" && step.provider === "pool") return { ...prices, amountRaw: step.amountInRaw };
  if (step?.kind === "bridge") {
    return { ...prices, amountRaw: step.amountInRaw, quote: bridgeQuoteFor(config, step, wallet) };
  }
  if (step?.kind === "swap") {
    return {
      ...prices,
      amountRaw: step.amountInRaw,
      quote: quoteFor(config, step, step.amountInRaw, step.router, wallet),
    };
  }
  if (step?.kind === "mint") {
    return {
      ...prices,
      amount0DesiredRaw: capped(step.token0, step.amount0MaxRaw),
      amount1DesiredRaw: capped(step.token1, step.amount1MaxRaw),
    };
  }
  return prices;
}

async function runPlan(config: Config, engine: Engine, plan: Plan, wallet: Address): Promise<string> {
  const { pairId } = config;
  const hash = planHash(plan);
  const before = engine.listPlans({ pairId, open: false, limit: 100 }).find((each) => each.planHash === hash);
  // Killed after its end: a worker makes a new plan then, never the same again.
  if (before !== undefined) return before.status;
  const { token } = engine.leaseFence({ pairId, workerId: `test-${process.pid}` });
  const record = await engine.proposePlan({ pairId, token, plan, proposedBy: "test", marketAtMs: Date.now() });
  for (let index = 0; index < plan.steps.length; index += 1) {
    for (let tryIndex = 0; ; tryIndex += 1) {
      const args = argsFor(config, engine, plan, index, wallet);
      const started = await engine.executeOp({ pairId, token, planId: record.planId, index, args });
      const op = await engine.waitOp({ opId: started.opId, waitMs: 60_000 });
      if (["VERIFIED", "SETTLED", "SKIPPED"].includes(op.state)) break;
      if (op.state !== "EXPIRED" || tryIndex >= 2) return `step ${index} ended as ${op.state}: ${op.error}`;
    }
  }
  const finished = await engine.finishPlan({ pairId, token, planId: record.planId, outcome: "done", reason: "test" });
  return finished.status;
}

/** One unanswered request leaves the chain in observation; the signer's own process asks until it has an answer, and so does this one. */
async function recoverAsTheSigner(engine: Engine): Promise<RecoveryReport> {
  for (let triesLeft = RECOVER_TRIES; ; triesLeft -= 1) {
    const report = await engine.recover();
    if (triesLeft <= 1 || report.chains.every(({ outcome }) => outcome !== "observe")) return report;
    process.stderr.write(`recovery is tried again: ${report.notes.join("; ")}\n`);
    await new Promise((resolve) => setTimeout(resolve, RECOVER_RETRY_MS));
  }
}

async function main(file: string): Promise<void> {
  const config = harnessConfigSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const registry = registrySchema.parse(JSON.parse(readFileSync(config.registryFile, "utf8")));
  const key = createTestKey(config.privateKey);
  const authority = createTestAuthority(config.pairId);
  const passes = new Map<string, number>();
  const engine = createEngine({
    deploymentId: config.deploymentId,
    registry,
    journalDir: config.journalDir,
    chains: new Map(
      registry.chains.flatMap((chain, index) => {
        const url = config.otherRpcUrls[String(chain.id)] ?? (index === 0 ? config.rpcUrl : null);
        return url === null ? [] : [[chain.id, createChainAccess(chain, [rpcPort(url)])] as const];
      }),
    ),
    families: new Map(Object.values(FAMILY_ADAPTERS).map((adapter) => [adapter.reads.family, adapter])),
    key,
    authority,
    wall: wallClock,
    market: { nowMs: Date.now },
    log: silentLogger,
    kill: (label) => {
      const count = (passes.get(label) ?? 0) + 1;
      passes.set(label, count);
      if (config.kill === `${label}:${count}`) process.kill(process.pid, "SIGKILL");
    },
  });
  const recovery = await recoverAsTheSigner(engine);
  for (const [position, each] of config.assign.entries()) {
    await engine.assignCapital({
      commandId: padHex(toHex(position + 1), { size: 32 }),
      pairId: config.pairId,
      chainId: registry.chains[0]?.id ?? 0,
      token: each.token,
      amountRaw: each.amountRaw,
    });
  }
  const outcome = config.plan === null ? "none" : await runPlan(config, engine, config.plan, key.address);
  const result = {
    outcome,
    halts: authority.halts,
    recovery,
    passes: Object.fromEntries(KILL_LABELS.map((label) => [label, passes.get(label) ?? 0])),
    positions: engine.knownPositions(config.pairId),
    transfers: engine.listTransfers(config.pairId),
    account: engine.pairState(config.pairId).account,
    rssBytes: process.memoryUsage.rss(),
  };
  process.stdout.write(
    `${JSON.stringify(result, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value))}\n`,
  );
  engine.close();
  process.exit(0);
}

const file = process.argv[2];
if (file !== undefined && process.argv[1]?.includes("signer-harness") === true) await main(file);
