// ABI of the market's trader contract (contracts/family-trader.sol), which trades pools of every family.
import { parseAbi } from "viem";

/** Creation takes the keeper's address; the trader must hold the tokens it sells. */
export const familyTraderAbi = parseAbi([
  "function step((uint8 kind, address target, bytes key, bool zeroForOne, uint256 amountIn, uint160 sqrtLimitX96)[] orders, (uint8 kind, address target, bytes key, uint160 lowerX96, uint160 upperX96)[] pulls)",
  "function sqrtPriceOf(uint8 kind, address target, bytes key) view returns (uint160)",
  "event OrderFailed(uint256 indexed index, bytes reason)",
  "event PullFailed(uint256 indexed index, bytes reason)",
]);
