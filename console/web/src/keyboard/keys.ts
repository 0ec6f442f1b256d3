// Which key means what at the desk, and when a key means nothing.

export type KeyAction =
  | "next"
  | "previous"
  | "open"
  | "claim"
  | "call"
  | "note"
  | "pass"
  | "resolve"
  | "dispatch"
  | "handover"
  | "transfer"
  | "pickUp"
  | "confirm"
  | "tell"
  | "search"
  | "help"
  | "back"
  | "newest";

/** By the key's place, not its letter: a Chinese input method may report any letter. */
const BY_CODE: Readonly<Record<string, KeyAction>> = {
  KeyJ: "next",
  ArrowDown: "next",
  KeyK: "previous",
  ArrowUp: "previous",
  Enter: "open",
  KeyC: "claim",
  KeyT: "call",
  KeyN: "note",
  KeyP: "pass",
  KeyR: "resolve",
  KeyD: "dispatch",
  KeyH: "handover",
  KeyX: "transfer",
  KeyA: "pickUp",
  KeyS: "confirm",
  KeyW: "tell",
  Slash: "search",
  Escape: "back",
  Home: "newest",
};

/** These work with single keys switched off too: they are no characters (WCAG 2.1.4). */
const NOT_CHARACTERS: ReadonlySet<string> = new Set(["ArrowDown", "ArrowUp", "Enter", "Escape", "Home"]);

export interface KeyPress {
  readonly code: string;
  readonly isComposing: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly target: EventTarget | null;
}

/** The action of this key press, or null where it belongs to somebody else. */
export function actionOf(press: KeyPress, options: { singleKeys: boolean }): KeyAction | null {
  if (press.isComposing || press.ctrlKey || press.altKey || press.metaKey) return null;
  const field = fieldOf(press.target);
  if (field === "text") return press.code === "Escape" ? "back" : null;
  if (!options.singleKeys && !NOT_CHARACTERS.has(press.code)) return null;
  // A focused button keeps its own Enter, a list of choices its arrows.
  if (field === "control" && NOT_CHARACTERS.has(press.code) && press.code !== "Escape") return null;
  if (press.shiftKey) return press.code === "Slash" ? "help" : null;
  return BY_CODE[press.code] ?? null;
}

/** A digit: alone it picks who goes, with Alt it answers the step of the plan. */
export type Digit = { readonly means: "pick" | "answer"; readonly n: number } | null;

export function digitOf(press: KeyPress, options: { singleKeys: boolean }): Digit {
  const n = Number(/^(?:Digit|Numpad)([1-9])$/.exec(press.code)?.[1] ?? 0);
  if (!n || press.isComposing || press.ctrlKey || press.metaKey || press.shiftKey) return null;
  if (press.altKey) return { means: "answer", n };
  return options.singleKeys && fieldOf(press.target) !== "text" ? { means: "pick", n } : null;
}

function fieldOf(target: EventTarget | null): "text" | "control" | null {
  if (!(target instanceof HTMLElement)) return null;
  if (target.isContentEditable || target.closest("input, textarea, select")) return "text";
  return target.closest("button, a, summary") ? "control" : null;
}
