// Signatures of Liquidity Book's routers and pairs (published ABIs): 2.0 on one side, 2.1 and 2.2 on the other.
import { parseAbi } from "viem";
import { invariant } from "@/lib/errors/invariant";
import type { PoolRef } from "@/lib/registry/pool-ref";

/** Routers of 2.1 and 2.2. */
export const LB_ROUTER_ABI = parseAbi([
  "function addLiquidity((address tokenX, address tokenY, uint256 binStep, uint256 amountX, uint256 amountY, uint256 amountXMin, uint256 amountYMin, uint256 activeIdDesired, uint256 idSlippage, int256[] deltaIds, uint256[] distributionX, uint256[] distributionY, address to, address refundTo, uint256 deadline) params) returns (uint256 amountXAdded, uint256 amountYAdded, uint256 amountXLeft, uint256 amountYLeft, uint256[] depositIds, uint256[] liquidityMinted)",
  "function removeLiquidity(address tokenX, address tokenY, uint16 binStep, uint256 amountXMin, uint256 amountYMin, uint256[] ids, uint256[] amounts, address to, uint256 deadline) returns (uint256 amountX, uint256 amountY)",
]);

/** Router of 2.0: no refund address (what is not used goes to `to`), and no amounts in the answer. */
export const LB_LEGACY_ROUTER_ABI = parseAbi([
  "function addLiquidity((address tokenX, address tokenY, uint256 binStep, uint256 amountX, uint256 amountY, uint256 amountXMin, uint256 amountYMin, uint256 activeIdDesired, uint256 idSlippage, int256[] deltaIds, uint256[] distributionX, uint256[] distributionY, address to, uint256 deadline) params) returns (uint256[] depositIds, uint256[] liquidityMinted)",
  "function removeLiquidity(address tokenX, address tokenY, uint16 binStep, uint256 amountXMin, uint256 amountYMin, uint256[] ids, uint256[] amounts, address to, uint256 deadline) returns (uint256 amountX, uint256 amountY)",
  "function getPriceFromId(address pair, uint24 id) view returns (uint256 priceX128)",
]);

/** Shares of a pair, all generations. */
export const LB_TOKEN_ABI = parseAbi([
  "function balanceOf(address account, uint256 id) view returns (uint256 shares)",
  "function balanceOfBatch(address[] accounts, uint256[] ids) view returns (uint256[] shares)",
  "function totalSupply(uint256 id) view returns (uint256 shares)",
  "function isApprovedForAll(address owner, address spender) view returns (bool)",
  "event TransferBatch(address indexed sender, address indexed from, address indexed to, uint256[] ids, uint256[] amounts)",
  "event TransferSingle(address indexed sender, address indexed from, address indexed to, uint256 id, uint256 amount)",
]);

/** Pairs of 2.1 and 2.2. */
export const LB_PAIR_ABI = parseAbi([
  "function getTokenX() view returns (address)",
  "function getTokenY() view returns (address)",
  "function getBinStep() view returns (uint16)",
  "function getFactory() view returns (address)",
  "function getActiveId() view returns (uint24)",
  "function getBin(uint24 id) view returns (uint128 reserveX, uint128 reserveY)",
  "function getPriceFromId(uint24 id) view returns (uint256 priceX128)",
  "function getStaticFeeParameters() view returns (uint16 baseFactor, uint16 filterPeriod, uint16 decayPeriod, uint16 reductionFactor, uint24 variableFeeControl, uint16 protocolShare, uint24 maxVolatilityAccumulator)",
  "function getVariableFeeParameters() view returns (uint24 volatilityAccumulator, uint24 volatilityReference, uint24 idReference, uint40 timeOfLastUpdate)",
  "function approveForAll(address spender, bool approved)",
]);

/** Hooks exist in 2.2 only. */
export const LB_HOOKS_ABI = parseAbi(["function getLBHooksParameters() view returns (bytes32 hooksParameters)"]);

/** Pairs of 2.0. */
export const LB_LEGACY_PAIR_ABI = parseAbi([
  "function tokenX() view returns (address)",
  "function tokenY() view returns (address)",
  "function factory() view returns (address)",
  "function getReservesAndId() view returns (uint256 reserveX, uint256 reserveY, uint256 activeId)",
  "function getBin(uint24 id) view returns (uint256 reserveX, uint256 reserveY)",
  "function feeParameters() view returns ((uint16 binStep, uint16 baseFactor, uint16 filterPeriod, uint16 decayPeriod, uint16 reductionFactor, uint24 variableFeeControl, uint16 protocolShare, uint24 maxVolatilityAccumulated, uint24 volatilityAccumulated, uint24 volatilityReference, uint24 indexRef, uint40 time) parameters)",
  "function pendingFees(address account, uint256[] ids) view returns (uint256 amountX, uint256 amountY)",
  "function collectFees(address account, uint256[] ids) returns (uint256 amountX, uint256 amountY)",
  "function setApprovalForAll(address spender, bool approved)",
  "event FeesCollected(address indexed sender, address indexed recipient, uint256 amountX, uint256 amountY)",
]);

/** The same name and answer in the factories of all generations. */
export const LB_FACTORY_ABI = parseAbi([
  "function getLBPairInformation(address tokenX, address tokenY, uint256 binStep) view returns ((uint16 binStep, address LBPair, bool createdByOwner, bool ignoredForRouting) information)",
]);

export type LbGeneration = "2.0" | "2.1" | "2.2";

/** Generation of a pool's contracts, from the variant of its DEX. */
export function lbGeneration(pool: Pick<PoolRef, "variant" | "dexId">): LbGeneration {
  const { variant } = pool;
  if (variant === "2.0" || variant === "2.1" || variant === "2.2") return variant;
  invariant(false, 'a Liquidity Book DEX needs variant "2.0", "2.1" or "2.2" in the registry', {
    dex: pool.dexId,
    variant,
  });
}
