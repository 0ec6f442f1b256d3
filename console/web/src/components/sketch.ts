// Places on a small drawing: metres east and north of its middle. Flat, which is true enough over some tens of kilometres.
import type { Point } from "@/dialogs/place";

const EARTH_RADIUS_M = 6_371_000;
const RADIANS = Math.PI / 180;
/** What is drawn fills no more than this share of the side. */
const FILLS = 0.8;
/** Nothing is drawn larger than this: a home alone still shows some of its street. */
const LEAST_M = 200;

export function metresFrom(middle: Point, point: Point): { east: number; north: number } {
  const north = (point.lat - middle.lat) * RADIANS * EARTH_RADIUS_M;
  const east = (point.lon - middle.lon) * RADIANS * EARTH_RADIUS_M * Math.cos(middle.lat * RADIANS);
  return { east, north };
}

export function pointAt(middle: Point, east: number, north: number): Point {
  const lat = middle.lat + north / EARTH_RADIUS_M / RADIANS;
  const lon = middle.lon + east / EARTH_RADIUS_M / Math.cos(middle.lat * RADIANS) / RADIANS;
  return { lat: Number(lat.toFixed(6)), lon: Number(lon.toFixed(6)) };
}

/** How many metres the side of the drawing stands for, so that all of the fence is on it. */
export function spanOf(middle: Point | null, centre: Point | null, radiusM: number, shape: readonly Point[]): number {
  if (!middle) return LEAST_M;
  const reach = (point: Point, beyond: number): number => {
    const { east, north } = metresFrom(middle, point);
    return Math.max(Math.abs(east), Math.abs(north)) + beyond;
  };
  const most = Math.max(LEAST_M / 2, ...shape.map((point) => reach(point, 0)), ...(centre ? [reach(centre, radiusM)] : []));
  return (2 * most) / FILLS;
}
