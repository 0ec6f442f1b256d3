// An incident for tests, plain unless said otherwise.
import type { Item } from "@/api/types";

export function anItem(said: Partial<Item> = {}): Item {
  return {
    id: "1",
    number: "20261119-0001",
    state: "open",
    priority: "P1",
    class: "sos",
    family: "person",
    area: null,
    opened_at: "2026-11-19T06:30:00Z",
    oldest_alarm_at: "2026-11-19T06:30:00Z",
    sounded_at: "2026-11-19T06:30:00Z",
    sound_to: "desks",
    version: 1,
    seq: 1,
    claimed_by: null,
    lease_until: null,
    unattended: true,
    deadline: null,
    source: "mqtt",
    unregistered: false,
    late: false,
    clock_wrong: false,
    retained: false,
    test: false,
    damaged: false,
    alert_count: 1,
    person: null,
    place_text: null,
    device: null,
    follows: null,
    outcome: null,
    passed_by_me: false,
    ...said,
  };
}
