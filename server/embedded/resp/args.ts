// Start argument of the embedded store: one JSON line on stdin, or as the first command-line argument (never the password itself).
import * as z from "zod";

export const respArgsSchema = z.object({
  /** Directory for the append-only file; made with mode 0700. */
  dataDir: z.string().min(1),
  /** TCP on 127.0.0.1 (0 = any free port); ignored when `socketPath` is given. */
  port: z.number().int().min(0).max(65_535).default(0),
  /** Unix socket path (mode 0600) instead of TCP. */
  socketPath: z.string().max(100).optional(),
  /** File with the password, mode 0600; made with a random one when absent. */
  passwordFile: z.string().min(1),
  /** The scripts of the client: the server runs `js` when it is asked for the SHA1 of `lua`. */
  scripts: z.array(z.object({ name: z.string(), lua: z.string(), js: z.string() })).default([]),
  /** The file is rewritten when it grows beyond max(this, 2 x live size). */
  compactAboveBytes: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 * 1024),
});

export type RespArgs = z.infer<typeof respArgsSchema>;
export type RespArgsInput = z.input<typeof respArgsSchema>;

/** The line printed on stdout when the server listens. */
export const respReadySchema = z.object({
  ready: z.literal(true),
  port: z.number().int(),
  socketPath: z.string().nullable(),
  passwordFile: z.string(),
});

export type RespReady = z.infer<typeof respReadySchema>;
