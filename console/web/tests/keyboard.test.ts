// A key means something only where nobody is writing.
import { describe, expect, it } from "vitest";
import { actionOf, digitOf, type KeyPress } from "@/keyboard/keys";

const ON = { singleKeys: true };
const pressed = (code: string, said: Partial<KeyPress> = {}): KeyPress => ({
  code,
  isComposing: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  shiftKey: false,
  target: document.body,
  ...said,
});

describe("the keys of the desk", () => {
  it.each([["KeyJ", "next"], ["ArrowUp", "previous"], ["KeyC", "claim"], ["KeyN", "note"], ["KeyR", "resolve"], ["Slash", "search"], ["Escape", "back"], ["Enter", "open"]])(
    "%s means %s",
    (code, action) => {
      expect(actionOf(pressed(code), ON)).toBe(action);
    },
  );

  it("opens the sheet with a question mark", () => {
    expect(actionOf(pressed("Slash", { shiftKey: true }), ON)).toBe("help");
  });

  it("mean nothing while an input method is composing", () => {
    expect(actionOf(pressed("KeyC", { isComposing: true }), ON)).toBeNull();
  });

  it.each(["ctrlKey", "altKey", "metaKey"] as const)("belong to the browser with %s", (modifier) => {
    expect(actionOf(pressed("KeyR", { [modifier]: true }), ON)).toBeNull();
  });

  it.each(["input", "textarea", "select"])("mean nothing in a %s, but Escape leaves it", (tag) => {
    const target = document.createElement(tag);
    expect(actionOf(pressed("KeyC", { target }), ON)).toBeNull();
    expect(actionOf(pressed("Escape", { target }), ON)).toBe("back");
  });

  it("leave Enter to a focused button", () => {
    const target = document.createElement("button");
    expect(actionOf(pressed("Enter", { target }), ON)).toBeNull();
    expect(actionOf(pressed("KeyC", { target }), ON)).toBe("claim");
  });

  it("can be switched off, arrows and Escape apart", () => {
    expect(actionOf(pressed("KeyC"), { singleKeys: false })).toBeNull();
    expect(actionOf(pressed("ArrowDown"), { singleKeys: false })).toBe("next");
  });
});

describe("the digits of the desk", () => {
  it("pick who goes alone, and answer the plan with Alt", () => {
    expect(digitOf(pressed("Digit3"), ON)).toEqual({ means: "pick", n: 3 });
    expect(digitOf(pressed("Numpad9"), ON)).toEqual({ means: "pick", n: 9 });
    expect(digitOf(pressed("Digit2", { altKey: true }), ON)).toEqual({ means: "answer", n: 2 });
  });

  it("mean nothing as part of something else", () => {
    expect(digitOf(pressed("Digit0"), ON)).toBeNull();
    expect(digitOf(pressed("Digit1", { ctrlKey: true }), ON)).toBeNull();
    expect(digitOf(pressed("Digit1", { isComposing: true }), ON)).toBeNull();
    expect(digitOf(pressed("Digit1", { target: document.createElement("input") }), ON)).toBeNull();
    expect(digitOf(pressed("Digit1"), { singleKeys: false })).toBeNull();
  });
});
