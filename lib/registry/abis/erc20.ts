// ERC-20 reads and the Transfer event; `approve` is declared without outputs because some tokens return nothing.
import { parseAbi } from "viem";

export const ERC20_ABI = parseAbi([
  "function balanceOf(address owner) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function decimals() view returns (uint8)",
  "function symbol() view returns (string)",
  "function approve(address spender, uint256 amount)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
]);
