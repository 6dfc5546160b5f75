// Instants in UTC: `18:24:18 UTC`, with the date when it is not today's.
import { isKnown, UNKNOWN } from "./number";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
/** The first instant of year 1 and the largest a Date can hold, unix ms. */
const MIN_MS = Date.parse("0001-01-01T00:00:00Z");
const MAX_MS = 8.64e15;

function dateOf(atMs: number | null | undefined): Date | null {
  return isKnown(atMs) && atMs >= MIN_MS && atMs <= MAX_MS ? new Date(atMs) : null;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function day(date: Date): string {
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}`;
}

/** `18:24:18`, the clock's reading without a zone. */
export function formatClock(atMs: number | null | undefined): string {
  const date = dateOf(atMs);
  if (date === null) return UNKNOWN;
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
}

/** `18:24`. */
export function formatClockMinutes(atMs: number | null | undefined): string {
  const date = dateOf(atMs);
  return date === null ? UNKNOWN : `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

/** `23 Aug`. */
export function formatDay(atMs: number | null | undefined): string {
  const date = dateOf(atMs);
  return date === null ? UNKNOWN : day(date);
}

/** `23 Aug 18:15`: chart readouts and table rows. */
export function formatDayMinutes(atMs: number | null | undefined): string {
  const date = dateOf(atMs);
  return date === null ? UNKNOWN : `${day(date)} ${formatClockMinutes(atMs)}`;
}

/** `18:24:18 UTC` today, `23 Aug 18:24:18 UTC` this year, `23 Aug 2024 18:24:18 UTC` before. */
export function formatInstant(atMs: number | null | undefined, nowMs: number): string {
  const date = dateOf(atMs);
  const now = dateOf(nowMs);
  if (date === null) return UNKNOWN;
  const clock = `${formatClock(atMs)} UTC`;
  if (now === null || date.getUTCFullYear() !== now.getUTCFullYear())
    return `${day(date)} ${date.getUTCFullYear()} ${clock}`;
  return day(date) === day(now) ? clock : `${day(date)} ${clock}`;
}

/** Full and unambiguous, for hover and files: `2024-08-23T18:24:18.000Z`. */
export function formatIso(atMs: number | null | undefined): string {
  return dateOf(atMs)?.toISOString() ?? UNKNOWN;
}

/** Unix ms of what `formatIso` wrote; null for anything that is no instant. */
export function parseIso(text: string): number | null {
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : atMs;
}
