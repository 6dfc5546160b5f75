// The only holder of the private key: an encrypted keystore (Web3 Secret Storage v3) and an object that signs transactions and nothing else.
import { createCipheriv, createDecipheriv, randomBytes, randomUUID, scrypt, timingSafeEqual } from "node:crypto";
import { closeSync, fchmodSync, fsyncSync, lstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import {
  bytesToHex,
  keccak256,
  toHex,
  type TransactionSerializableEIP1559,
  type TransactionSerializableLegacy,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText, TidegateError } from "@/lib/errors/tidegate-error";
import type { Address, Hex } from "@/lib/units";

export class KeyError extends TidegateError<
  | "no_passphrase"
  | "wrong_passphrase"
  | "no_keystore"
  | "exists"
  | "open_to_others"
  | "damaged"
  | "unwritable"
  | "refused"
> {}

export type SignableTransaction =
  | (TransactionSerializableEIP1559 & { readonly type: "eip1559" })
  | (TransactionSerializableLegacy & { readonly type: "legacy" });

/** No method signs a hash, a message, typed data or an EIP-7702 authorization; a remote signer implements the same two members. */
export interface TransactionSigner {
  readonly address: Address;
  signTransaction(transaction: SignableTransaction): Promise<Result<Hex, KeyError>>;
}

export interface ScryptCost {
  /** CPU and memory cost, a power of two. */
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MB and about 0.4 s once at start on the development machine; the demo uses the same cost as production. */
export const STANDARD_SCRYPT: ScryptCost = { n: 2 ** 17, r: 8, p: 1 };
/** Order of the curve: a larger number is no key. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Is this number the wallet's private key? The key itself is not needed to tell. Numbers that are no key at all are not. */
export function isKeyOf(number: bigint, wallet: Address): boolean {
  if (number <= 0n || number >= CURVE_ORDER) return false;
  return privateKeyToAccount(toHex(number, { size: 32 })).address.toLowerCase() === wallet.toLowerCase();
}

/** Costlier files are refused: they could be made to use up the machine's memory. 1 GB. */
const MAX_SCRYPT_BYTES = 1024 * 1024 * 1024;
const MAX_KEYSTORE_BYTES = 16 * 1024;
/** Longest passphrase taken from the descriptor. */
const MAX_PASSPHRASE_BYTES = 1_024;
const KEYSTORE_MODE = 0o400;

const hexBytes = (count: number) => z.string().regex(new RegExp(`^[0-9a-fA-F]{${count * 2}}$`));
const keystoreSchema = z.object({
  version: z.literal(3),
  id: z.string(),
  address: z.string().optional(),
  crypto: z.object({
    cipher: z.literal("aes-128-ctr"),
    ciphertext: hexBytes(32),
    cipherparams: z.object({ iv: hexBytes(16) }),
    kdf: z.literal("scrypt"),
    kdfparams: z.object({
      dklen: z.literal(32),
      n: z.number().int().min(2),
      r: z.number().int().min(1),
      p: z.number().int().min(1),
      salt: z.string().regex(/^([0-9a-fA-F]{2}){8,64}$/),
    }),
    mac: hexBytes(32),
  }),
});

/** Reads the passphrase once and closes the descriptor; trailing line ends are not part of it. The caller wipes the buffer. */
export function readPassphrase(fd: number): Result<Buffer, KeyError> {
  const buffer = Buffer.alloc(MAX_PASSPHRASE_BYTES + 1);
  let length = 0;
  try {
    for (;;) {
      const count = readSync(fd, buffer, length, buffer.length - length, null);
      if (count === 0) break;
      length += count;
      if (length === buffer.length) break;
    }
    closeSync(fd);
  } catch (error) {
    buffer.fill(0);
    return err(noPassphrase(`file descriptor ${fd} cannot be read: ${errorText(error)}`));
  }
  if (length > MAX_PASSPHRASE_BYTES) {
    buffer.fill(0);
    return err(noPassphrase(`more than ${MAX_PASSPHRASE_BYTES} bytes came on file descriptor ${fd}`));
  }
  while (length > 0 && (buffer[length - 1] === 10 || buffer[length - 1] === 13)) length -= 1;
  if (length === 0) return err(noPassphrase(`nothing came on file descriptor ${fd}`));
  const passphrase = Buffer.from(buffer.subarray(0, length));
  buffer.fill(0);
  return ok(passphrase);
}

/** Makes a new random key and its keystore; never overwrites. The passphrase is wiped. */
export async function createKeystore(
  path: string,
  passphrase: Buffer,
  cost: ScryptCost = STANDARD_SCRYPT,
): Promise<Result<{ readonly address: Address }, KeyError>> {
  const privateKey = Buffer.from(generatePrivateKey().slice(2), "hex");
  const salt = randomBytes(32);
  const iv = randomBytes(16);
  const derived = await deriveKey(passphrase, salt, cost);
  const address = privateKeyToAccount(bytesToHex(privateKey)).address;
  const cipher = createCipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(privateKey), cipher.final()]);
  const keystore: z.infer<typeof keystoreSchema> = {
    version: 3,
    id: randomUUID(),
    address: address.slice(2).toLowerCase(),
    crypto: {
      cipher: "aes-128-ctr",
      ciphertext: ciphertext.toString("hex"),
      cipherparams: { iv: iv.toString("hex") },
      kdf: "scrypt",
      kdfparams: { dklen: 32, ...cost, salt: salt.toString("hex") },
      mac: macOf(derived, ciphertext).toString("hex"),
    },
  };
  wipe(privateKey, derived, passphrase);
  try {
    const fd = openSync(path, "wx", KEYSTORE_MODE);
    try {
      writeSync(fd, `${JSON.stringify(keystore, null, 2)}\n`);
      fchmodSync(fd, KEYSTORE_MODE);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    return err(
      new KeyError({
        code: exists ? "exists" : "unwritable",
        message: exists
          ? `${path} exists already and holds a wallet's key; it is never overwritten. Move it away if a new wallet is wanted.`
          : `The keystore ${path} cannot be written: ${errorText(error)}`,
        retryable: false,
        cause: error,
      }),
    );
  }
  return ok({ address });
}

/** Opens the keystore; the passphrase is wiped whatever comes out. */
export async function openKeystore(path: string, passphrase: Buffer): Promise<Result<TransactionSigner, KeyError>> {
  try {
    const keystore = readKeystore(path);
    if (!keystore.ok) return keystore;
    const { ciphertext, cipherparams, kdfparams, mac } = keystore.value.crypto;
    const derived = await deriveKey(passphrase, Buffer.from(kdfparams.salt, "hex"), kdfparams);
    const sealed = Buffer.from(ciphertext, "hex");
    if (!timingSafeEqual(macOf(derived, sealed), Buffer.from(mac, "hex"))) {
      wipe(derived);
      return err(
        new KeyError({
          code: "wrong_passphrase",
          message: `The passphrase does not open ${path} (or the file is damaged). Start again with the right one on file descriptor 3.`,
          retryable: false,
        }),
      );
    }
    const decipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), Buffer.from(cipherparams.iv, "hex"));
    const privateKey = Buffer.concat([decipher.update(sealed), decipher.final()]);
    // The library wants hex, and strings cannot be wiped: from here the key lives in this process' memory until it ends.
    const account = privateKeyToAccount(bytesToHex(privateKey));
    wipe(privateKey, derived);
    const named = keystore.value.address;
    if (named !== undefined && `0x${named.replace(/^0x/i, "")}`.toLowerCase() !== account.address.toLowerCase()) {
      return err(
        new KeyError({
          code: "damaged",
          message: `${path} names the wallet 0x${named.replace(/^0x/i, "")} but holds the key of ${account.address}. Restore it from a backup.`,
          retryable: false,
        }),
      );
    }
    return ok(createTransactionSigner(account.address, (transaction) => account.signTransaction(transaction)));
  } finally {
    wipe(passphrase);
  }
}

