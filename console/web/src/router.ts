// Which page stands at which address, and who is asked to sign in first.
import { createRouter, createWebHistory } from "vue-router";
import { may } from "@/state/may";
import { devicePages } from "@/state/register";
import { resume, session } from "@/state/session";
import DeskView from "@/views/DeskView.vue";
import SignInView from "@/views/SignInView.vue";

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", name: "desk", component: DeskView },
    { path: "/sign-in", name: "sign-in", component: SignInView },
    { path: "/residents", name: "residents", component: () => import("@/views/ResidentsView.vue") },
    { path: "/residents/:id", name: "resident", component: () => import("@/views/ResidentView.vue"), props: true, meta: { section: "residents" } },
    { path: "/devices", name: "devices", component: () => import("@/views/DevicesView.vue") },
    { path: "/devices/:id", name: "device", component: () => import("@/views/DeviceView.vue"), props: true, meta: { section: "devices" } },
    { path: "/dead-letters", name: "dead-letters", component: () => import("@/views/DeadLettersView.vue"), meta: { section: "devices" } },
    { path: "/sources", name: "sources", component: () => import("@/views/SourcesView.vue"), meta: { section: "devices" } },
    { path: "/visits", name: "visits", component: () => import("@/views/VisitsView.vue") },
    { path: "/tasks", name: "tasks", component: () => import("@/views/TasksView.vue") },
    { path: "/absences", name: "absences", component: () => import("@/views/AbsencesView.vue"), meta: { section: "holding" } },
    { path: "/silences", name: "silences", component: () => import("@/views/SilencesView.vue"), meta: { section: "holding" } },
    { path: "/storms", name: "storms", component: () => import("@/views/StormsView.vue"), meta: { section: "holding" } },
    { path: "/policies", name: "policies", component: () => import("@/views/PoliciesView.vue") },
    { path: "/:rest(.*)", redirect: { name: "desk" } },
  ],
});

let hasAsked = false;

/** Who may not see cases begins with the devices. */
function insteadOfDesk(): true | { name: string } {
  const [first] = devicePages();
  return may("watchCases") || !first ? true : { name: first };
}

router.beforeEach(async (to) => {
  if (!session.user && !hasAsked) {
    hasAsked = true;
    // Where nobody answers, the sign-in page says so; it must not stay blank.
    await resume().catch(() => false);
  }
  if (to.name === "sign-in") return session.user ? { name: "desk" } : true;
  if (session.user) return to.name === "desk" ? insteadOfDesk() : true;
  return { name: "sign-in", query: to.fullPath === "/" ? {} : { next: to.fullPath } };
});
