// Runs a whole system in the foreground: shared by `demo` (with sandbox) and `start` (real endpoints).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import type { Result } from "@/lib/errors/result";
import type { Settings } from "@/server/config/load";
import { startChild, type Child } from "@/server/infra/process/child";
import { isPortFree, pickFreePort } from "@/server/infra/process/ports";
import { launchOf } from "@/server/infra/process/launch";
import { hostEnv } from "@/server/config/env";
import { findRunning, openDataDir, removeRunFile, writeRunFile } from "./data-dir";
import { createProgress, type Progress } from "./progress";
import {
  alertsService,
  collectorService,
  openobserveService,
  orchestratorService,
  respService,
  signerService,
  webService,
  type ServiceContext,
} from "./services";
import { createStack, type Stack } from "./stack";
import { isWebBuildCurrent, markWebBuilt, webSourcesHash, withBuildLock } from "./web-build";

export interface Session {
  readonly progress: Progress;
  readonly stack: Stack;
  /** Adds to the settings that later services get. */
  extend(change: Partial<Settings>): ServiceContext;
  context(): ServiceContext;
  /** Starts a service or throws its one-sentence error. */
  up(spec: Parameters<Stack["add"]>[0]): Promise<Readonly<Record<string, unknown>>>;
  saveRunFile(): void;
  /** Never returns: the process ends when somebody asks for it and everything has been stopped. */
  untilEnd(): Promise<never>;
}

export interface SessionInput {
  readonly kind: "demo" | "start";
  readonly selfUrl: string;
  readonly root: string;
  readonly settings: Settings;
  readonly isJson: boolean;
  readonly hasWeb: boolean;
}

const STOP_LIMIT_MS = 9_000;
const SECOND_ASK_MS = 500;

/** Stands in until the promise it belongs to is made. */
function nothing(): void {
  return undefined;
}

/** Stops the one session of this process; for errors on the way up. True when an end was asked for already. */
let abort: () => Promise<boolean> = () => Promise.resolve(false);
export function abortSession(): Promise<boolean> {
  return abort();
}

