// Sorted sets: by rank, by score, reversed and limited.
import { float, floatText, integer, name, word, type CommandContext, type CommandTable } from "./command";
import { indexRange } from "./commands-collections";
import type { ValueOf } from "./database";
import { bulk, CommandError, type Reply } from "./protocol";

type Pair = readonly [string, number];

function sortedPairs(zset: ValueOf<"zset">): readonly Pair[] {
  zset.sorted ??= [...zset.scores].toSorted(
    (left, right) => left[1] - right[1] || (left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0),
  );
  return zset.sorted;
}

interface Bound {
  readonly score: number;
  readonly exclusive: boolean;
}

function readBound(text: string): Bound {
  try {
    return text.startsWith("(")
      ? { score: float(text.slice(1)), exclusive: true }
      : { score: float(text), exclusive: false };
  } catch (cause) {
    throw new CommandError("ERR min or max is not a float", { cause });
  }
}

function within(score: number, min: Bound, max: Bound): boolean {
  const aboveMin = min.exclusive ? score > min.score : score >= min.score;
  return aboveMin && (max.exclusive ? score < max.score : score <= max.score);
}

function add(context: CommandContext, args: readonly Buffer[]): Reply {
  const { db } = context;
  const key = name(args, 1);
  const options = new Set<string>();
  let at = 2;
  while (["NX", "XX", "GT", "LT", "CH"].includes(word(args, at))) {
    options.add(word(args, at));
    at += 1;
  }
  if (args.length === at || (args.length - at) % 2 !== 0) throw new CommandError("ERR syntax error");
  if (options.has("NX") && (options.has("XX") || options.has("GT") || options.has("LT"))) {
    throw new CommandError("ERR GT, LT, and/or NX options at the same time are not compatible");
  }
  const pairs: Pair[] = [];
  for (let index = at; index < args.length; index += 2) pairs.push([name(args, index + 1), float(name(args, index))]);
  const current = db.read(key, "zset");
  const accepted = pairs.filter(([member, score]) => {
    const old = current?.scores.get(member);
    if (old === undefined) return !options.has("XX");
    return !options.has("NX") && !(options.has("GT") && score <= old) && !(options.has("LT") && score >= old);
  });
  if (accepted.length === 0) return 0;
  const zset = db.modify(key, "zset");
  let added = 0;
  let changed = 0;
  for (const [member, score] of accepted) {
    const old = zset.scores.get(member);
    if (old === undefined) added += 1;
    if (old !== score) changed += 1;
    zset.scores.set(member, score);
  }
  if (changed > 0) {
    zset.sorted = null;
    db.touch(key);
  }
  return options.has("CH") ? changed : added;
}

function range(context: CommandContext, args: readonly Buffer[]): Reply {
  let byScore = false;
  let reverse = false;
  let withScores = false;
  let limit: readonly [number, number] | null = null;
  for (let index = 4; index < args.length; index += 1) {
    const option = word(args, index);
    if (option === "BYSCORE") byScore = true;
    else if (option === "REV") reverse = true;
    else if (option === "WITHSCORES") withScores = true;
    else if (option === "LIMIT") {
      limit = [integer(args, index + 1), integer(args, index + 2)];
      index += 2;
    } else throw new CommandError("ERR syntax error");
  }
  if (limit !== null && !byScore) {
    throw new CommandError("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  }
  const zset = context.db.read(name(args, 1), "zset");
  const pairs = zset === undefined ? [] : sortedPairs(zset);
  const chosen = byScore
    ? limited(pairsByScore(pairs, name(args, 2), name(args, 3), reverse), limit)
    : (reverse ? pairs.toReversed() : pairs).slice(...indexRange(pairs.length, integer(args, 2), integer(args, 3)));
  return chosen.flatMap(([member, score]) => (withScores ? [bulk(member), bulk(floatText(score))] : [bulk(member)]));
}

/** With REV the first bound is the maximum. */
function pairsByScore(pairs: readonly Pair[], first: string, second: string, reverse: boolean): readonly Pair[] {
  const min = readBound(reverse ? second : first);
  const max = readBound(reverse ? first : second);
  const found = pairs.filter(([, score]) => within(score, min, max));
  return reverse ? found.toReversed() : found;
}

function limited(pairs: readonly Pair[], limit: readonly [number, number] | null): readonly Pair[] {
  if (limit === null) return pairs;
  const [offset, count] = limit;
  return offset < 0 ? [] : pairs.slice(offset, count < 0 ? undefined : offset + count);
}

function removeMembers(context: CommandContext, key: string, members: readonly string[]): number {
  if (members.length === 0) return 0;
  const zset = context.db.modify(key, "zset");
  const count = members.filter((member) => zset.scores.delete(member)).length;
  if (count > 0) {
    zset.sorted = null;
    context.db.touch(key);
  }
  return count;
}

export const sortedSetCommands: CommandTable = {
  ZADD: { arity: -4, write: true, keys: [1, 1, 1], run: add },
  ZRANGE: { arity: -4, write: false, keys: [1, 1, 1], run: range },
  ZREM: {
    arity: -3,
    write: true,
    keys: [1, 1, 1],
    run(context, args) {
      const key = name(args, 1);
      if (context.db.read(key, "zset") === undefined) return 0;
      return removeMembers(
        context,
        key,
        args.slice(2).map((member) => member.toString("latin1")),
      );
    },
  },
  ZREMRANGEBYSCORE: {
    arity: 4,
    write: true,
    keys: [1, 1, 1],
    run(context, args) {
      const key = name(args, 1);
      const min = readBound(name(args, 2));
      const max = readBound(name(args, 3));
      const zset = context.db.read(key, "zset");
      if (zset === undefined) return 0;
      return removeMembers(
        context,
        key,
        sortedPairs(zset)
          .filter(([, score]) => within(score, min, max))
          .map(([member]) => member),
      );
    },
  },
};
