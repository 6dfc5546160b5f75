// A button that opens a short list of actions above everything else: arrow keys move, Enter acts, Esc and a press elsewhere close.
"use client";
import { ChevronDown } from "lucide-react";
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { buttonClass } from "./button";
import { cx } from "./cx";

export interface MenuItem {
  readonly id: string;
  readonly label: ReactNode;
  readonly detail?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly onSelect: () => void;
}

const GAP_PX = 4;
const EDGE_PX = 12;

/** Where the focus goes for a key, among the items that can be chosen. */
const MOVES: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at - 1 + count) % count,
  Home: () => 0,
  End: (_at, count) => count - 1,
};

/** Under the button, above it where there is no room, never outside the window. */
function place(list: HTMLElement, trigger: HTMLElement): void {
  const { bottom, right, top } = trigger.getBoundingClientRect();
  const { offsetHeight, offsetWidth } = list;
  const isBelow = bottom + GAP_PX + offsetHeight <= window.innerHeight || top < offsetHeight + GAP_PX;
  const wanted = isBelow ? bottom + GAP_PX : top - GAP_PX - offsetHeight;
  const left = Math.min(right, window.innerWidth - EDGE_PX) - offsetWidth;
  list.style.left = `${Math.max(EDGE_PX, left)}px`;
  list.style.top = `${Math.max(EDGE_PX, Math.min(wanted, window.innerHeight - EDGE_PX - offsetHeight))}px`;
}

export function Menu({
  label,
  name,
  items,
  disabled = false,
  hasChevron = true,
  className,
}: {
  readonly label: ReactNode;
  /** Accessible name when the label is an icon. */
  readonly name?: string | undefined;
  readonly items: readonly MenuItem[];
  readonly disabled?: boolean;
  readonly hasChevron?: boolean;
  readonly className?: string | undefined;
}): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const popup = useRef<HTMLDivElement>(null);

  const choices = (): readonly HTMLElement[] => [
    ...(frame.current?.querySelectorAll<HTMLElement>("[role=menuitem]:not([aria-disabled=true])") ?? []),
  ];
  const close = (isBack: boolean): void => {
    setOpen(false);
    if (isBack) trigger.current?.focus();
  };

  useEffect(() => {
    if (!isOpen) return;
    const follow = (): void => {
      if (popup.current !== null && trigger.current !== null) place(popup.current, trigger.current);
    };
    // In the top layer: a table that scrolls sideways would cut it off.
    popup.current?.showPopover();
    follow();
    const first = frame.current?.querySelector<HTMLElement>("[role=menuitem]:not([aria-disabled=true])");
    (first ?? popup.current)?.focus({ preventScroll: true });
    const onPress = (event: PointerEvent): void => {
      if (event.target instanceof Node && frame.current?.contains(event.target) === false) setOpen(false);
    };
    document.addEventListener("pointerdown", onPress);
    window.addEventListener("scroll", follow, { capture: true, passive: true });
    window.addEventListener("resize", follow);
    return () => {
      document.removeEventListener("pointerdown", onPress);
      window.removeEventListener("scroll", follow, { capture: true });
      window.removeEventListener("resize", follow);
    };
  }, [isOpen, frame, popup, trigger]);

  const onKey = (event: KeyboardEvent): void => {
    if (!isOpen) {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      setOpen(true);
      return;
    }
    if (event.key === "Escape" || event.key === "Tab") {
      if (event.key === "Escape") event.preventDefault();
      close(event.key === "Escape");
      return;
    }
    const list = choices();
    const move = MOVES[event.key];
    if (move === undefined || list.length === 0) return;
    event.preventDefault();
    const at = list.findIndex((each) => each === document.activeElement);
    list[move(at, list.length)]?.focus();
  };

  return (
    <div ref={frame} className="relative inline-flex" onKeyDown={onKey}>
      <button
        ref={trigger}
        type="button"
        aria-label={name}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        disabled={disabled}
        onClick={() => setOpen(!isOpen)}
        className={cx(buttonClass(), "flex-1", className)}
      >
        {label}
        {hasChevron && <ChevronDown size={14} aria-hidden="true" />}
      </button>
      {isOpen && (
        <div
          ref={popup}
          id={id}
          role="menu"
          tabIndex={-1}
          aria-label={name}
          popover="manual"
          className="fixed inset-auto m-0 max-h-[calc(100dvh-24px)] w-max max-w-[min(320px,calc(100vw-24px))] min-w-56 overflow-y-auto rounded-dialog border border-line-2 bg-raised p-1 text-left text-ink whitespace-normal shadow-float outline-none"
        >
          {items.map((item) => (
            <div
              key={item.id}
              role="menuitem"
              tabIndex={-1}
              aria-disabled={item.disabled === true}
              onClick={() => {
                if (item.disabled === true) return;
                close(true);
                item.onSelect();
              }}
              onKeyDown={(event) => {
                if (event.key !== "Enter" && event.key !== " ") return;
                event.preventDefault();
                event.currentTarget.click();
              }}
              onPointerEnter={(event) => {
                if (item.disabled !== true) event.currentTarget.focus();
              }}
              className="block cursor-pointer rounded-control px-2.5 py-2 outline-none select-none focus:bg-hover aria-disabled:cursor-not-allowed aria-disabled:text-ink-3"
            >
              <span className="block font-strong">{item.label}</span>
              {item.detail !== undefined && <span className="block text-dense text-ink-3">{item.detail}</span>}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
