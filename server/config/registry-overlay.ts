// The operator's own registry entries: one JSON file, read whole, checked whole, replaced in one step.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import { mergeEntries } from "@/lib/registry/merge-entries";
import { registrySchema, type Chain, type Pool, type Registry, type Token } from "@/lib/registry/schema";
import { readOverlay } from "./registry";

const EMPTY: Registry = { version: 1, chains: [], tokens: [], dexes: [], pools: [], pairs: [] };

/** Where own entries are kept: TG_REGISTRY_FILE, else in the data directory. */
export function overlayFileOf(settings: { readonly registryFile: string | null; readonly dataDir: string }): string {
  return settings.registryFile ?? join(settings.dataDir, "registry.json");
}

export interface OverlayAdditions {
  readonly chains?: readonly Chain[];
  readonly tokens?: readonly Token[];
  readonly pools?: readonly Pool[];
}

/** Adds or replaces entries by identity and writes the file anew; nothing is written when the result would not be a valid registry. */
export function addToOverlay(file: string, additions: OverlayAdditions): Result<Registry, ConfigError> {
  const before = existsSync(file) ? readOverlay(file) : ok(EMPTY);
  if (!before.ok) return before;
  const merged = mergeEntries(before.value, {
    ...EMPTY,
    chains: [...(additions.chains ?? [])],
    tokens: [...(additions.tokens ?? [])],
    pools: [...(additions.pools ?? [])],
  });
  const checked = registrySchema.safeParse(merged);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    return err(
      new ConfigError({
        code: "invalid",
        message: `The new entry is not valid: ${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? ""}. Nothing was written to ${file}.`,
        retryable: false,
      }),
    );
  }
  try {
    replaceFile(file, `${JSON.stringify(checked.data, null, 2)}\n`);
  } catch (error) {
    return err(
      new ConfigError({
        code: "unwritable",
        message: `The registry file ${file} cannot be written (${errorText(error)}). It is as it was; make its folder writable.`,
        retryable: false,
        cause: error,
      }),
    );
  }
  return ok(checked.data);
}

/** A reader sees the old file or the new one, also after a power cut. */
function replaceFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = openSync(temporary, "w", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } catch (error) {
    closeSync(handle);
    rmSync(temporary, { force: true });
    throw error;
  }
  closeSync(handle);
  renameSync(temporary, file);
}
