// What may be silenced at all, as the built-in policy has it.

/** Technical and not urgent. A call for help, fire, gas, a reading of the body or a home without power that somebody
 * depends on is never among them; the server has the last word (`rules/domain/suppression.py`). */
export const HOLDABLE = [
  ...["battery_low", "battery_critical", "device_lost", "device_lost_dependent", "device_lost_other", "never_heard"],
  ...["fault", "fault_dependent", "fault_life_safety", "sensor_stuck", "clock_wrong", "tamper", "tamper_other", "removed"],
  ...["power_lost", "unprotected", "test_overdue", "test_stuck"],
] as const;
