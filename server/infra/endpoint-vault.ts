// Addresses of RPC endpoints that came in by the desk: kept in a file of this machine (0600), each under the id that signed commands name.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { endpointId } from "@/lib/api/system-settings";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError } from "@/lib/errors/tidegate-error";
import { bytes32Schema } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import { replaceFile } from "./signed-settings";

const vaultSchema = z.object({
  version: z.literal(1),
  endpoints: z.array(z.object({ id: bytes32Schema, url: z.string().max(2_048), addedAtMs: z.number() })),
});
type Vault = z.output<typeof vaultSchema>;

/** Tested addresses nobody signed for are forgotten beyond this many, oldest first. */
const MAX_KEPT = 64;

export function vaultFile(dataDir: string): string {
  return join(dataDir, "endpoints.json");
}

/** An entry whose address does not give its id was written by somebody else: it is left out. */
export function readVault(dataDir: string, deploymentId: Hex): Result<ReadonlyMap<Hex, string>, ConfigError> {
  const vault = read(vaultFile(dataDir));
  if (!vault.ok) return vault;
  return ok(
    new Map(
      vault.value.endpoints.flatMap(({ id, url }): [Hex, string][] =>
        endpointId(deploymentId, url) === id ? [[id, url]] : [],
      ),
    ),
  );
}

/** Keeps an address; it is used by nobody until a signed list names its id. */
export function keepInVault(
  dataDir: string,
  input: { readonly deploymentId: Hex; readonly url: string; readonly nowMs: number; readonly inUse: ReadonlySet<Hex> },
): Result<Hex, ConfigError> {
  const file = vaultFile(dataDir);
  const before = read(file);
  if (!before.ok) return before;
  const id = endpointId(input.deploymentId, input.url);
  const others = before.value.endpoints.filter((each) => each.id !== id);
  const unused = others.filter((each) => !input.inUse.has(each.id)).toSorted((a, b) => b.addedAtMs - a.addedAtMs);
  const forgotten = new Set(unused.slice(MAX_KEPT).map((each) => each.id));
  const endpoints = [
    ...others.filter((each) => !forgotten.has(each.id)),
    { id, url: input.url, addedAtMs: input.nowMs },
  ];
  const written = replaceFile(file, `${JSON.stringify({ version: 1, endpoints } satisfies Vault, null, 2)}\n`);
  return written.ok ? ok(id) : written;
}

function read(file: string): Result<Vault, ConfigError> {
  if (!existsSync(file)) return ok({ version: 1, endpoints: [] });
  try {
    return ok(vaultSchema.parse(JSON.parse(readFileSync(file, "utf8"))));
  } catch {
    // What is wrong is not repeated: a parser's words hold pieces of the text, and the text may hold a key.
    return err(
      new ConfigError({
        code: "invalid",
        message: `The file ${file} with RPC addresses cannot be read or has another form. Remove it and add the endpoints anew on the desk.`,
        retryable: false,
      }),
    );
  }
}
