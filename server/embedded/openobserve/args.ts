// Start argument of the embedded OpenObserve twin: one JSON line on stdin, or as the first command-line argument.
import * as z from "zod";

export const openobserveArgsSchema = z.object({
  /** Directory for the database file; made with mode 0700. */
  dataDir: z.string().min(1),
  /** Port on 127.0.0.1; 0 = any free one. */
  port: z.number().int().min(0).max(65_535).default(0),
  /** User name for basic auth. */
  user: z.string().min(1).default("root@tidegate.local"),
  /** File with the password, mode 0600; made with a random one when absent. */
  passwordFile: z.string().min(1),
  /** Accepted age of a record in hours; null leaves the window open (services.md 2.1). */
  ingestAllowedUptoHours: z.number().positive().nullable().default(null),
  /** Accepted hours ahead of the wall clock; null leaves the window open. */
  ingestAllowedInFutureHours: z.number().positive().nullable().default(null),
  memoryLimitMb: z.number().int().min(32).default(128),
  threads: z.number().int().min(1).max(8).default(1),
});

export type OpenobserveArgs = z.infer<typeof openobserveArgsSchema>;
export type OpenobserveArgsInput = z.input<typeof openobserveArgsSchema>;

/** The line printed on stdout when the server listens. */
export const openobserveReadySchema = z.object({
  ready: z.literal(true),
  port: z.number().int(),
  user: z.string(),
  passwordFile: z.string(),
});

export type OpenobserveReady = z.infer<typeof openobserveReadySchema>;
