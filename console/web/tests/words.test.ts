// Both languages say the same things, and every set of the contract has its words.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CALL_RESULTS, CALL_TO, HAND_OPENED_CLASSES, OUTCOMES, SAFETY_KINDS, SOURCES, VERIFIED } from "@/api/types";
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
  ] as const)("exist for every %s of the contract", (group, names) => {
    for (const name of names) expect(chinese.has(`${group}.${name}`), name).toBe(true);
  });

  it("use none of the words the glossary refuses", () => {
    const refused = ["认领", "释放", "已解决", "重新打开", "死信", "金丝雀", "静音", "未注册", "租约", "告警"];
    // 告警 is right for equipment alone.
    const ofPeople = (text: string): string => text.replace(/(设备|系统)告警/g, "");
    const found = [...chinese].filter(([, text]) => refused.some((word) => ofPeople(text).includes(word)));
    expect(found).toEqual([]);
  });
});
