// The deployment's id: 32 random bytes in deployment.json, made once by the CLI; signed commands are bound to it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import { bytes32Schema } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";

const deploymentSchema = z.object({ deploymentId: bytes32Schema });

export function deploymentFile(dataDir: string): string {
  return join(dataDir, "deployment.json");
}

export function readDeploymentId(dataDir: string): Result<Hex, ConfigError> {
  const file = deploymentFile(dataDir);
  try {
    return ok(deploymentSchema.parse(JSON.parse(readFileSync(file, "utf8"))).deploymentId);
  } catch (error) {
    return err(
      new ConfigError({
        code: "missing",
        message: `${file} is not there or holds no {"deploymentId"} of 32 bytes (${errorText(error).split("\n")[0] ?? ""}). Start Tidegate once, or restore the file from a backup: signed commands are bound to it.`,
        retryable: false,
        cause: error,
      }),
    );
  }
}
