// Calls of the V3-shaped adapters: encode, ask, decode; an answer of another shape is a ChainError that names the contract.
import type { BlockAt, CallPort } from "@/lib/actions/family";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address, Hex } from "@/lib/units";

/** Where and when a reading happens. */
export interface ReadPlace {
  readonly chain: CallPort;
  readonly block: BlockAt;
}

export interface Question<T> {
  readonly to: Address;
  readonly data: Hex;
  readonly from?: Address;
  readonly decode: (answer: Hex) => T;
}

export async function ask<T>(place: ReadPlace, question: Question<T>): Promise<T> {
  const { to, data, from, decode } = question;
  const answer = await place.chain.call({ to, data, ...(from === undefined ? {} : { from }) }, place.block);
  try {
    return decode(answer);
  } catch (cause) {
    if (cause instanceof ChainError) throw cause;
    throw badAnswer(
      to,
      answer === "0x"
        ? "answered nothing: there is no code, or it has no such function; check the registry entry"
        : "did not answer in the shape of its family; check the registry entry",
      cause,
    );
  }
}

/** Null when the call reverted, which is how a manager answers for a token that does not exist; any other failure is thrown. */
export async function askOrNull<T>(place: ReadPlace, question: Question<T>): Promise<T | null> {
  try {
    return await ask(place, question);
  } catch (error) {
    if (error instanceof ChainError && error.code === "reverted") return null;
    throw error;
  }
}

/** In pages, so that a long list does not flood an endpoint; answers in the order of the questions. */
export async function askAll<T>(place: ReadPlace, questions: readonly Question<T>[], pageSize = 100): Promise<T[]> {
  const answers: T[] = [];
  for (let start = 0; start < questions.length; start += pageSize) {
    const page = questions.slice(start, start + pageSize);
    answers.push(...(await Promise.all(page.map((question) => ask(place, question)))));
  }
  return answers;
}

export function badAnswer(contract: string, what: string, cause?: unknown): ChainError {
  return new ChainError({ code: "bad_data", retryable: false, message: `${contract} ${what}`, cause });
}

/** The pool's contract; a 32-byte id here is a wrong registry entry. */
export function poolAddress(pool: PoolRef): Address {
  if (pool.pool.length === 42) return pool.pool;
  throw badAnswer(
    pool.pool,
    `is not an address, but pools of the family ${pool.family} are addressed by one; check the registry entry`,
  );
}
