// Key: opens standard keystores, refuses wrong passphrases and open files, signs plain transactions only, leaves no passphrase behind.
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseTransaction, recoverTransactionAddress, type TransactionSerializedEIP1559 } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, describe, expect, test } from "vitest";
import { createKeystore, openKeystore, readPassphrase, STANDARD_SCRYPT, type SignableTransaction } from "./key";

const CHEAP = { n: 2 ** 10, r: 8, p: 1 };
const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});
function makeTempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "tgk-"));
  dirs.push(dir);
  return dir;
}

/** Made by another implementation (ox 0.14.67 Keystore, scrypt n=4096 r=8 p=1, passphrase `testpassword`). */
const VECTOR = {
  crypto: {
    cipher: "aes-128-ctr",
    ciphertext: "3b4309355ad643f2b15cfb6a83a7f6f328e7a6459a56ab8c6e25a89c8f43eb80",
    cipherparams: { iv: "83dbcc02d8ccb40e466191a123791e0e" },
    kdf: "scrypt",
    kdfparams: {
      dklen: 32,
      n: 4096,
      p: 1,
      r: 8,
      salt: "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
    },
    mac: "994d83f6bfb7e6e3aa95980f72b6ad87db9d352789d0f2e433cf777425db3a42",
  },
  id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
  version: 3,
};
const VECTOR_KEY = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

const TX: SignableTransaction = {
  type: "eip1559",
  chainId: 31337,
  nonce: 3,
  to: "0x1111111111111111111111111111111111111111",
  gas: 21_000n,
  maxFeePerGas: 2n,
  maxPriorityFeePerGas: 1n,
  data: "0x",
  value: 0n,
};

async function codeOf(file: string, passphrase = "right"): Promise<string | null> {
  const opened = await openKeystore(file, Buffer.from(passphrase));
  return opened.ok ? null : opened.error.code;
}

describe("keystore", () => {
  test("vector: opens a keystore made by another implementation", async () => {
    const path = join(makeTempDir(), "k.json");
    writeFileSync(path, JSON.stringify(VECTOR), { mode: 0o400 });
    const signer = await openKeystore(path, Buffer.from("testpassword"));
    expect(signer.ok ? signer.value.address : signer.error).toBe(privateKeyToAccount(VECTOR_KEY).address);
  });

  test("default: a new keystore is 0400, opens with its passphrase, signs, and wipes the passphrase", async () => {
    const path = join(makeTempDir(), "k.json");
    const made = await createKeystore(path, Buffer.from("correct horse"), CHEAP);
    if (!made.ok) throw made.error;
    expect(statSync(path).mode & 0o777).toBe(0o400);
    const passphrase = Buffer.from("correct horse");
    const signer = await openKeystore(path, passphrase);
    if (!signer.ok) throw signer.error;
    expect(passphrase.every((byte) => byte === 0)).toBe(true);
    expect(signer.value.address).toBe(made.value.address);
    const raw = await signer.value.signTransaction(TX);
    if (!raw.ok) throw raw.error;
    const serializedTransaction: TransactionSerializedEIP1559 = `0x02${raw.value.slice(4)}`;
    expect(await recoverTransactionAddress({ serializedTransaction })).toBe(made.value.address);
    expect(parseTransaction(raw.value)).toMatchObject({ nonce: 3, chainId: 31337 });
  });

  test("behavior: the standard cost is 2^17 and opens in a start's time", async () => {
    const path = join(makeTempDir(), "k.json");
    await createKeystore(path, Buffer.from("p"));
    const startedAtMs = performance.now();
    expect((await openKeystore(path, Buffer.from("p"))).ok).toBe(true);
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    expect(STANDARD_SCRYPT.n).toBe(131_072);
    expect(readFileSync(path, "utf8")).toContain('"n": 131072');
  });

  test("error: wrong_passphrase, open_to_others, damaged, exists, no_keystore", async () => {
    const dir = makeTempDir();
    const path = join(dir, "k.json");
    await createKeystore(path, Buffer.from("right"), CHEAP);
    expect(await codeOf(path, "wrong")).toBe("wrong_passphrase");
    expect(await codeOf(join(dir, "none.json"))).toBe("no_keystore");
    const again = await createKeystore(path, Buffer.from("right"), CHEAP);
    expect(again.ok ? null : again.error.code).toBe("exists");
    chmodSync(path, 0o440);
    expect(await codeOf(path)).toBe("open_to_others");
    const other = join(dir, "bad.json");
    writeFileSync(other, '{"version":3,"crypto":"the-secret"}', { mode: 0o400 });
    const damaged = await openKeystore(other, Buffer.from("x"));
    expect(damaged.ok ? null : damaged.error.code).toBe("damaged");
    expect(damaged.ok ? "" : damaged.error.message).not.toContain("the-secret");
    for (const [index, cost] of [
      { n: 2 ** 30, r: 8 },
      { n: 2 ** 18, r: 1 },
      { n: 5_000, r: 8 },
    ].entries()) {
      const bomb = join(dir, `bomb-${index}.json`);
      const kdfparams = { ...VECTOR.crypto.kdfparams, ...cost };
      writeFileSync(bomb, JSON.stringify({ ...VECTOR, crypto: { ...VECTOR.crypto, kdfparams } }), { mode: 0o400 });
      expect(await codeOf(bomb)).toBe("damaged");
    }
  });

  test("error: refused for EIP-7702, blobs, no chain, contract creation; and no other signing method exists", async () => {
    const path = join(makeTempDir(), "k.json");
    await createKeystore(path, Buffer.from("p"), CHEAP);
    const signer = await openKeystore(path, Buffer.from("p"));
    if (!signer.ok) throw signer.error;
    expect(Object.keys(signer.value).toSorted()).toEqual(["address", "signTransaction"]);
    const hostile: Record<string, unknown>[] = [
      { authorizationList: [] },
      { type: "eip7702" },
      { type: "eip4844" },
      { blobs: [] },
      { chainId: undefined },
      { to: null },
      { nonce: undefined },
    ];
    for (const change of hostile) {
      const signed = await signer.value.signTransaction(Object.assign({ ...TX }, change));
      expect(signed.ok ? JSON.stringify(change) : signed.error.code).toBe("refused");
    }
  });
});

describe("readPassphrase", () => {
  test("default: one read, line end dropped, descriptor closed", () => {
    const path = join(makeTempDir(), "p");
    writeFileSync(path, "pass phrase\r\n");
    const fd = openSync(path, "r");
    const read = readPassphrase(fd);
    expect(read.ok ? read.value.toString() : null).toBe("pass phrase");
    const second = readPassphrase(fd);
    expect(second.ok ? null : second.error.code).toBe("no_passphrase");
  });

  test("error: no_passphrase for empty and for too much", () => {
    const path = join(makeTempDir(), "p");
    for (const text of ["\n", "x".repeat(2_000)]) {
      writeFileSync(path, text);
      const read = readPassphrase(openSync(path, "r"));
      expect(read.ok ? null : read.error.code).toBe("no_passphrase");
    }
  });
});
