// The signer's settings as a file every other process reads: a copy of what its command log adds up to, replaced in one step.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { signedSettingsSchema, type SignedSettings } from "@/lib/api/system-settings";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import type { Hex } from "@/lib/units";

export function signedSettingsFile(dataDir: string): string {
  return join(dataDir, "signed-settings.json");
}

/** Null when there is none yet. Written by the signer alone; another deployment's is refused. */
export function readSignedSettings(dataDir: string, deploymentId: Hex): Result<SignedSettings | null, ConfigError> {
  const file = signedSettingsFile(dataDir);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return ok(null);
    return err(unusable(file, errorText(error)));
  }
  try {
    const parsed = signedSettingsSchema.safeParse(JSON.parse(text));
    if (!parsed.success) return err(unusable(file, parsed.error.issues[0]?.message ?? "it does not fit"));
    if (parsed.data.deploymentId.toLowerCase() !== deploymentId.toLowerCase()) {
      return err(unusable(file, `it is of deployment ${parsed.data.deploymentId}, this one is ${deploymentId}`));
    }
    return ok(parsed.data);
  } catch (error) {
    return err(unusable(file, errorText(error)));
  }
}

export function writeSignedSettings(dataDir: string, settings: SignedSettings): Result<true, ConfigError> {
  return replaceFile(signedSettingsFile(dataDir), `${JSON.stringify(settings, null, 2)}\n`);
}

/** A reader sees the old file or the new one, also after a power cut; only this user may read it. */
export function replaceFile(file: string, text: string): Result<true, ConfigError> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = openSync(temporary, "w", 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
    return ok(true);
  } catch (error) {
    rmSync(temporary, { force: true });
    return err(
      new ConfigError({
        code: "unwritable",
        message: `The file ${file} cannot be written (${errorText(error)}). It is as it was; make its folder writable.`,
        retryable: true,
        cause: error,
      }),
    );
  }
}

function unusable(file: string, why: string): ConfigError {
  return new ConfigError({
    code: "invalid",
    message: `The file ${file} cannot be used (${why}). The signer writes it from its command log: remove the file and start the signer again.`,
    retryable: false,
  });
}
