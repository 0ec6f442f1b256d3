// What the tester says of the press just now, and what is still missing before it can be said.

export interface PressDraft {
  /** Pressed from where the device will be used: counts towards its going live. */
  isCommissioning: boolean;
  place: string;
  isPersonConfirmed: boolean;
  isAddressConfirmed: boolean;
  voice: "" | "ok" | "none";
  voiceReason: string;
}

export const noPress = (): PressDraft => ({ isCommissioning: false, place: "", isPersonConfirmed: false, isAddressConfirmed: false, voice: "", voiceReason: "" });

/** Keys under `press` of what is not said yet. */
export function missingOf(draft: PressDraft): ("place" | "voice" | "voiceReason")[] {
  if (!draft.isCommissioning) return [];
  return [
    ...(draft.place.trim() ? [] : (["place"] as const)),
    ...(draft.voice ? [] : (["voice"] as const)),
    ...(draft.voice === "none" && !draft.voiceReason.trim() ? (["voiceReason"] as const) : []),
  ];
}

/** Whether the press is told but will not let the device go live: nobody named the person or the address. */
export const countsForNothing = (draft: PressDraft): boolean => draft.isCommissioning && !(draft.isPersonConfirmed && draft.isAddressConfirmed);

export function bodyOf(draft: PressDraft): object {
  if (!draft.isCommissioning) return {};
  return {
    place: draft.place.trim(),
    person_confirmed: draft.isPersonConfirmed,
    address_confirmed: draft.isAddressConfirmed,
    voice: draft.voice === "ok" ? "ok" : "none",
    ...(draft.voice === "none" && { voice_reason: draft.voiceReason.trim() }),
  };
}
