// Finds where an ERC-20 token keeps the balance of one account, by giving every usual place another value and asking for the balance.
import { concatHex, encodeAbiParameters, encodeFunctionData, keccak256, padHex, parseAbiParameters, toHex } from "viem";
import { ok, type Result } from "@/lib/errors/result";
import type { TidegateError } from "@/lib/errors/tidegate-error";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import type { Address, Hex } from "@/lib/units";
import type { Stage, StorageChange } from "./ports";

/** Mappings are declared early; upgradeable tokens begin after a gap of 50 words, some after two. */
const MAPPING_SLOTS = 110;
/** Values of the probe: far from any balance by chance, small enough for a balance packed with other data. */
const PROBE_RAW = 1n << 60n;
/** Namespaced storage (ERC-7201) of openzeppelin.storage.ERC20; its first word is the mapping of balances. */
const NAMESPACED_SLOT: Hex = "0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00";
/** Seed that packs the owner's address into the key of a balance in Solady's ERC20. */
const SOLADY_SEED: Hex = "0x87a211a2";

/** Null when the token keeps its balances in no known way (shares that grow, balances of another contract): then none can be set. */
export async function findBalanceSlot(
  stage: Pick<Stage, "play">,
  token: Address,
  owner: Address,
): Promise<Result<Hex | null, TidegateError>> {
  const slots = candidateSlots(owner);
  const changes = slots.map((slot, index): StorageChange => ({
    address: token,
    slot,
    valueRaw: PROBE_RAW + BigInt(index),
  }));
  const asked = await stage.play([balanceCall(token, owner)], changes);
  if (!asked.ok) return asked;
  const [answer] = asked.value;
  if (answer?.isOk !== true || answer.returnData.length !== 66) return ok(null);
  return ok(slots[Number(BigInt.asIntN(64, BigInt(answer.returnData) - PROBE_RAW))] ?? null);
}

export function balanceCall(token: Address, owner: Address) {
  const data = encodeFunctionData({ abi: ERC20_ABI, functionName: "balanceOf", args: [owner] });
  return { to: token, data, valueRaw: 0n };
}

function candidateSlots(owner: Address): readonly Hex[] {
  const plain = Array.from({ length: MAPPING_SLOTS }, (_, slot) => toHex(slot, { size: 32 }));
  const account = padHex(owner, { size: 32 });
  return [
    ...[...plain, NAMESPACED_SLOT].map((slot) =>
      keccak256(encodeAbiParameters(parseAbiParameters("address, bytes32"), [owner, slot])),
    ),
    // Vyper hashes the slot first.
    ...plain.map((slot) => keccak256(concatHex([slot, account]))),
    keccak256(concatHex([owner, padHex(SOLADY_SEED, { size: 12 })])),
  ];
}
