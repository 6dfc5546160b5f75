// Executes commands on the data and writes their effects to the append-only file; knows no sockets.
import { openAppendFile, replayAppendFile, type AppendFile } from "./append-file";
import { name, parseInteger, word, type CommandContext, type CommandSpec, type CommandTable } from "./command";
import { collectionCommands } from "./commands-collections";
import { sortedSetCommands } from "./commands-sorted-sets";
import { streamCommands } from "./commands-streams";
import { stringCommands } from "./commands-strings";
import { createDatabase, type Database } from "./database";
import { bulk, CommandError, encodeCommand, type Reply } from "./protocol";
import { scriptErrorText, scriptSha, toScriptValue, type KnownScript } from "./scripts";

export interface EngineSettings {
  readonly dataDir: string;
  readonly compactAboveBytes: number;
  readonly scripts: ReadonlyMap<string, KnownScript>;
  readonly nowMs: () => number;
  readonly say: (message: string) => void;
  readonly publish: (channel: string, message: Buffer) => number;
  /** A key changed; called during the command. */
  readonly changed: (key: string) => void;
}

export interface Engine {
  readonly db: Database;
  readonly file: AppendFile;
  /** null when there is no such data command. */
  find(command: string): CommandSpec | null;
  /** Runs one data command; its effects go to the file as one unit. */
  execute(args: readonly Buffer[]): Reply;
  /** Runs several as one unit (MULTI): a torn file keeps all of them or none. */
  asUnit(run: () => void): void;
  context(): CommandContext;
  close(): void;
}

const tables: CommandTable = {
  ...stringCommands,
  ...collectionCommands,
  ...sortedSetCommands,
  ...streamCommands,
};
const EXPIRY_EVERY_MS = 100;
const EXPIRED_PER_ROUND = 5_000;

export function createEngine(settings: EngineSettings): Engine {
  const holder: { file: AppendFile | null } = { file: null };
  let unit: Buffer[] = [];
  let unitDepth = 0;
  let commandChanged = false;
  let propagated: Buffer[] = [];

  const db = createDatabase({
    nowMs: settings.nowMs,
    beforeWrite: (key, entry) => holder.file?.beforeWrite(key, entry),
    changed: (key) => {
      commandChanged = true;
      settings.changed(key);
    },
    expired: (key) => {
      if (holder.file !== null) unit.push(encodeCommand(["DEL", bulk(key)]));
      if (unitDepth === 0) commitUnit();
    },
  });

  const context: CommandContext = {
    db,
    get nowMs() {
      return settings.nowMs();
    },
    propagate: (args) => void propagated.push(encodeCommand(args)),
    publish: settings.publish,
  };

  function commitUnit(): void {
    const { file } = holder;
    if (file !== null && unit.length > 0) {
      if (unit.length === 1) file.append(unit[0] ?? Buffer.alloc(0));
      else file.append(Buffer.concat([encodeCommand(["MULTI"]), ...unit, encodeCommand(["EXEC"])]));
    }
    unit = [];
  }

  function asUnit(run: () => void): void {
    unitDepth += 1;
    try {
      run();
    } finally {
      unitDepth -= 1;
      if (unitDepth === 0) commitUnit();
    }
  }

  function runSpec(spec: CommandSpec, args: readonly Buffer[]): Reply {
    if (spec.write && holder.file?.problem() != null) {
      throw new CommandError(`MISCONF changes are refused while the file cannot be written: ${holder.file.problem()}`);
    }
    commandChanged = false;
    propagated = [];
    try {
      return spec.run(context, args);
    } finally {
      // An expiry noticed on the way is logged by its own DEL; only a write command logs itself.
      if (holder.file !== null && spec.write) {
        if (propagated.length > 0) unit.push(...propagated);
        else if (commandChanged) unit.push(encodeCommand(args));
      }
      propagated = [];
    }
  }

  function checkedSpec(args: readonly Buffer[]): CommandSpec {
    const command = word(args, 0);
    const spec = find(command);
    if (spec === null) throw new CommandError(`ERR unknown command '${name(args, 0)}'`);
    if (spec.arity >= 0 ? args.length !== spec.arity : args.length < -spec.arity) {
      throw new CommandError(`ERR wrong number of arguments for '${command.toLowerCase()}' command`);
    }
    return spec;
  }

  function execute(args: readonly Buffer[]): Reply {
    let reply: Reply = null;
    asUnit(() => {
      const command = word(args, 0);
      if (command === "EVAL" || command === "EVALSHA") reply = runScript(args);
      else reply = runSpec(checkedSpec(args), args);
    });
    return reply;
  }

  function runScript(args: readonly Buffer[]): Reply {
    const script = settings.scripts.get(
      word(args, 0) === "EVAL" ? scriptSha(name(args, 1)) : name(args, 1).toLowerCase(),
    );
    if (script === undefined) {
      throw new CommandError(
        word(args, 0) === "EVALSHA"
          ? "NOSCRIPT No matching script. Please use EVAL."
          : "ERR this server runs only the scripts it was started with",
      );
    }
    const keyCount = parseInteger(name(args, 2));
    if (keyCount < 0 || keyCount > args.length - 3) {
      throw new CommandError("ERR Number of keys can't be greater than number of args");
    }
    const keys = args.slice(3, 3 + keyCount).map((key) => key.toString("latin1"));
    const values = args.slice(3 + keyCount).map((value) => value.toString("latin1"));
    try {
      return script.run(
        (command, ...callArgs) => {
          const callBytes = [Buffer.from(command.toUpperCase()), ...callArgs.map(bulk)];
          const spec = checkedSpec(callBytes);
          requireDeclaredKeys(spec, callBytes, keys);
          return toScriptValue(runSpec(spec, callBytes));
        },
        keys,
        values,
      );
    } catch (cause) {
      throw new CommandError(scriptErrorText(cause), { cause });
    }
  }

  replayAppendFile(settings, (args) => {
    db.expiryActive = false;
    runSpec(checkedSpec(args), args);
  });
  db.expiryActive = true;
  unit = [];
  const file = openAppendFile(settings, db);
  holder.file = file;
  file.startRewrite();
  const expiryTimer = setInterval(() => {
    db.removeExpired(EXPIRED_PER_ROUND);
    file.flush();
  }, EXPIRY_EVERY_MS);
  expiryTimer.unref();

  return {
    db,
    file,
    find,
    execute,
    asUnit,
    context: () => context,
    close() {
      clearInterval(expiryTimer);
      file.close();
    },
  };
}

/** The rule of DragonflyDB: a script may touch only keys it was given. */
function requireDeclaredKeys(spec: CommandSpec, args: readonly Buffer[], declared: readonly string[]): void {
  if (spec.keys === null) return;
  const [first, last, step] = spec.keys;
  const end = last < 0 ? args.length + last : last;
  for (let index = first; index <= end; index += step) {
    if (!declared.includes(name(args, index))) {
      throw new CommandError(`ERR script tried accessing undeclared key '${name(args, index)}'`);
    }
  }
}

function find(command: string): CommandSpec | null {
  return Object.hasOwn(tables, command) ? (tables[command] ?? null) : null;
}
