// Minute of the day in a named time zone, for quiet hours.

/** Null for a zone this machine does not know. */
export function minuteOfDayIn(timeZone: string, atMs: number): number | null {
  try {
    const parts = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    }).formatToParts(atMs);
    const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value ?? "0");
    return part("hour") * 60 + part("minute");
  } catch {
    // RangeError of an unknown zone; the caller says so and is never quiet.
    return null;
  }
}
