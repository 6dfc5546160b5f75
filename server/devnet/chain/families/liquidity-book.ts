// Liquidity Book 2.2, 2.1 and 2.0 on the devnet, stand-ins: own bins by the published formulas with each generation's router and pair shapes.
import { encodeAbiParameters, encodeFunctionData, parseAbi, parseAbiParameters } from "viem";
import { DevnetError } from "@/server/devnet/devnet-error";
import { ORDER_KINDS, type FamilyKit, type NewPool } from "./family-kit";
import { addressArgs, compiledCode, dexEntryOf, poolRefFrom, requireDeployed, startBatch } from "./kit-tools";

const FACTORY_ABI = parseAbi(["function register(address tokenX, address tokenY, uint16 binStep, address pair)"]);
const FEE_SETUP = "(uint16, uint16, uint16, uint16, uint16, uint24, uint16, uint24, uint24, uint24, uint24, uint40)";
const PAIR_ARGS = parseAbiParameters(
  `address factory, address tokenX, address tokenY, uint24 activeId, bool isGeneration22, ${FEE_SETUP} fees`,
);
const LEGACY_PAIR_ARGS = parseAbiParameters(
  `address factory, address tokenX, address tokenY, uint24 activeId, ${FEE_SETUP} fees`,
);
const CENTRE_BIN_ID = 2 ** 23;
/** As the published presets of small bin steps. */
const FILTER_PERIOD_SEC = 30;
const DECAY_PERIOD_SEC = 600;
const REDUCTION_BPS = 5_000;
const VARIABLE_FEE_CONTROL = 40_000;
const PROTOCOL_SHARE_BPS = 1_000;
const MAX_VOLATILITY = 350_000;
const MAX_BASE_FACTOR = 65_535;

type Generation = "2.0" | "2.1" | "2.2";

function createKit(generation: Generation): FamilyKit {
  const isLegacy = generation === "2.0";
  const kit: FamilyKit = {
    family: "liquidity-book",
    dexId: `liquidity-book-${generation}`,
    name: `Liquidity Book ${generation} (stand-in)`,
    variant: generation,
    isStandIn: true,
    async deploy(context) {
      const { chainId, keeper } = context;
      const batch = await startBatch(context);
      const factory = batch.create(compiledCode(context, "BinFactoryStandIn"), addressArgs(keeper));
      const router = batch.create(
        compiledCode(context, isLegacy ? "LegacyBinRouterStandIn" : "BinRouterStandIn"),
        addressArgs(factory),
      );
      await batch.send(`Deploying ${kit.name}`);
      const dex = dexEntryOf(kit, chainId, { factory, positionManager: router, swapRouter: router });
      return {
        dex,
        async createPool(input) {
          const binStep = requireBinStep(kit, input);
          const head = [factory, input.token0, input.token1, activeIdOf(input, binStep)] as const;
          const fees = feeSetupOf(kit, input, binStep);
          const args = isLegacy
            ? encodeAbiParameters(LEGACY_PAIR_ARGS, [...head, fees])
            : encodeAbiParameters(PAIR_ARGS, [...head, generation === "2.2", fees]);
          const creating = await startBatch(context);
          const pair = creating.create(
            compiledCode(context, isLegacy ? "LegacyBinPairStandIn" : "BinPairStandIn"),
            args,
          );
          creating.call(
            factory,
            encodeFunctionData({
              abi: FACTORY_ABI,
              functionName: "register",
              args: [input.token0, input.token1, binStep, pair],
            }),
          );
          await creating.send(`Creating a pair of ${kit.name}`);
          await requireDeployed(context, `Pair of ${kit.name}`, pair);
          return poolRefFrom(dex, chainId, pair, input, { feePips: null, tickSpacing: null, binStep });
        },
        orderTarget: (pool) => ({
          kind: ORDER_KINDS.liquidityBook,
          target: pool.pool,
          key: encodeAbiParameters(parseAbiParameters("address router, bool isGeneration20"), [router, isLegacy]),
        }),
      };
    },
  };
  return kit;
}

export const liquidityBook22Kit = createKit("2.2");
export const liquidityBook21Kit = createKit("2.1");
export const liquidityBook20Kit = createKit("2.0");

function requireBinStep(kit: FamilyKit, input: NewPool): number {
  if (input.binStep !== null) return input.binStep;
  throw new DevnetError({
    code: "deploy",
    message: `${kit.name}: a new pair needs a bin step, got null. Set binStep in the devnet's pool list.`,
    retryable: false,
  });
}

/** The bin whose price is nearest to the wanted one. */
function activeIdOf(input: NewPool, binStep: number): number {
  const logPrice = 2 * (Math.log(Number(input.sqrtPriceX96)) - 96 * Math.LN2);
  return CENTRE_BIN_ID + Math.round(logPrice / Math.log1p(binStep / 10_000));
}

function feeSetupOf(kit: FamilyKit, input: NewPool, binStep: number) {
  // The base fee is factor x step, in parts of 1e8 of the input.
  const baseFactor = Math.round((input.feePips * 100) / binStep);
  if (baseFactor > MAX_BASE_FACTOR) {
    throw new DevnetError({
      code: "deploy",
      message: `${kit.name}: a fee of ${input.feePips} pips at bin step ${binStep} needs base factor ${baseFactor}, at most ${MAX_BASE_FACTOR} fit. Lower feePips or raise binStep.`,
      retryable: false,
    });
  }
  return [
    binStep,
    baseFactor,
    FILTER_PERIOD_SEC,
    DECAY_PERIOD_SEC,
    REDUCTION_BPS,
    VARIABLE_FEE_CONTROL,
    PROTOCOL_SHARE_BPS,
    MAX_VOLATILITY,
    0,
    0,
    0,
    0,
  ] as const;
}
