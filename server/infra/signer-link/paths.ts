// Where the signer's sockets live: a short private directory derived from the data directory, because long socket paths are cut silently.
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import { err, ok, type Result } from "@/lib/errors/result";

export interface SocketPaths {
  readonly dir: string;
  /** Workers only. */
  readonly intent: string;
  /** API, CLI, supervisor. */
  readonly control: string;
}

/** Longer paths are cut without an error by some runtimes (measured; the kernel's own limit is 104 to 108). */
export const MAX_SOCKET_PATH_BYTES = 100;
const PRIVATE_DIR_MODE = 0o700;

/** Paths for an existing data directory; the same for every process of the deployment. */
export function socketPaths(dataDir: string, tempDir: string = tmpdir()): Result<SocketPaths, ConfigError> {
  let real: string;
  try {
    real = realpathSync(dataDir);
  } catch (error) {
    return err(
      new ConfigError({
        code: "missing",
        message: `The data directory ${dataDir} cannot be read (${errorText(error)}). Create it, or set TG_DATA_DIR to the right one.`,
        retryable: false,
        cause: error,
      }),
    );
  }
  const dir = join(tempDir, `tg-${createHash("sha256").update(real).digest("hex").slice(0, 12)}`);
  const paths = { dir, intent: join(dir, "intent.sock"), control: join(dir, "control.sock") };
  const longestBytes = Math.max(Buffer.byteLength(paths.intent), Buffer.byteLength(paths.control));
  if (longestBytes > MAX_SOCKET_PATH_BYTES) {
    return err(
      new ConfigError({
        code: "invalid",
        message: `The signer's socket path ${paths.control} has ${longestBytes} bytes; at most ${MAX_SOCKET_PATH_BYTES} work everywhere. Set TMPDIR to a shorter directory for all processes.`,
        retryable: false,
        details: { bytes: longestBytes, maxBytes: MAX_SOCKET_PATH_BYTES },
      }),
    );
  }
  return ok(paths);
}

/** Signer side: makes the directory when it is missing, then checks it. */
export function createSocketDir(paths: SocketPaths): Result<SocketPaths, ConfigError> {
  try {
    mkdirSync(paths.dir, { mode: PRIVATE_DIR_MODE });
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (!exists) {
      return err(
        new ConfigError({
          code: "unwritable",
          message: `The socket directory ${paths.dir} cannot be made (${errorText(error)}). Make its parent writable or set TMPDIR.`,
          retryable: false,
          cause: error,
        }),
      );
    }
  }
  return checkSocketDir(paths);
}

/** Both sides: a real directory, ours, and closed to others; anything else could be a trap laid by another user. */
export function checkSocketDir(paths: SocketPaths): Result<SocketPaths, ConfigError> {
  let stat;
  try {
    stat = lstatSync(paths.dir);
  } catch (error) {
    return err(
      new ConfigError({
        code: "missing",
        message: `The socket directory ${paths.dir} is not there (${errorText(error)}). Start the signer first.`,
        retryable: true,
        cause: error,
      }),
    );
  }
  const mode = stat.mode & 0o777;
  const uid = process.getuid?.() ?? stat.uid;
  if (!stat.isDirectory() || stat.uid !== uid || mode !== PRIVATE_DIR_MODE) {
    return err(
      new ConfigError({
        code: "conflict",
        message: `${paths.dir} must be a directory of user ${uid} with mode 700; found ${stat.isDirectory() ? "a directory" : "no directory"} of user ${stat.uid} with mode ${mode.toString(8)}. Find out who made it, remove it, and start again.`,
        retryable: false,
        details: { uid, ownerUid: stat.uid, mode: mode.toString(8) },
      }),
    );
  }
  return ok(paths);
}