function createTransactionSigner(
  address: Address,
  sign: (transaction: SignableTransaction) => Promise<Hex>,
): TransactionSigner {
  return Object.freeze({
    address,
    async signTransaction(transaction: SignableTransaction) {
      const refused = refusalOf(transaction);
      if (refused !== null) {
        return err(new KeyError({ code: "refused", message: `Not signed: ${refused}.`, retryable: false }));
      }
      return ok(await sign(transaction));
    },
  });
}

/** The types forbid these already; a caller built from untyped data must not pass either. */
function refusalOf(transaction: SignableTransaction): string | null {
  const fields: Readonly<Record<string, unknown>> = { ...transaction };
  if (fields["type"] !== "eip1559" && fields["type"] !== "legacy") {
    return `transactions of type ${String(fields["type"])} are not signed, only eip1559 and legacy`;
  }
  for (const name of ["authorizationList", "blobs", "blobVersionedHashes", "sidecars"]) {
    if (fields[name] !== undefined) return `a transaction with ${name} is never signed`;
  }
  if (!Number.isSafeInteger(fields["chainId"]) || Number(fields["chainId"]) <= 0) {
    return "a transaction without chainId could be replayed on another chain";
  }
  if (!Number.isSafeInteger(fields["nonce"])) return "the nonce is missing";
  if (typeof fields["to"] !== "string") return "contract creation is not allowed, a target is needed";
  return null;
}

