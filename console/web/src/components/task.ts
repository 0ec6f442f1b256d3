// What is left to do, in the order in which it hurts to leave it.
import type { Task } from "@/api/types";

export const isOpen = ({ state }: Pick<Task, "state">): boolean => state === "open";
export const isOverdue = (task: Pick<Task, "state" | "due_at">, nowMs: number): boolean => isOpen(task) && task.due_at !== null && Date.parse(task.due_at) < nowMs;

/** Open before ended; then what is due soonest, and what has no time last. */
export function byDue(a: Task, b: Task): number {
  const due = (task: Task): number => (task.due_at === null ? Infinity : Date.parse(task.due_at));
  const [left, right] = [due(a), due(b)];
  return Number(isOpen(b)) - Number(isOpen(a)) || (left === right ? 0 : left - right) || Number(a.id) - Number(b.id);
}
