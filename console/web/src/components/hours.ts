// Hours of the week as people write them: from one time to another, on which days; over midnight where `to` comes first.

export interface Hours {
  from: string;
  to: string;
  /** 1 is Monday. */
  days: number[];
}

export const ALL_DAYS: readonly number[] = [1, 2, 3, 4, 5, 6, 7];
export const noHours = (): Hours => ({ from: "08:00", to: "18:00", days: [...ALL_DAYS] });

/** As the API tells them, whatever else a later server adds. */
export const hoursOf = (rows: readonly Record<string, unknown>[]): Hours[] =>
  rows.map((row) => ({ from: String(row["from"]), to: String(row["to"]), days: [...((row["days"] as number[] | undefined) ?? ALL_DAYS)] }));

/** Runs of days that follow one another, so that seven days are one word: [1,2,3,6] -> [[1,3],[6,6]]. */
export function runsOf(days: readonly number[]): [number, number][] {
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const day of sorted) {
    const last = runs.at(-1);
    if (last && day === last[1] + 1) last[1] = day;
    else runs.push([day, day]);
  }
  return runs;
}

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;
/** Whether a window can be sent: both are times of the day (a day may end at 24:00), not the same, and on some day. */
export const isWhole = ({ from, to, days }: Hours): boolean => CLOCK.test(from) && (CLOCK.test(to) || to === "24:00") && from !== to && days.length > 0;
