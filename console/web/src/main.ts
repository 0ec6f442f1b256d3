// Starts the pages: language, theme, clock and ears first, so that nothing is shown unheard.
import { createApp } from "vue";
import App from "./App.vue";
import { i18n } from "./i18n";
import { router } from "./router";
import { startListening } from "./sound/watch";
import { startTicking } from "./state/clock";
import { applyPreferences } from "./state/preferences";
import { onLockedOut } from "./state/session";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/topbar.css";
import "./styles/queue.css";
import "./styles/incident.css";
import "./styles/states.css";
import "./styles/records.css";
import "./styles/forms.css";
import "./styles/field.css";
import "./styles/work.css";
import "./styles/narrow.css";

applyPreferences((language) => {
  i18n.global.locale.value = language;
});
startTicking();
startListening();
onLockedOut(() => void router.push({ name: "sign-in" }));
createApp(App).use(router).use(i18n).mount("#app");
