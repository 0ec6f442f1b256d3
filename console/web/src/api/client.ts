// One way to ask the server: JSON in, JSON or a named refusal out.
import type { Problem } from "./types";

const ROOT = "/api/v1";
/** Longer than any honest answer; a command without one is shown as failed, never as done. */
const PATIENCE_MS = 10_000;

/** The server said no. The problem says why; try again only after reading it. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(told(problem));
    this.name = "Refused";
  }
}

/** The sentence of a refusal: what each field lacks, where the server says it. */
export function told(problem: Problem): string {
  const fields = problem.problems?.map((one) => `${one.field}: ${one.message ?? one.code}`);
  return fields?.length ? fields.join(" · ") : (problem.detail ?? problem.title);
}

/** No answer came: nobody knows whether the command was carried out. Look at the feed before trying again. */
export class Unanswered extends Error {
  constructor(cause: unknown) {
    super("the server did not answer", { cause });
    this.name = "Unanswered";
  }
}

interface Ask {
  method?: string;
  body?: unknown;
  /** Sent as it is, with this media type, instead of JSON. */
  raw?: { text: string; type: string };
  ifMatch?: number;
  patienceMs?: number;
}

function headersOf(ask: Ask): Record<string, string> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (ask.raw) headers["Content-Type"] = ask.raw.type;
  else if (ask.body !== undefined) headers["Content-Type"] = "application/json";
  if (ask.ifMatch !== undefined) headers["If-Match"] = `"${ask.ifMatch}"`;
  return headers;
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const told = (await response.json()) as Partial<Problem>;
    return { ...told, title: told.title ?? response.statusText, status: response.status };
  } catch {
    return { title: response.statusText || String(response.status), status: response.status };
  }
}

/** The answer, or Refused, or Unanswered. */
export async function ask<T>(path: string, ask: Ask = {}): Promise<T> {
  const request: RequestInit = {
    method: ask.method ?? "GET",
    headers: headersOf(ask),
    credentials: "same-origin",
    signal: AbortSignal.timeout(ask.patienceMs ?? PATIENCE_MS),
  };
  if (ask.raw) request.body = ask.raw.text;
  else if (ask.body !== undefined) request.body = JSON.stringify(ask.body);
  let response: Response;
  try {
    response = await fetch(ROOT + path, request);
  } catch (cause) {
    throw new Unanswered(cause);
  }
  if (!response.ok) throw new Refused(await problemOf(response));
  // What is only accepted, or done without a word, has no body.
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export function post<T>(path: string, body: unknown = {}, ifMatch?: number): Promise<T> {
  return ask<T>(path, ifMatch === undefined ? { method: "POST", body } : { method: "POST", body, ifMatch });
}

/** A path with only those questions that were asked. */
export function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}
