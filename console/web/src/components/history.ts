// One reading of the body as it is shown: only what was measured, blood pressure as one.

export interface Quantity {
  readonly name: string;
  readonly value: string;
}

/** In the order in which a nurse reads them. */
const ORDER = ["heart_rate_bpm", "spo2_pct", "pressure", "temperature_c", "respiratory_rate_bpm", "glucose_mmol_l", "steps"] as const;

export function readingsOf(vitals: Readonly<Record<string, unknown>>): Quantity[] {
  const { systolic_mmhg: systolic, diastolic_mmhg: diastolic } = vitals;
  const pressure = typeof systolic === "number" || typeof diastolic === "number" ? `${systolic ?? "–"}/${diastolic ?? "–"}` : null;
  return ORDER.flatMap((name) => {
    const value = name === "pressure" ? pressure : vitals[name];
    return typeof value === "number" || typeof value === "string" ? [{ name, value: String(value) }] : [];
  });
}
