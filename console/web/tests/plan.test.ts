// How far a plan has come, and what of it stands in the open.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry, PlanStep } from "@/api/types";
import { answeredBy, courseOf, inSight } from "@/plan/course";

const aStep = (id: string, answer: PlanStep["answer"] = null): PlanStep => ({
  id, class: "sos", policy: "builtin-2", name: id, kind: "ask", zh: id, en: id, script_zh: "", script_en: "", to: "", wait_s: 0, choices: [], answer,
});
const ANSWER = { value: "yes", by: 7, at: "2026-11-19T06:30:00Z" };
const states = (plan: PlanStep[], next: string | null): string[] => courseOf(plan, next).map((one) => one.state);

describe("the course of a plan", () => {
  it("tells what was done, passed by, is now and waits", () => {
    expect(states([aStep("a", ANSWER), aStep("b"), aStep("c"), aStep("d")], "c")).toEqual(["done", "skipped", "now", "waiting"]);
  });

  it("is through where nothing follows", () => {
    expect(states([aStep("a", ANSWER), aStep("b")], null)).toEqual(["done", "skipped"]);
  });

  it("shows the present step as that also when it is answered once more", () => {
    expect(states([aStep("a", ANSWER), aStep("b", ANSWER)], "b")).toEqual(["done", "now"]);
  });

  it("shows the present step whatever came before it, in the plan's order, and never everything of a long one", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), fc.nat(), (done, at) => {
        const plan = done.map((is, index) => aStep(`s${index}`, is ? ANSWER : null));
        const next = `s${at % plan.length}`;
        const shown = inSight(courseOf(plan, next));
        expect(shown.filter((one) => one.state === "now").map((one) => one.step.id)).toEqual([next]);
        expect(shown.map((one) => one.number)).toEqual(shown.map((one) => one.number).sort((a, b) => a - b));
        expect(shown.length).toBeLessThanOrEqual(6);
      }),
    );
  });

  it("names who answered by the record, and nobody where the record does not say", () => {
    const entry = { actor: { kind: "user", id: "7", name: "苏晓" } } as Entry;
    expect(answeredBy(aStep("a", ANSWER), [entry])).toBe("苏晓");
    expect(answeredBy(aStep("a", ANSWER), [])).toBeNull();
    expect(answeredBy(aStep("a"), [entry])).toBeNull();
  });
});
