// A plan's log made short: all states of an operation in one line, at the time of the last one.
import type { TraceLine } from "@/lib/api/settings-contract";
import { formatDuration } from "@/lib/format/age";

export function shortTrace(lines: readonly TraceLine[]): readonly TraceLine[] {
  const ops = new Map<string, TraceLine[]>();
  const others: TraceLine[] = [];
  for (const line of lines) {
    if (line.stream !== "tx_log" || line.opId === null) {
      others.push(line);
      continue;
    }
    const known = ops.get(line.opId);
    if (known === undefined) ops.set(line.opId, [line]);
    else known.push(line);
  }
  const joined = [...ops.values()].flatMap((states) => {
    const [first] = states;
    const last = states.at(-1);
    if (first === undefined || last === undefined) return [];
    if (first === last) return [last];
    const took = `${states.length} states in ${formatDuration(last.atMs - first.atMs)}`;
    return [{ ...last, text: last.text === "" ? took : `${took}; ${last.text}` }];
  });
  return [...others, ...joined].toSorted((left, right) => left.atMs - right.atMs);
}
