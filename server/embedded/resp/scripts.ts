// Runs the JavaScript twin of a known Lua script: found by the SHA1 of the Lua text, never made from what a client sends.
import { createHash } from "node:crypto";
import { errorText } from "@/lib/errors/tidegate-error";
import { bulk, CommandError, type Reply } from "./protocol";

export type ScriptValue = string | number | null | readonly ScriptValue[];

export interface KnownScript {
  readonly name: string;
  readonly run: (
    call: (command: string, ...args: (string | number)[]) => ScriptValue,
    keys: readonly string[],
    args: readonly string[],
  ) => Reply;
}

export function scriptSha(lua: string): string {
  return createHash("sha1").update(lua, "latin1").digest("hex");
}

export function compileScripts(
  scripts: readonly { readonly name: string; readonly lua: string; readonly js: string }[],
): ReadonlyMap<string, KnownScript> {
  return new Map(
    scripts.map((script) => {
      // The text comes from our own client by the process that starts this server, not over the wire.
      const compiled = new Function("call", "KEYS", "ARGV", `"use strict";\n${script.js}`);
      const known: KnownScript = {
        name: script.name,
        run: (call, keys, args) => {
          const value: unknown = Reflect.apply(compiled, undefined, [call, keys, args]);
          return toReply(script.name, value);
        },
      };
      return [scriptSha(script.lua), known];
    }),
  );
}

function toReply(script: string, value: unknown): Reply {
  if (typeof value === "string") return bulk(value);
  if (typeof value === "number") {
    if (Number.isInteger(value)) return value;
    throw new CommandError(`ERR script ${script} returned ${value}; scripts return strings, integers, null or lists`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((each: unknown) => toReply(script, each));
  throw new CommandError(
    `ERR script ${script} returned ${typeof value}; scripts return strings, integers, null or lists`,
  );
}

/** What a script sees of a reply: bytes as Latin-1 text, so that binary values survive unchanged. */
export function toScriptValue(reply: Reply): ScriptValue {
  if (typeof reply === "number" || reply === null) return reply;
  if (typeof reply === "symbol") return null;
  if (Buffer.isBuffer(reply)) return reply.toString("latin1");
  if (isList(reply)) return reply.map(toScriptValue);
  if ("simple" in reply) return reply.simple;
  throw new CommandError(reply.error);
}

function isList(reply: Exclude<Reply, number | Buffer | null | symbol>): reply is readonly Reply[] {
  return Array.isArray(reply);
}

export function scriptErrorText(error: unknown): string {
  const text = errorText(error);
  return /^[A-Z]+ /.test(text) ? text : `ERR ${text}`;
}
