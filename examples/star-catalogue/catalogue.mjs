// @ts-check
import { readFile } from 'node:fs/promises';

/**
 * Reads the stars of the GeoJSON catalogue of d3-celestial.
 *
 * @param {string} path
 * @returns {Promise<import('./tally.mjs').Star[]>}
 */
export async function readCatalogue(path) {
  /** @type {{features: {id: number, properties: {mag: number, bv: string}, geometry: {coordinates: [number, number]}}[]}} */
  const { features } = JSON.parse(await readFile(path, 'utf8'));
  return features.map(({ id, properties, geometry }) => ({
    id,
    magnitude: properties.mag,
    colour: properties.bv === '' ? null : Number(properties.bv),
    ra: geometry.coordinates[0],
    dec: geometry.coordinates[1],
  }));
}

/**
 * The proper names of stars by Hipparcos number, from the same package.
 *
 * @param {string} path
 * @returns {Promise<ReadonlyMap<number, string>>}
 */
export async function readNames(path) {
  /** @type {Record<string, {name: string}>} */
  const entries = JSON.parse(await readFile(path, 'utf8'));
  return new Map(
    Object.entries(entries)
      .filter(([, { name }]) => name !== '')
      .map(([id, { name }]) => [Number(id), name]),
  );
}
