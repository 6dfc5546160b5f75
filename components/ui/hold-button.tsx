// Hold to confirm: three seconds by pointer, Space or Enter; releasing cancels. The bar is information, so it also moves under reduced motion.
"use client";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { cx } from "./cx";

const HOLD_MS = 3_000;

export function HoldButton({
  label,
  busy,
  disabled = false,
  onConfirm,
}: {
  /** A verb with its object: "Hold to stop all signing". */
  readonly label: string;
  readonly busy?: string | null | undefined;
  readonly disabled?: boolean;
  readonly onConfirm: () => void;
}): ReactNode {
  const [heldMs, setHeldMs] = useState(0);
  const isHeld = useRef(false);
  const startedAt = useRef<number | null>(null);
  const frame = useRef(0);
  const isOff = disabled || typeof busy === "string";

  const cancel = (): void => {
    isHeld.current = false;
    startedAt.current = null;
    cancelAnimationFrame(frame.current);
    setHeldMs(0);
  };
  const tick = (nowMs: number): void => {
    if (!isHeld.current) return;
    startedAt.current ??= nowMs;
    const held = nowMs - startedAt.current;
    if (held >= HOLD_MS) {
      cancel();
      onConfirm();
      return;
    }
    setHeldMs(Math.max(1, held));
    frame.current = requestAnimationFrame(tick);
  };
  const begin = (): void => {
    if (isOff || isHeld.current) return;
    isHeld.current = true;
    frame.current = requestAnimationFrame(tick);
  };
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  const isHolding = heldMs > 0;
  return (
    <button
      type="button"
      disabled={isOff}
      aria-busy={typeof busy === "string" || undefined}
      onPointerDown={begin}
      onPointerUp={cancel}
      onPointerLeave={cancel}
      onPointerCancel={cancel}
      onBlur={cancel}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key !== " " && event.key !== "Enter") return;
        event.preventDefault();
        if (!event.repeat) begin();
      }}
      onKeyUp={(event) => {
        if (event.key === " " || event.key === "Enter") cancel();
      }}
      className={cx(
        "relative h-11 w-full touch-none overflow-hidden rounded-control border font-strong select-none desk:h-9",
        "disabled:cursor-not-allowed disabled:border-line disabled:text-ink-3",
        !isOff && "border-crit text-crit",
      )}
    >
      <span
        aria-hidden="true"
        className="absolute inset-y-0 left-0 bg-crit opacity-25"
        style={{ width: `${(heldMs / HOLD_MS) * 100}%` }}
      />
      <span className="relative">
        {typeof busy === "string"
          ? busy
          : isHolding
            ? `Keep holding, ${((HOLD_MS - heldMs) / 1000).toFixed(1)} s`
            : label}
      </span>
    </button>
  );
}
