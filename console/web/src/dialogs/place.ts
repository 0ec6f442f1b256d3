// A point as people read it out or paste it: latitude, then longitude, WGS-84.

export interface Point {
  readonly lat: number;
  readonly lon: number;
}

const NUMBERS = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,，、;；\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/;

/** The point of "30.0531, 121.0235"; null where the text is none, or is not on the earth. */
export function pointOf(text: string): Point | null {
  const found = NUMBERS.exec(text);
  if (!found) return null;
  const [lat, lon] = [Number(found[1]), Number(found[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

/** Whether nothing is written, or a point. */
export const isPoint = (text: string): boolean => text.trim() === "" || pointOf(text) !== null;
