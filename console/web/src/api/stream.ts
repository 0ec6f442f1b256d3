// The live feed: one WebSocket that comes back by itself and says when it may not.
import type { Frame } from "./types";

/** The server closes with this when rights, password or session changed: sign in again. */
const SIGNED_OUT = 4401;
/** First wait after a loss, and the longest; between them it doubles. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;
/** A socket that says nothing for so long is dead, whatever the browser believes. */
const SILENCE_MS = 8_000;

export interface StreamEvents {
  /** The number after which to resume, or null where a snapshot must come first. */
  after(): number | null;
  frame(frame: Frame): void;
  lost(attempt: number, waitMs: number): void;
  signedOut(): void;
}

export class Stream {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private wanted = false;

  constructor(private readonly events: StreamEvents) {}

  open(): void {
    this.wanted = true;
    this.connect();
  }

  close(): void {
    this.wanted = false;
    this.drop();
  }

  /** Tells the server that a person is here: a claim is held by people, not by pages. */
  act(): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send('{"kind":"act"}');
  }

  /** Now instead of after the wait. */
  reconnect(): void {
    this.drop();
    this.connect();
  }

  private connect(): void {
    clearTimeout(this.timer);
    if (!this.wanted || this.socket) return;
    const after = this.events.after();
    if (after === null) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/stream?after=${after}`);
    this.socket = socket;
    this.watch();
    socket.onmessage = (message: MessageEvent<string>) => this.receive(socket, message.data);
    socket.onclose = (closed: CloseEvent) => this.closed(socket, closed.code);
  }

  private receive(socket: WebSocket, text: string): void {
    if (socket !== this.socket) return;
    this.attempt = 0;
    this.watch();
    this.events.frame(JSON.parse(text) as Frame);
  }

  private closed(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return;
    this.drop();
    if (code === SIGNED_OUT) {
      this.wanted = false;
      this.events.signedOut();
    } else if (this.wanted) {
      this.retryLater();
    }
  }

  private retryLater(): void {
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.attempt);
    this.attempt += 1;
    this.events.lost(this.attempt, waitMs);
    this.timer = setTimeout(() => this.connect(), waitMs);
  }

  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.drop();
      if (this.wanted) this.retryLater();
    }, SILENCE_MS);
  }

  private drop(): void {
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}
