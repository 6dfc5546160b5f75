// What is drawn while the next picture is still being read: the last one that was complete.
"use client";
import { useState } from "react";

/** `value` once it is complete, the last complete one until then; `value` itself while there was none. */
export function useSettled<T>(value: T, isComplete: boolean): T {
  const [last, setLast] = useState<{ readonly value: T } | null>(isComplete ? { value } : null);
  if (isComplete && last?.value !== value) setLast({ value });
  return isComplete || last === null ? value : last.value;
}