export async function openSession(input: SessionInput): Promise<Session> {
  const progress = createProgress(input.isJson);
  unwrap(openDataDir(input.settings.dataDir));
  const other = await findRunning(input.settings.dataDir);
  if (other !== null) {
    throw new ConfigError({
      code: "conflict",
      message: `Tidegate already runs on ${input.settings.dataDir} as process ${other.pid} (${other.webUrl ?? other.opsUrl}): stop it with Ctrl-C there, or choose another --data-dir.`,
      retryable: false,
    });
  }
  await refuseTakenPorts(input);

  let context: ServiceContext = { selfUrl: input.selfUrl, root: input.root, settings: input.settings };
  let end: (code: number) => void = nothing;
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const startedAtMs = Date.now();
  const stack = createStack({
    onChange: (status) => {
      if (status.state === "backoff")
        progress.note(`${status.name} ${status.lastExit ?? "ended"}; it is started again`);
      if (status.state === "halted")
        progress.note(`${status.name} was given up after 20 tries: ${status.lastExit ?? ""}`);
      if (startState.isUp) saveRunFile();
    },
    onFatal: (name, sentence) => {
      progress.note(
        `The ${name} process ${sentence}. Everything is stopped; start again, or with --fresh for a new market.`,
      );
      end(1);
    },
  });
  const startState = { isUp: false, isEnding: false };

  function saveRunFile(): void {
    startState.isUp = true;
    const { settings } = context;
    if (startState.isEnding || settings.storeUrl === null || settings.openobserve === null) return;
    writeRunFile(settings.dataDir, {
      pid: process.pid,
      startedAtMs,
      kind: input.kind,
      webUrl: input.hasWeb ? settings.origin : null,
      opsUrl: `http://127.0.0.1:${settings.opsPort}`,
      storeUrl: settings.storeUrl,
      openobserve: settings.openobserve,
      sandboxUrl: settings.sandboxUrl,
      processes: stack.statuses().map(({ name, pid, state }) => ({ name, pid, state })),
    });
  }

  async function stopAll(): Promise<void> {
    startState.isEnding = true;
    // If something hangs beyond every grace, the control channels close with this process and the rest ends by itself.
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    await stack.stop();
    removeRunFile(context.settings.dataDir);
  }

  // Some senders signal twice at once; only a second Ctrl-C after a while means "now".
  let firstAskMonoMs: number | null = null;
  const onSignal = (): void => {
    firstAskMonoMs ??= performance.now();
    if (performance.now() - firstAskMonoMs > SECOND_ASK_MS) process.exit(1);
    end(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  // Whoever asks for the end while the system starts gets it too.
  void endWhenAsked();
  async function endWhenAsked(): Promise<void> {
    const code = await ended;
    startState.isEnding = true;
    if (!input.isJson) console.log("\n  Stopping");
    await stopAll();
    process.exit(code);
  }
  abort = async () => {
    if (startState.isEnding) return true;
    await stopAll();
    return false;
  };

  return {
    progress,
    stack,
    context: () => context,
    extend(change) {
      context = { ...context, settings: { ...context.settings, ...change } };
      return context;
    },
    async up(spec) {
      return unwrap(await stack.add(spec));
    },
    saveRunFile,
    untilEnd: () => new Promise<never>(() => undefined),
  };
}

async function refuseTakenPorts(input: SessionInput): Promise<void> {
  const wanted = [
    { port: input.settings.opsPort, flag: "--ops-port", isUsed: true },
    { port: input.settings.webPort, flag: "--web-port", isUsed: input.hasWeb },
  ];
  for (const { port, flag, isUsed } of wanted) {
    if (!isUsed || port === 0 || (await isPortFree(port))) continue;
    throw new ConfigError({
      code: "port_taken",
      message: `Port ${port} is in use by another program: stop that program or choose another port with ${flag}.`,
      retryable: false,
      details: { port },
    });
  }
}

/** Port 0 means any free one; it is chosen here, since other processes must know it. */
export async function fixPorts(settings: Settings): Promise<Settings> {
  const webPort = settings.webPort === 0 ? await pickFreePort() : settings.webPort;
  const opsPort = settings.opsPort === 0 ? await pickFreePort() : settings.opsPort;
  const isDefaultOrigin = settings.origin === `http://localhost:${settings.webPort}`;
  return { ...settings, webPort, opsPort, origin: isDefaultOrigin ? `http://localhost:${webPort}` : settings.origin };
}

const passwordReady = z.looseObject({ port: z.number().int(), passwordFile: z.string() });
const openobserveReady = passwordReady.extend({ user: z.string() });

/** The embedded store and telemetry twin, each only when no address is set. */
export async function startStores(session: Session): Promise<void> {
  const { settings } = session.context();
  await Promise.all([
    settings.storeUrl !== null
      ? Promise.resolve()
      : session.progress.stage("store", async () => {
          const port = await pickFreePort();
          const ready = passwordReady.parse(await session.up(respService(session.context(), port)));
          const password = readSecret(ready.passwordFile);
          session.extend({ storeUrl: `redis://:${password}@127.0.0.1:${ready.port}` });
        }),
    settings.openobserve !== null
      ? Promise.resolve()
      : session.progress.stage("telemetry", async () => {
          const port = await pickFreePort();
          const ready = openobserveReady.parse(await session.up(openobserveService(session.context(), port)));
          session.extend({
            openobserve: {
              url: `http://127.0.0.1:${ready.port}`,
              org: "default",
              user: ready.user,
              password: readSecret(ready.passwordFile),
            },
          });
        }),
  ]);
}

export function readSecret(file: string): string {
  return readFileSync(file, "utf8").trim();
}

export async function startSigner(session: Session, passphrase: string): Promise<void> {
  await session.progress.stage("signer", () => session.up(signerService(session.context(), passphrase)));
}

export async function startTrading(session: Session): Promise<void> {
  await Promise.all([
    session.progress.stage("collector", () => session.up(collectorService(session.context()))),
    session.progress.stage("orchestrator and workers", async () => {
      await session.up(orchestratorService(session.context()));
      const problem = await waitWorkers(session.context().settings.opsPort);
      // Not fatal: the supervisor goes on trying and the desk shows each worker's state.
      if (problem !== null) session.progress.note(`not ready yet: ${problem}`);
      // After the workers, so that their start is not taken for a fault.
      await session.up(alertsService(session.context()));
    }),
  ]);
}

const WORKERS_WAIT_MS = 60_000;
const WORKERS_POLL_MS = 150;
const readinessSchema = z.object({
  ready: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

/** Null when everything behind the ops port is ready, else what is not. */
async function waitWorkers(opsPort: number): Promise<string | null> {
  const deadlineMonoMs = performance.now() + WORKERS_WAIT_MS;
  let problem = "no answer from the ops port";
  while (performance.now() < deadlineMonoMs) {
    try {
      const response = await fetch(`http://127.0.0.1:${opsPort}/readyz`, { signal: AbortSignal.timeout(3_000) });
      const { ready, checks } = readinessSchema.parse(await response.json());
      if (ready) return null;
      problem = checks
        .filter((check) => !check.ok)
        .map((check) => `${check.name}: ${check.detail}`)
        .join("; ");
    } catch (error) {
      problem = errorText(error);
    }
    await new Promise((resolve) => setTimeout(resolve, WORKERS_POLL_MS));
  }
  return problem;
}

export async function startWeb(session: Session, built: Promise<void>, mode: "serve" | "dev"): Promise<void> {
  await built;
  await session.progress.stage("desk", () => session.up(webService(session.context(), mode)));
}

/** `next build` in an own process, only when its sources changed since the last one. */
export async function buildWeb(session: Session): Promise<void> {
  const { selfUrl, root, settings } = session.context();
  if (isWebBuildCurrent(root)) return;
  await session.progress.stage("desk build", () => withBuildLock(root, () => build()));

  async function build(): Promise<void> {
    // Somebody else may have built it while this one waited.
    if (isWebBuildCurrent(root)) return;
    const hash = webSourcesHash(root);
    const launch = launchOf(selfUrl, "web");
    const errorFile = join(settings.dataDir, "logs", "web-build.err.log");
    const child: Child = startChild({
      name: "web-build",
      command: launch.command,
      args: [...launch.args, "build"],
      cwd: root,
      env: { ...hostEnv(), NEXT_TELEMETRY_DISABLED: "1" },
      errorFile,
      readyTimeoutMs: 600_000,
      readyBy: "none",
    });
    const exit = await child.exited;
    if (exit.code !== 0) {
      throw new ConfigError({
        code: "invalid",
        message: `The desk could not be built: "next build" ${exit.sentence}. Run "npx next build" to see all of it, or use --no-web.`,
        retryable: false,
      });
    }
    markWebBuilt(root, hash);
  }
}

export function unwrap<T>(result: Result<T, Error>): T {
  if (!result.ok) throw result.error;
  return result.value;
}
