// Every pair of text and ground, mark and ground, in both themes, by the WCAG formula.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync("src/styles/tokens.css", "utf8");
const themes = { light: block(":root {"), dark: { ...block(":root {"), ...block('[data-theme="dark"] {') } };

function block(head: string): Record<string, string> {
  const start = css.indexOf(head);
  const body = css.slice(start, css.indexOf("\n}", start));
  return Object.fromEntries([...body.matchAll(/--(c-[\w-]+):\s*(#[0-9A-Fa-f]{6})/g)].map((match) => [match[1], match[2]]));
}

function luminance(hex: string): number {
  const channels = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const [r, g, b] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ["c-ground", "c-surface", "c-raised", "c-sunken"];
const TEXT = ["c-ink", "c-ink-2", "c-ink-3"];
const MARKS = ["c-critical-line", "c-urgent-line", "c-notice-line", "c-done-line", "c-line-strong", "c-focus"];
const FILLED = [
  ["c-on-critical", "c-critical"],
  ["c-on-urgent", "c-urgent"],
  ["c-on-notice", "c-notice"],
  ["c-on-done", "c-done"],
  ["c-inverse", "c-ink"],
  ["c-inverse", "c-ink-2"],
  ["c-on-bar", "c-bar"],
] as const;
const TEXT_LEAST = 4.5;
const MARK_LEAST = 3;

describe.each(Object.entries(themes))("the %s theme", (_name, theme) => {
  const pair = (a: string, b: string): number => contrast(theme[a] ?? "", theme[b] ?? "");

  it.each(TEXT.flatMap((text) => GROUNDS.map((ground) => [text, ground] as const)))("%s can be read on %s", (text, ground) => {
    expect(pair(text, ground)).toBeGreaterThanOrEqual(TEXT_LEAST);
  });

  it.each(MARKS.flatMap((mark) => GROUNDS.map((ground) => [mark, ground] as const)))("%s can be seen on %s", (mark, ground) => {
    expect(pair(mark, ground)).toBeGreaterThanOrEqual(MARK_LEAST);
  });

  it.each(FILLED)("%s can be read on %s", (text, fill) => {
    expect(pair(text, fill)).toBeGreaterThanOrEqual(TEXT_LEAST);
  });
});

it("the formula gives black on white twenty-one", () => {
  expect(contrast("#000000", "#FFFFFF")).toBeCloseTo(21, 5);
});