function readKeystore(path: string): Result<z.infer<typeof keystoreSchema>, KeyError> {
  let text: string;
  try {
    const stat = lstatSync(path);
    if (!stat.isFile() || (stat.mode & 0o077) !== 0 || stat.size > MAX_KEYSTORE_BYTES) {
      return err(
        new KeyError({
          code: "open_to_others",
          message: `The keystore ${path} must be a plain file of at most ${MAX_KEYSTORE_BYTES} bytes readable by its owner only (mode 400); it has mode ${(stat.mode & 0o777).toString(8)} and ${stat.size} bytes. Run chmod 400 on it and ask who could have read it.`,
          retryable: false,
        }),
      );
    }
    text = readFileSync(path, "utf8");
  } catch (error) {
    return err(
      new KeyError({
        code: "no_keystore",
        message: `The keystore ${path} cannot be read: ${errorText(error)}. Make one with the signer's --init, or set TG_KEYSTORE.`,
        retryable: false,
        cause: error,
      }),
    );
  }
  const parsed = parseKeystore(text);
  if (parsed === null) {
    return err(
      new KeyError({
        code: "damaged",
        message: `${path} is no keystore of version 3 with scrypt and aes-128-ctr. Restore it from a backup or convert it with another wallet program.`,
        retryable: false,
      }),
    );
  }
  const { n, r, p } = parsed.crypto.kdfparams;
  // RFC 7914: n < 2^(16 r); some wallets write n=2^18 with r=1, which the platform's scrypt refuses.
  const isWithinRfc = r >= 4 || n < 2 ** (16 * r);
  if ((n & (n - 1)) !== 0 || !isWithinRfc || 128 * n * r > MAX_SCRYPT_BYTES || p > 16) {
    return err(
      new KeyError({
        code: "damaged",
        message: `${path} asks for scrypt n=${n} r=${r} p=${p}; expected n a power of two below 2^(16*r), 128*n*r at most ${MAX_SCRYPT_BYTES} bytes, p at most 16. Write the key again with n=131072 r=8 p=1.`,
        retryable: false,
      }),
    );
  }
  return ok(parsed);
}

function parseKeystore(text: string): z.infer<typeof keystoreSchema> | null {
  try {
    return keystoreSchema.parse(JSON.parse(text));
  } catch {
    // Parser texts quote the file's content, which must not reach a log; the caller says what is expected instead.
    return null;
  }
}

function deriveKey(passphrase: Buffer, salt: Buffer, cost: ScryptCost): Promise<Buffer> {
  const { n, r, p } = cost;
  // Twice the table: the library counts its working blocks too.
  const options = { N: n, r, p, maxmem: 2 * 128 * n * r + 128 * r * p * 2 };
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, options, (error, derived) =>
      error instanceof Error ? reject(error) : resolve(derived),
    );
  });
}

/** Web3 Secret Storage v3: keccak256 of the second half of the derived key and the ciphertext. */
function macOf(derived: Buffer, ciphertext: Buffer): Buffer {
  return Buffer.from(keccak256(Buffer.concat([derived.subarray(16, 32), ciphertext]), "bytes"));
}

function wipe(...buffers: readonly Buffer[]): void {
  for (const buffer of buffers) buffer.fill(0);
}

function noPassphrase(reason: string): KeyError {
  return new KeyError({
    code: "no_passphrase",
    message: `No passphrase: ${reason}. Hand it to the signer on file descriptor 3, for example 3< file.`,
    retryable: false,
  });
}
