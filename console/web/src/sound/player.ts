// Bursts of pulses through WebAudio, and whether the browser lets them be heard.
import type { Burst } from "./derive";

interface Voice {
  readonly hz: number;
  readonly pulseS: number;
  readonly gapS: number;
}

/** Each severity has its own pitch and pace, so that it is known without looking. */
const VOICES: Readonly<Record<Burst["priority"] | "lost", Voice>> = {
  P1: { hz: 880, pulseS: 0.15, gapS: 0.12 },
  P2: { hz: 660, pulseS: 0.2, gapS: 0.2 },
  P3: { hz: 520, pulseS: 0.22, gapS: 0.25 },
  lost: { hz: 330, pulseS: 0.35, gapS: 0.2 },
};
const LOUDNESS = 0.35;
/** Soft edges: a pulse that starts at once clicks. */
const EDGE_S = 0.012;

export class Player {
  private context: AudioContext | null = null;
  private busyUntilS = 0;

  /** Call from a gesture: browsers keep audio silent until somebody has acted. */
  async start(changed: () => void): Promise<void> {
    if (!this.context) {
      this.context = new AudioContext();
      this.context.onstatechange = changed;
    }
    if (this.context.state !== "running") await this.context.resume();
  }

  get isRunning(): boolean {
    return this.context?.state === "running";
  }

  /** Whether a burst is still sounding; another waits. */
  get isBusy(): boolean {
    return this.context !== null && this.context.currentTime < this.busyUntilS;
  }

  /** False where the browser would swallow it: then nothing counts as heard. */
  play(burst: Burst): boolean {
    return this.pulses(VOICES[burst.priority], burst.pulses);
  }

  /** The tone of a lost feed: low, twice. */
  playLost(): boolean {
    return this.pulses(VOICES.lost, 2);
  }

  /** One pulse of each severity, so that who starts a shift knows that, and how, it sounds. */
  playTest(): boolean {
    if (!this.isRunning) return false;
    for (const priority of ["P3", "P2", "P1"] as const) this.append(VOICES[priority], 1);
    return true;
  }

  private pulses(voice: Voice, count: number): boolean {
    if (!this.isRunning) return false;
    this.append(voice, count);
    return true;
  }

  private append(voice: Voice, count: number): void {
    const context = this.context as AudioContext;
    let at = Math.max(context.currentTime + 0.02, this.busyUntilS);
    for (let i = 0; i < count; i += 1) {
      this.pulse(context, voice, at);
      // Ten pulses come as twice five, as the pattern asks.
      at += voice.pulseS + voice.gapS + (count === 10 && i === 4 ? voice.gapS * 3 : 0);
    }
    this.busyUntilS = at;
  }

  private pulse(context: AudioContext, voice: Voice, at: number): void {
    const gain = context.createGain();
    gain.connect(context.destination);
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(LOUDNESS, at + EDGE_S);
    gain.gain.setValueAtTime(LOUDNESS, at + voice.pulseS - EDGE_S);
    gain.gain.linearRampToValueAtTime(0, at + voice.pulseS);
    // Overtones let a small loudspeaker carry it and an old ear hear it.
    for (const overtone of [1, 2, 3]) {
      const tone = context.createOscillator();
      const share = context.createGain();
      tone.frequency.value = voice.hz * overtone;
      share.gain.value = 0.6 / overtone;
      tone.connect(share).connect(gain);
      tone.start(at);
      tone.stop(at + voice.pulseS);
    }
  }
}
