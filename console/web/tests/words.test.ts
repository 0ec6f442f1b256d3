// Both languages say the same things, and every set of the contract has its words.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  CALL_RESULTS, CALL_TO, HAND_OPENED_CLASSES, LETTER_REASONS, OUTCOMES, REPLAY_RESULTS, SAFETY_KINDS, SOURCES, VERIFIED,
} from "@/api/types";
import en from "@/i18n/en.json";
import zh from "@/i18n/zh-CN.json";

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, under = ""): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) => {
      const path = under ? `${under}.${key}` : key;
      return typeof value === "string" ? [[path, value] as const] : [...flat(value, path)];
    }),
  );
}

const chinese = flat(zh);
const english = flat(en);
const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.(ts|vue)$/.test(name) ? [readFileSync(path, "utf8")] : [];
  });
}

/** The values of a closed set as the server's code has it. */
function membersOf(text: string, name: string): string[] {
  const body = text.split(`class ${name}(StrEnum):`)[1]?.split(/\n\S/)[0] ?? "";
  return [...body.matchAll(/^ {4}[A-Z_0-9]+ = "(\w+)"/gm)].map((match) => match[1] as string);
}

describe("the words on the screen", () => {
  it("have the same keys in both languages", () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });

  it("name the same values in both languages", () => {
    for (const [key, text] of chinese) expect([key, placeholders(english.get(key) ?? "")]).toEqual([key, placeholders(text)]);
  });

  it("exist for every key that the code names", () => {
    const named = sources("src").flatMap((text) => [...text.matchAll(/\bt\("([\w.]+)"/g)].map((match) => match[1] as string));
    expect(named.filter((key) => !chinese.has(key))).toEqual([]);
  });

  it.each([
    ["outcome", OUTCOMES],
    ["safety", SAFETY_KINDS],
    ["callTo", CALL_TO],
    ["callResult", CALL_RESULTS],
    ["verified", VERIFIED],
    ["source", SOURCES],
    ["class", HAND_OPENED_CLASSES],
    ["letterReason", LETTER_REASONS],
    ["letterShort", LETTER_REASONS],
    ["replayResult", REPLAY_RESULTS],
  ] as const)("exist for every %s of the contract", (group, names) => {
    for (const name of names) expect(chinese.has(`${group}.${name}`), name).toBe(true);
  });

  it.each([
    ["letterReason", "devices/decoding.py", "RejectReason", LETTER_REASONS],
    ["replayResult", "store/replay.py", "ReplayResult", REPLAY_RESULTS],
    ["watch", "rules/domain/supervision.py", "Status", []],
    ["kpiExclusion", "rules/domain/kpi.py", "Exclusion", []],
    ["kpiBeside", "rules/domain/kpi.py", "Beside", []],
    ["kpiNoData", "rules/domain/kpi_definition.py", "NoData", []],
    ["complaintChannel", "rules/domain/complaints.py", "ComplaintChannel", []],
    ["complaintSubject", "rules/domain/complaints.py", "ComplaintSubject", []],
    ["complaintFinding", "rules/domain/complaints.py", "Finding", []],
    ["complaintState", "rules/domain/complaints.py", "ComplaintState", []],
    ["callStratum", "rules/domain/call_audits.py", "Stratum", []],
    ["callCriterion", "rules/domain/call_audits.py", "Criterion", []],
    ["exportKind", "store/exports.py", "ExportKind", []],
    ["exportState", "store/exports.py", "ExportState", []],
  ] as const)("exist for every %s that %s has", (group, path, name, known) => {
    const members = membersOf(readFileSync(join("../..", path), "utf8"), name);
    expect(members.length).toBeGreaterThan(0);
    for (const member of members) expect(chinese.has(`${group}.${member}`), member).toBe(true);
    if (known.length > 0) expect(members.filter((member) => !(known as readonly string[]).includes(member))).toEqual([]);
  });

  it("use none of the words the glossary refuses", () => {
    const refused = ["认领", "释放", "已解决", "重新打开", "死信", "金丝雀", "静音", "未注册", "租约", "告警"];
    // 告警 is right for equipment alone.
    const ofPeople = (text: string): string => text.replace(/(设备|系统)告警/g, "");
    const found = [...chinese].filter(([, text]) => refused.some((word) => ofPeople(text).includes(word)));
    expect(found).toEqual([]);
  });
});
