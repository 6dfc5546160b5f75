// Puts a face over a deployed contract: its code moves to another address and runs from there, the face answers at the old one.
import { concatHex, keccak256, stringToHex, type Hex as ViemHex } from "viem";
import type { Address, Hex } from "@/lib/units";
import { DevnetError } from "@/server/devnet/devnet-error";
import type { KitContext } from "./family-kit";
import { addressArgs, compiledCode } from "./kit-tools";

/**
 * `face` is a compiled contract whose constructor takes the moved code's address and then `args`. Nothing else about the contract
 * changes: it keeps its address, storage and tokens. `hides` are events that the moved code must not log any more, because the face
 * logs its own form of them.
 */
export async function wearFace(
  context: KitContext,
  input: { readonly at: Address; readonly face: string; readonly args: Hex; readonly hides?: readonly string[] },
): Promise<void> {
  const { client } = context;
  const code = await client.getCode({ address: input.at });
  if (code === undefined || code === "0x") throw faceError(input.face, `no contract at ${input.at}`);
  const moved: ViemHex = `0x${keccak256(concatHex([stringToHex("code behind the face of "), input.at])).slice(26)}`;
  await client.setCode({ address: moved, bytecode: hideEvents(code, input.face, input.hides ?? []) });
  const { data: worn } = await client.call({
    data: concatHex([compiledCode(context, input.face), addressArgs(moved), input.args]),
  });
  if (worn === undefined || worn.length < 100) throw faceError(input.face, "its constructor returned no code");
  await client.setCode({ address: input.at, bytecode: worn });
}

function hideEvents(code: Hex, face: string, signatures: readonly string[]): Hex {
  return signatures.reduce<Hex>((current, signature) => {
    const topic = keccak256(stringToHex(signature)).slice(2);
    const hidden = keccak256(stringToHex(`hidden by the face: ${signature}`)).slice(2);
    const parts = current.split(topic);
    if (parts.length < 2) throw faceError(face, `the code below logs no ${signature}`);
    return `0x${parts.join(hidden).slice(2)}`;
  }, code);
}

function faceError(face: string, what: string): DevnetError {
  return new DevnetError({
    code: "deploy",
    message: `Stand-in ${face}: ${what}. Start with --fresh; if it repeats, install the pinned packages with "npm ci".`,
    retryable: false,
  });
}
