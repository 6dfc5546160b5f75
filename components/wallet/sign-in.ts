// Sign-in with Ethereum: ask for the message, have it signed, hand it back for a session cookie.
"use client";
import { api } from "@/components/live/api";
import type { RouteResponse } from "@/lib/api/contract";
import type { Hex } from "@/lib/units";

export async function signIn(input: {
  readonly address: Hex;
  readonly chainId: number;
  readonly signText: (message: string, account: Hex) => Promise<Hex>;
}): Promise<RouteResponse<"authVerify">> {
  const { message } = await api.call("authNonce", { body: { address: input.address, chainId: input.chainId } });
  const signature = await input.signText(message, input.address);
  return api.call("authVerify", { body: { message, signature } });
}
