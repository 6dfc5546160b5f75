// A key in another process or machine: JSON-RPC eth_signTransaction over https or a unix socket; it is asked for transactions only.
import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import {
  numberToHex,
  parseTransaction,
  recoverTransactionAddress,
  serializeTransaction,
  type TransactionSerialized,
} from "viem";
import * as z from "zod";
import { isSameAddress } from "@/lib/actions/erc20";
import { errorText } from "@/lib/errors/tidegate-error";
import { err, ok, type Result } from "@/lib/errors/result";
import { addressSchema, hexSchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { KeyError, type SignableTransaction, type TransactionSigner } from "./key";

/** A key service that asks a person is not for this; choice. */
const ANSWER_TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 256 * 1024;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

const answerSchema = z.union([
  z.object({ result: z.unknown() }).refine((answer) => answer.result !== undefined && answer.result !== null),
  z.object({ error: z.object({ code: z.number(), message: z.string() }) }),
]);
/** Some services answer the raw bytes, some an object with them. */
const signedSchema = z.union([hexSchema, z.object({ raw: hexSchema }).transform((answer) => answer.raw)]);

export interface RemoteKeySettings {
  /** `https://host/path`, `http://` on loopback only, or `unix:/path/to/socket`. */
  readonly url: string;
  /** The wallet; the service must have exactly this account. */
  readonly address: Address;
}

/** Asks the service whether it has the account; there is no method for a hash, a message, typed data or an authorization. */
export async function openRemoteKey(settings: RemoteKeySettings): Promise<Result<TransactionSigner, KeyError>> {
  const place = placeOf(settings.url);
  if (!place.ok) return place;
  const { address } = settings;
  let accounts: unknown;
  try {
    accounts = await call(place.value, "eth_accounts", []);
  } catch (error) {
    return err(
      refused(
        `the key service at ${place.value.name} does not answer: ${errorText(error)}. Check TG_REMOTE_SIGNER`,
        true,
      ),
    );
  }
  const listed = z.array(addressSchema).safeParse(accounts);
  if (!listed.success || !listed.data.some((each) => isSameAddress(each, address))) {
    const found = listed.success ? listed.data.join(", ") || "none" : "something else than a list of addresses";
    return err(
      refused(
        `the key service at ${place.value.name} has not the account ${address} (it answered ${found.slice(0, 300)}). Check TG_REMOTE_SIGNER_ADDRESS`,
      ),
    );
  }
  return ok({ address, signTransaction: (transaction) => sign(place.value, address, transaction) });
}

async function sign(place: Place, address: Address, transaction: SignableTransaction): Promise<Result<Hex, KeyError>> {
  let answer: unknown;
  try {
    answer = await call(place, "eth_signTransaction", [wireOf(address, transaction)]);
  } catch (error) {
    return err(refused(`the key service at ${place.name} signed nothing: ${errorText(error)}`, true));
  }
  const raw = signedSchema.safeParse(answer);
  if (!raw.success) return err(refused(`the key service at ${place.name} answered no signed transaction`));
  const difference = await differenceOf(raw.data, address, transaction);
  if (difference === null) return ok(raw.data);
  return err(
    refused(
      `the key service at ${place.name} signed something else than it was asked for (${difference}); nothing was sent`,
    ),
  );
}

/** The answer must be byte for byte our own transaction with a signature of our wallet: no access list, no authorization, no other fee. */
async function differenceOf(raw: Hex, address: Address, transaction: SignableTransaction): Promise<string | null> {
  try {
    const { r, s, v, yParity } = parseTransaction(raw);
    if (r === undefined || s === undefined) return "it has no signature";
    const signature =
      v === undefined ? { r, s, yParity: yParity ?? 0 } : { r, s, v, ...(yParity === undefined ? {} : { yParity }) };
    const own = serializeTransaction(transaction, signature);
    if (own.toLowerCase() !== raw.toLowerCase()) return "other bytes";
    if (!isSerialized(own)) return "empty bytes";
    const from = await recoverTransactionAddress({ serializedTransaction: own });
    return isSameAddress(from, address) ? null : `the signature is of ${from}`;
  } catch (error) {
    return errorText(error).split("\n")[0] ?? "it cannot be read";
  }
}

/** The parser has read it before: the type only says which kinds of transaction there are. */
function isSerialized(raw: Hex): raw is TransactionSerialized {
  return raw.length > 2;
}

function wireOf(address: Address, tx: SignableTransaction): Record<string, string> {
  const common = {
    from: address,
    to: tx.to ?? "",
    data: tx.data ?? "0x",
    value: numberToHex(tx.value ?? 0n),
    nonce: numberToHex(tx.nonce ?? 0),
    gas: numberToHex(tx.gas ?? 0n),
    chainId: numberToHex(tx.chainId ?? 0),
  };
  return tx.type === "legacy"
    ? { ...common, type: "0x0", gasPrice: numberToHex(tx.gasPrice ?? 0n) }
    : {
        ...common,
        type: "0x2",
        maxFeePerGas: numberToHex(tx.maxFeePerGas ?? 0n),
        maxPriorityFeePerGas: numberToHex(tx.maxPriorityFeePerGas ?? 0n),
      };
}

interface Place {
  /** For messages: never the path or a query, which may hold a key. */
  readonly name: string;
  readonly isTls: boolean;
  readonly options: RequestOptions;
}

function placeOf(url: string): Result<Place, KeyError> {
  if (url.startsWith("unix:")) {
    const socketPath = url.slice("unix:".length);
    if (socketPath.startsWith("/")) return ok({ name: url, isTls: false, options: { socketPath, path: "/" } });
    return err(refused(`TG_REMOTE_SIGNER ${url} names no absolute socket path`));
  }
  if (!URL.canParse(url)) return err(refused("TG_REMOTE_SIGNER is no address: expected https://… or unix:/…"));
  const parsed = new URL(url);
  const isTls = parsed.protocol === "https:";
  if (!isTls && !(parsed.protocol === "http:" && LOOPBACK.has(parsed.hostname))) {
    return err(refused(`TG_REMOTE_SIGNER at ${parsed.host} must be https: (http: only on this machine)`));
  }
  // No secret in an environment: the service lets this process in by its network, or by the rights of its socket.
  if (parsed.username !== "" || parsed.password !== "" || parsed.search !== "") {
    return err(refused(`TG_REMOTE_SIGNER at ${parsed.host} must not hold a user, a password or a query`));
  }
  const options: RequestOptions = {
    host: parsed.hostname.replace(/^\[|\]$/g, ""),
    port: parsed.port === "" ? (isTls ? 443 : 80) : Number(parsed.port),
    path: parsed.pathname,
  };
  return ok({ name: parsed.host, isTls, options });
}

let nextId = 0;

function call(
  place: Place,
  method: "eth_accounts" | "eth_signTransaction",
  params: readonly unknown[],
): Promise<unknown> {
  nextId += 1;
  const body = JSON.stringify({ jsonrpc: "2.0", id: nextId, method, params });
  return new Promise((resolve, reject) => {
    const open = place.isTls ? httpsRequest : httpRequest;
    const request = open(
      {
        ...place.options,
        method: "POST",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on("data", (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_ANSWER_BYTES) request.destroy(new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`));
          else chunks.push(chunk);
        });
        response.on("error", reject);
        response.on("end", () => {
          const answer = resultOf(Buffer.concat(chunks).toString("utf8"), response.statusCode ?? 0);
          if (answer.ok) resolve(answer.value);
          else reject(new Error(answer.error));
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

function resultOf(text: string, status: number): Result<unknown, string> {
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) return err(`it answered no JSON-RPC (HTTP ${status})`);
  if (!("error" in parsed.data)) return ok(parsed.data.result);
  const { code, message } = parsed.data.error;
  return err(`error ${code}: ${message.slice(0, 200)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is told apart by the schema.
    return null;
  }
}

function refused(message: string, retryable = false): KeyError {
  return new KeyError({ code: "refused", message, retryable });
}
