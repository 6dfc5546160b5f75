// The logger: pino JSON lines to stdout or a file, everything through one redactor, and optionally into the `logs` stream.
import pino from "pino";
import type { Logger, LogFields } from "./logger-port";
import { redactText, redactValue } from "./redact";

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface LoggerSettings {
  /** Process name, for example `worker`. */
  readonly name: string;
  readonly level: LogLevel;
  /** Absent = stdout. */
  readonly file?: string | undefined;
  /** Also receives each line that passes the level, for example into telemetry. */
  readonly mirror?: ((line: LogLine) => void) | undefined;
  /** For tests: where lines go instead. */
  readonly write?: ((line: string) => void) | undefined;
}

export interface LogLine {
  readonly level: LogLevel;
  readonly event: string;
  readonly process: string;
  readonly fields: LogFields;
}

const levelOrder: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export function createLogger(settings: LoggerSettings): Logger {
  const options: pino.LoggerOptions = {
    level: settings.level,
    base: { process: settings.name, pid: process.pid },
    messageKey: "event",
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  const { write } = settings;
  const sink =
    write === undefined
      ? pino.destination({ dest: settings.file ?? 1, mkdir: true, sync: false, minLength: 0 })
      : { write: (line: string) => write(line) };
  return wrap(pino(options, sink), settings, {});
}

function wrap(target: pino.Logger, settings: LoggerSettings, bound: LogFields): Logger {
  const log = (level: LogLevel, event: string, fields: LogFields | undefined): void => {
    if (levelOrder.indexOf(level) < levelOrder.indexOf(settings.level)) return;
    try {
      const safe = redactFields({ ...bound, ...fields });
      target[level](safe, redactText(event));
      settings.mirror?.({ level, event, process: settings.name, fields: safe });
    } catch {
      // Logging never throws: a field with a throwing getter must not end a cycle.
      target[level]({ unprintable: true }, event);
    }
  };
  return {
    debug: (event, fields) => log("debug", event, fields),
    info: (event, fields) => log("info", event, fields),
    warn: (event, fields) => log("warn", event, fields),
    error: (event, fields) => log("error", event, fields),
    child: (fields) => wrap(target, settings, { ...bound, ...fields }),
  };
}

function redactFields(fields: LogFields): LogFields {
  const safe = redactValue(fields);
  return typeof safe === "object" && safe !== null ? Object.fromEntries(Object.entries(safe)) : {};
}
