// Asks the shield in the header to open its sheet, from anywhere on the page.

export type StopTab = "stop" | "exit";
const EVENT = "tidegate:stop-sheet";

export function openStopSheet(tab: StopTab): void {
  window.dispatchEvent(new CustomEvent(EVENT, { detail: tab }));
}

export function onStopSheet(listener: (tab: StopTab) => void): () => void {
  const hear = (event: Event): void => {
    if (event instanceof CustomEvent) listener(event.detail === "exit" ? "exit" : "stop");
  };
  window.addEventListener(EVENT, hear);
  return () => window.removeEventListener(EVENT, hear);
}
