const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Milliseconds from `now` until a weekly maintenance window such as "sun:04:00-sun:04:30" (UTC) next opens; undefined
 * for a window of another form.
 */
export function untilMaintenance(window: string, now: number): number | undefined {
  const match = /^(\w{3}):(\d\d):(\d\d)-\w{3}:\d\d:\d\d$/.exec(window);
  const day = days.indexOf(match?.[1] ?? "");
  if (!match || day < 0) return undefined;
  const date = new Date(now);
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  const opens = midnight + (day - date.getUTCDay()) * DAY_MS + Number(match[2]) * 3_600_000 + Number(match[3]) * 60_000;
  return (opens > now ? opens : opens + 7 * DAY_MS) - now;
}
