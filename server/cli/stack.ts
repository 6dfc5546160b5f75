// The processes of one running system: started in order, revived when they end, stopped together and completely.
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError } from "@/lib/errors/tidegate-error";
import { startChild, type Child, type ChildSettings } from "@/server/infra/process/child";
import { createBackoff } from "@/server/orchestrator/backoff";
import type { SupervisedStatus } from "@/server/orchestrator/ports";
import { supervise, type Supervised } from "@/server/orchestrator/supervisor";

export interface ServiceSpec {
  readonly name: string;
  readonly child: () => ChildSettings;
  /** Lower stops first; services of one number stop together. */
  readonly stopOrder: number;
  readonly stopGraceMs: number;
  /** `revive`: started again by the backoff; `fatal`: its end ends the system. */
  readonly onEnd: "revive" | "fatal";
  /** After an end that was not asked for, before the next start; gets the ready line of the process that ended. */
  readonly afterExit?: (ready: Readonly<Record<string, unknown>> | null) => Promise<void>;
}

export interface Stack {
  /** Starts a service and waits until it is ready; a first start that fails is an error, later ends are revived. */
  add(spec: ServiceSpec): Promise<Result<Readonly<Record<string, unknown>>, ConfigError>>;
  statuses(): readonly SupervisedStatus[];
  /** Ends a service and starts it at once; an unknown name does nothing. */
  restart(name: string): Promise<void>;
  stop(): Promise<void>;
}

export interface StackEvents {
  onChange(status: SupervisedStatus): void;
  /** A service whose end cannot be mended from here. */
  onFatal(name: string, sentence: string): void;
}

interface Running {
  readonly spec: ServiceSpec;
  readonly supervised: Supervised;
}

export function createStack(events: StackEvents): Stack {
  const running: Running[] = [];
  const state = { isStopping: false };

  async function add(spec: ServiceSpec): Promise<Result<Readonly<Record<string, unknown>>, ConfigError>> {
    let settleFirst: (result: Result<Readonly<Record<string, unknown>>, ConfigError>) => void = nothing;
    let isFirstSettled = false;
    const first = new Promise<Result<Readonly<Record<string, unknown>>, ConfigError>>((resolve) => {
      settleFirst = (result) => {
        isFirstSettled = true;
        resolve(result);
      };
    });
    const onChange = (status: SupervisedStatus): void => {
      if (!isFirstSettled && status.state === "running") settleFirst(ok(status.ready ?? {}));
      else if (!isFirstSettled && (status.state === "backoff" || status.state === "halted")) {
        settleFirst(err(startError(spec, status.lastExit)));
      } else if (isFirstSettled && !state.isStopping && status.state === "backoff" && spec.onEnd === "fatal") {
        events.onFatal(spec.name, status.lastExit ?? "ended");
      }
      events.onChange(status);
    };
    const supervised = supervise(
      {
        port: { onChange },
        backoff: createBackoff(Math.random),
        nowMs: Date.now,
        monotonicMs: () => performance.now(),
      },
      {
        name: spec.name,
        start: () => Promise.resolve<Child>(startChild(spec.child())),
        ...(spec.afterExit === undefined ? {} : { afterExit: spec.afterExit }),
      },
    );
    running.push({ spec, supervised });
    const result = await first;
    if (!result.ok) await supervised.stop(0);
    return result;
  }

  return {
    add,
    statuses: () => running.map(({ supervised }) => supervised.status()),
    async restart(name) {
      const found = running.find(({ spec }) => spec.name === name);
      if (found !== undefined && !state.isStopping) await found.supervised.restart(found.spec.stopGraceMs);
    },
    async stop() {
      state.isStopping = true;
      const orders = [...new Set(running.map(({ spec }) => spec.stopOrder))].toSorted((left, right) => left - right);
      for (const order of orders) {
        const group = running.filter(({ spec }) => spec.stopOrder === order);
        await Promise.all(group.map(({ spec, supervised }) => supervised.stop(spec.stopGraceMs)));
      }
    },
  };
}

/** Stands in until the promise it belongs to is made. */
function nothing(): void {
  return undefined;
}

function startError(spec: ServiceSpec, lastExit: string | null): ConfigError {
  return new ConfigError({
    code: "invalid",
    message: `The ${spec.name} process could not be started: it ${lastExit ?? "gave no reason"}. Its log is ${spec.child().errorFile}.`,
    retryable: false,
    details: { service: spec.name },
  });
}
