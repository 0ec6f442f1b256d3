// A register's list, page by page, with its search; and one record with its refusals.
import { ref, shallowRef } from "vue";
import { ask, Refused, withQuery } from "@/api/client";
import type { Page } from "@/api/types";

const PAGE = 50;
/** As many as the server gives at once. */
const PAGE_MOST = 500;

/** What went wrong while reading: the server's words, or null where it did not answer; its code has words of the page. */
export interface Failure {
  readonly reason: string | null;
  readonly code?: string | undefined;
}

export function failureOf(error: unknown): Failure {
  return error instanceof Refused ? { reason: error.message, code: error.problem.code ?? undefined } : { reason: null };
}

export function useRegister<T>(path: string) {
  const rows = shallowRef<T[]>([]);
  const next = ref<string | null>(null);
  const isLoading = ref(false);
  const failure = ref<Failure | null>(null);
  let asked: Record<string, string> = {};

  async function read(cursor: string | null): Promise<void> {
    isLoading.value = true;
    await load(cursor, PAGE);
    isLoading.value = false;
  }

  async function load(cursor: string | null, limit: number): Promise<void> {
    const question = asked;
    try {
      const page = await ask<Page<T>>(withQuery(path, { ...asked, limit, cursor: cursor ?? undefined }));
      // A later question has been asked meanwhile: this is no answer to it.
      if (question !== asked) return;
      rows.value = cursor ? [...rows.value, ...page.items] : page.items;
      next.value = page.next;
      failure.value = null;
    } catch (error) {
      failure.value = failureOf(error);
    }
  }

  function find(query: Record<string, string>): Promise<void> {
    asked = { ...query };
    return read(null);
  }

  /** The rows on the page as they stand now, without a word of it. */
  const refresh = (): Promise<void> => load(null, Math.min(PAGE_MOST, Math.max(PAGE, rows.value.length)));

  return { rows, next, isLoading, failure, find, refresh, more: () => read(next.value) };
}

/** The server wants to know why one looks (centre.md, 35). */
const isPurposeWanted = (error: unknown): boolean =>
  error instanceof Refused && (error.problem.problems ?? []).some((one) => one.code === "purpose_required");

export function useRecord<T>(path: () => string) {
  const record = shallowRef<T | null>(null);
  const failure = ref<Failure | null>(null);
  const wantsPurpose = ref(false);
  const purpose = ref("");

  async function read(): Promise<void> {
    try {
      record.value = await ask<T>(withQuery(path(), { purpose: purpose.value.trim() }));
      failure.value = null;
      wantsPurpose.value = false;
    } catch (error) {
      wantsPurpose.value = isPurposeWanted(error);
      failure.value = wantsPurpose.value ? null : failureOf(error);
    }
  }

  return { record, failure, wantsPurpose, purpose, read };
}
