// A key service on a local port and on a unix socket: the right answer is taken, every lie about it is refused.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recoverTransactionAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { SignableTransaction } from "./key";
import { openRemoteKey } from "./remote-key";

const account = privateKeyToAccount(generatePrivateKey());
const stranger = privateKeyToAccount(generatePrivateKey());
const dir = mkdtempSync(join(tmpdir(), "tg-key-"));
const servers: Server[] = [];
const TX: SignableTransaction = {
  type: "eip1559",
  chainId: 31_337,
  nonce: 7,
  to: `0x${"ab".repeat(20)}`,
  data: "0x1234",
  value: 0n,
  gas: 90_000n,
  maxFeePerGas: 5_000_000_000n,
  maxPriorityFeePerGas: 1_000_000_000n,
};

const callSchema = z.object({ id: z.number(), method: z.string(), params: z.array(z.unknown()) });
type Answer = { readonly result: unknown } | { readonly error: { code: number; message: string } };

/** A service that keeps the key; `change` is what it signs instead of what it was asked for. */
async function serve(input: {
  readonly at: number | string;
  readonly asked?: string[];
  readonly accounts?: readonly string[];
  readonly sign?: () => Promise<Answer>;
}): Promise<string> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const call = callSchema.parse(JSON.parse(text));
      input.asked?.push(call.method);
      const right = async (): Promise<Answer> => ({ result: { raw: await account.signTransaction(TX) } });
      const answering =
        call.method === "eth_accounts"
          ? Promise.resolve<Answer>({ result: input.accounts ?? [account.address.toLowerCase()] })
          : (input.sign ?? right)();
      void answering.then((answer) => response.end(JSON.stringify({ jsonrpc: "2.0", id: call.id, ...answer })));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    if (typeof input.at === "string") server.listen(input.at, resolve);
    else server.listen(input.at, "127.0.0.1", resolve);
  });
  const address = server.address();
  return typeof address === "string" ? `unix:${address}` : `http://127.0.0.1:${address?.port ?? 0}/`;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

async function signWith(sign: () => Promise<Answer>): Promise<string> {
  const url = await serve({ at: 0, sign });
  const key = await openRemoteKey({ url, address: account.address });
  if (!key.ok) throw key.error;
  const signed = await key.value.signTransaction(TX);
  return signed.ok ? "signed" : signed.error.message;
}

async function open(url: string): Promise<string> {
  const key = await openRemoteKey({ url, address: account.address });
  return key.ok ? "opened" : key.error.message;
}

describe("openRemoteKey", () => {
  it("behavior: signs through a loopback port and a unix socket, and asks for nothing but transactions", async () => {
    const asked: string[] = [];
    const socket = join(mkdtempSync(join(tmpdir(), "tg-key-")), "key.sock");
    for (const at of [0, socket]) {
      const key = await openRemoteKey({ url: await serve({ at, asked }), address: account.address });
      if (!key.ok) throw key.error;
      expect(Object.keys(key.value).toSorted()).toEqual(["address", "signTransaction"]);
      const signed = await key.value.signTransaction(TX);
      if (!signed.ok) throw signed.error;
      expect(signed.value).toBe(await account.signTransaction(TX));
      const serializedTransaction: `0x02${string}` = `0x02${signed.value.slice(4)}`;
      expect(await recoverTransactionAddress({ serializedTransaction })).toBe(account.address);
    }
    expect(new Set(asked)).toEqual(new Set(["eth_accounts", "eth_signTransaction"]));
  });

  it("error: refused — another account, plain http elsewhere, no address, nobody there", async () => {
    const url = await serve({ at: 0, accounts: [stranger.address] });
    expect(await open(url)).toMatch(/has not the account/);
    expect(await open("http://signer.example/")).toMatch(/must be https/);
    expect(await open("unix:key.sock")).toMatch(/absolute socket path/);
    expect(await open("https://me:secret@signer.example/")).toMatch(/must not hold a user/);
    expect(await open("somewhere")).toMatch(/no address/);
    expect(await open("http://127.0.0.1:9/")).toMatch(/does not answer/);
  });

  it("error: refused — any other bytes than those asked for", async () => {
    const lies: (() => Promise<Answer>)[] = [
      async () => ({ result: await account.signTransaction({ ...TX, to: stranger.address }) }),
      async () => ({ result: await account.signTransaction({ ...TX, nonce: 8 }) }),
      async () => ({ result: await account.signTransaction({ ...TX, maxPriorityFeePerGas: 5_000_000_000n }) }),
      async () => ({
        result: await account.signTransaction({ ...TX, accessList: [{ address: stranger.address, storageKeys: [] }] }),
      }),
      async () => ({ result: await stranger.signTransaction(TX) }),
      async () => ({ result: "0x1234" }),
      async () => ({ result: { ok: true } }),
      async () => ({ error: { code: 4001, message: "denied" } }),
    ];
    for (const lie of lies) expect(await signWith(lie)).not.toBe("signed");
    expect(await signWith(async () => ({ result: await account.signTransaction(TX) }))).toBe("signed");
  });
});
