// Inputs of one epoch as the worker kept them: the snapshot's wire form, checked but not decoded, so that it can be handed on as it is.
import * as z from "zod";
import { snapshotWireSchema, type SnapshotWire } from "@/lib/api/snapshot-wire";
import { err, ok, type Result } from "@/lib/errors/result";
import { readDecisionInputs } from "@/server/infra/store/epochs";
import { fromStoreError, type ApiError } from "./api-error";
import type { ApiDeps } from "./deps";

const wireSchema = z.custom<SnapshotWire>((value) => snapshotWireSchema.safeParse(value).success);

/** Null when they are not kept any more, or were kept in the shape of an earlier version. */
export async function readEpochInputs(
  deps: ApiDeps,
  input: { readonly pairId: string; readonly epoch: number },
): Promise<Result<SnapshotWire | null, ApiError>> {
  const stored = await readDecisionInputs(deps.store, input, wireSchema);
  if (stored.ok) return ok(stored.value);
  return stored.error.code === "bad_data" ? ok(null) : err(fromStoreError(stored.error));
}
