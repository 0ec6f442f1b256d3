// The desk's picture of all open incidents, and the one pure step by which a frame changes it.
import type { Entry, Frame, Item } from "@/api/types";

export interface Board {
  /** The number the picture stands at. */
  readonly seq: number;
  readonly incidents: Readonly<Record<string, Item>>;
  /** The last entry heard of each incident: what a detail on screen must catch up with. */
  readonly lastEntry: Readonly<Record<string, number>>;
  /** A frame was lost or the server cannot resume: nothing more is believed until a snapshot comes. */
  readonly needsSnapshot: boolean;
}

export const NO_PICTURE: Board = { seq: 0, incidents: {}, lastEntry: {}, needsSnapshot: true };

/** The picture right after reading the queue. */
export function fromSnapshot(seq: number, items: readonly Item[]): Board {
  const open = items.filter((item) => item.state !== "closed");
  return {
    seq,
    incidents: Object.fromEntries(open.map((item) => [item.id, item])),
    lastEntry: {},
    needsSnapshot: false,
  };
}

/**
 * The picture after this frame. A frame already contained changes nothing; one that does not follow
 * what was seen, or says `resync`, asks for a snapshot. Never guesses.
 */
export function apply(board: Board, frame: Frame): Board {
  if (board.needsSnapshot || frame.kind === "alive") return board;
  if (frame.kind === "resync") return { ...board, needsSnapshot: true };
  if (frame.seq === undefined || frame.prev === undefined) return board;
  if (frame.seq <= board.seq) return board;
  if (frame.prev > board.seq) return { ...board, needsSnapshot: true };
  return { ...changed(board, frame), seq: frame.seq };
}

function changed(board: Board, frame: Frame): Board {
  switch (frame.kind) {
    case "incident":
      return withItem(board, frame.data as Item);
    case "entry":
      return withEntry(board, frame.data as Entry & { incident: string });
    case "gone": {
      const gone = frame.data as { kind: string; id: string };
      return gone.kind === "incident" ? without(board, gone.id) : board;
    }
    default:
      return board;
  }
}

function withItem(board: Board, item: Item): Board {
  if (item.state === "closed") return without(board, item.id);
  return { ...board, incidents: { ...board.incidents, [item.id]: item } };
}

function withEntry(board: Board, entry: Entry & { incident: string }): Board {
  return { ...board, lastEntry: { ...board.lastEntry, [entry.incident]: entry.seq } };
}

function without(board: Board, id: string): Board {
  const { [id]: _gone, ...incidents } = board.incidents;
  return { ...board, incidents };
}
