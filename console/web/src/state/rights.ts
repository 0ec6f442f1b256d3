// Who may do what, so that nobody is shown what the server would refuse; it decides all the same.

const DESK = ["dispatcher", "supervisor", "administrator"];
const WRITE_PEOPLE = ["register_clerk", "supervisor", "program", "administrator"];
const READ_PEOPLE = [...DESK, "centre_manager", "quality_reviewer", "community_worker", "data_protection_officer", "program", "register_clerk"];
const READ_DEVICES = [...READ_PEOPLE, "installer"];

/** The roles of each deed, as `console/rights.py` has them. */
export const RIGHTS = {
  watchCases: [...DESK, "centre_manager", "quality_reviewer", "community_worker", "data_protection_officer", "program"],
  keepDuty: DESK,
  takeSteps: DESK,
  reportCalls: [...DESK, "program"],
  callBehindOutages: [...DESK, "community_worker"],
  readPeople: READ_PEOPLE,
  writePeople: WRITE_PEOPLE,
  readDevices: READ_DEVICES,
  writeDevices: [...WRITE_PEOPLE, "installer"],
  testDevices: [...DESK, "installer", "community_worker"],
  commandDevices: [...DESK, "installer"],
  issueCredentials: [...WRITE_PEOPLE, "installer", "system_administrator"],
  readDeadLetters: [...DESK, "system_administrator", "centre_manager"],
  replay: ["supervisor", "centre_manager", "register_clerk", "administrator"],
  readSources: [...READ_DEVICES, "system_administrator"],
  writeSources: ["supervisor", "centre_manager", "system_administrator", "administrator"],
  readTracks: [...DESK, "centre_manager", "quality_reviewer", "community_worker", "data_protection_officer", "program"],
  readHolders: [...DESK, "centre_manager", "quality_reviewer", "community_worker", "data_protection_officer", "program"],
  keepAbsences: [...DESK, "community_worker", "register_clerk", "program"],
  keepSilences: ["supervisor", "centre_manager", "administrator"],
  planVisits: [...WRITE_PEOPLE, "dispatcher", "community_worker"],
  keepTasks: [...DESK, "community_worker", "register_clerk", "centre_manager", "program"],
  checkIn: [...WRITE_PEOPLE, "dispatcher", "community_worker", "responder"],
  keepStorms: ["supervisor", "centre_manager", "administrator"],
  proposePolicies: ["supervisor", "centre_manager", "system_administrator", "administrator"],
  approvePolicies: ["supervisor", "centre_manager", "administrator"],
  commissionSources: ["system_administrator", "administrator"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Deed = keyof typeof RIGHTS;
