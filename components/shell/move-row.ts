// j and k: the focus goes to the first link of the next or previous row on the page; Enter then opens it as any link.

const ROWS = "#main tbody tr, #main [data-row]";
const TARGET = "a[href], button:not([disabled])";

function targetOf(row: Element): HTMLElement | null {
  const found = row.matches(TARGET) ? row : row.querySelector(TARGET);
  return found instanceof HTMLElement && found.getClientRects().length > 0 ? found : null;
}

export function moveRow(by: 1 | -1): void {
  const targets = [...document.querySelectorAll(ROWS)].flatMap((row) => {
    const target = targetOf(row);
    return target === null ? [] : [{ row, target }];
  });
  if (targets.length === 0) return;
  const at = targets.findIndex(({ row }) => row.contains(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : targets.length - 1) : Math.max(0, Math.min(targets.length - 1, at + by));
  const chosen = targets[next]?.target;
  chosen?.focus();
  chosen?.scrollIntoView({ block: "nearest" });
}
