// A plan's log made short: all states of an operation in one line, at the time of the last one.
import type { TraceLine } from "@/lib/api/settings-contract";

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
    const last = states.at(-1);
    if (last === undefined) return [];
    const [kind = ""] = last.event.split(" ");
    const words = states.map(({ event }) => event.slice(event.indexOf(" ") + 1));
    return [{ ...last, event: `${kind}: ${words.join(" → ")}` }];
  });
  return [...others, ...joined].toSorted((left, right) => left.atMs - right.atMs);
}
