// The reducer under any order, any doubling and any loss of frames.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Frame, Item } from "@/api/types";
import { apply, fromSnapshot, type Board } from "@/state/board";
import { anItem } from "./items";

const START = 10;

/** A stream as a server sends it: each frame names the one before. */
function chain(kinds: readonly { id: number; what: "incident" | "closed" | "gone" | "entry"; skip: number }[]): Frame[] {
  let prev = START;
  return kinds.map(({ id, what, skip }) => {
    const seq = prev + 1 + skip;
    const frame: Frame = { seq, prev, kind: what === "closed" ? "incident" : what, data: dataOf(what, String(id), seq) };
    prev = seq;
    return frame;
  });
}

function dataOf(what: string, id: string, seq: number): unknown {
  if (what === "gone") return { kind: "incident", id };
  if (what === "entry") return { incident: id, seq, at: "", actor: "system", action: "noted", from: null, to: null, detail: {} };
  return anItem({ id, seq, version: seq, state: what === "closed" ? "closed" : "open" });
}

const frames = fc
  .array(
    fc.record({
      id: fc.integer({ min: 1, max: 4 }),
      what: fc.constantFrom("incident" as const, "closed" as const, "gone" as const, "entry" as const),
      skip: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 20 },
  )
  .map(chain);

const first = (): Board => fromSnapshot(START, [anItem({ id: "1" }), anItem({ id: "2" })]);
const run = (list: readonly Frame[]): Board => list.reduce(apply, first());

describe("the picture", () => {
  it("is the same however often frames are doubled", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 20 }), (sent, again) => {
        const doubled = sent.flatMap((frame, at) => [frame, ...again.filter((n) => n % (at + 1) === 0).map((n) => sent[n % (at + 1)] as Frame)]);
        expect(run(doubled)).toEqual(run(sent));
      }),
    );
  });

  it("after frames in any order, with losses and doubles, is that of a prefix of the stream or asks for a snapshot", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 40 }), (sent, picks) => {
        const received = sent.length ? picks.map((n) => sent[n % sent.length] as Frame) : [];
        const board = run(received);
        const prefixes = Array.from({ length: sent.length + 1 }, (_, n) => run(sent.slice(0, n)));
        const believed = { ...board, needsSnapshot: false };
        expect(prefixes).toContainEqual(believed);
        const isWhole = board.seq === Math.max(START, ...received.map((frame) => frame.seq ?? 0));
        // What was received and could not be used is never passed over in silence.
        expect(isWhole || board.needsSnapshot).toBe(true);
      }),
    );
  });

  it("after a snapshot in mid-stream goes on as if nothing had been missed", () => {
    fc.assert(
      fc.property(frames, fc.nat(), (sent, cut) => {
        const at = sent.length ? cut % sent.length : 0;
        const until = run(sent.slice(0, at));
        const taken = fromSnapshot(until.seq, Object.values(until.incidents));
        expect(sent.reduce(apply, taken).incidents).toEqual(run(sent).incidents);
      }),
    );
  });

  it("believes nothing more after a resync until a snapshot comes", () => {
    const board = apply(first(), { kind: "resync" });
    expect(board.needsSnapshot).toBe(true);
    expect(apply(board, { seq: 11, prev: 10, kind: "incident", data: anItem({ id: "9" }) })).toBe(board);
  });

  it("is not changed by a sign of life", () => {
    const board = first();
    expect(apply(board, { kind: "alive", data: { head: 99 } })).toBe(board);
  });

  it("never changes the board it was given", () => {
    const board = Object.freeze(first());
    Object.freeze(board.incidents);
    const item: Item = anItem({ id: "3" });
    expect(apply(board, { seq: 11, prev: 10, kind: "incident", data: item }).incidents["3"]).toBe(item);
  });
});
