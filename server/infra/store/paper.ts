// Paper accounts of a pair: one JSON value, written by its worker after each epoch.
import type * as z from "zod";
import type { Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { readJson, writeJson } from "./json-values";
import { PAPER_TTL_MS, storeKeys } from "./keys";

export function writePaperBook(store: StoreClient, pairId: string, book: unknown): Promise<Result<true, StoreError>> {
  return writeJson(store, storeKeys.pairPaper(pairId), book, { ttlMs: PAPER_TTL_MS });
}

/** null = none was kept; error bad_data when it is of another shape: then accounts begin anew. */
export function readPaperBook<T>(
  store: StoreClient,
  pairId: string,
  schema: z.ZodType<T>,
): Promise<Result<T | null, StoreError>> {
  return readJson(store, storeKeys.pairPaper(pairId), schema);
}
