import { createHash } from 'node:crypto';
import type { ImageWire } from '@skaha/wire/schemas.js';

/** An image this platform offers. */
export interface CatalogueImage {
  /** Full reference: registry host, project, name and tag. */
  readonly id: string;
  /** Kinds for which it is labelled; may contain other words. */
  readonly types: readonly string[];
  readonly digest: string;
  /** What a session runs if it names no command. */
  readonly command?: readonly string[] | undefined;
  /** What sessions of a kind run instead of `command`. */
  readonly commands?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Whether its command listens on the unix socket in `skaha_socket`, where there is one. */
  readonly socket?: boolean | undefined;
}

/** The images a platform offers, found by their full reference. */
export class Catalogue {
  readonly #images: ReadonlyMap<string, CatalogueImage>;

  constructor(images: readonly CatalogueImage[]) {
    this.#images = new Map(images.map((image) => [image.id, image]));
  }

  get(reference: string): CatalogueImage | undefined {
    return this.#images.get(reference);
  }

  /** The images as in `GET /image`; only those with the label `type`, if given. */
  wire(type?: string): ImageWire[] {
    return [...this.#images.values()]
      .filter((image) => type === undefined || image.types.includes(type))
      .map(({ id, types, digest }) => ({ id, types: [...types], digest }));
  }
}

/** The command of a kind by default; kinds with a page need an image labelled for them. */
export function commandFor(
  image: CatalogueImage | undefined,
  kind: string,
): readonly string[] | undefined {
  const { commands = {}, command, types = [] } = image ?? {};
  if (Object.hasOwn(commands, kind)) return commands[kind];
  return kind === 'headless' || types.includes(kind) ? command : undefined;
}

/** A digest that depends only on the reference, so that it is the same on every machine. */
export const stableDigest = (reference: string): string =>
  `sha256:${createHash('sha256').update(reference).digest('hex')}`;

/** The registry host of a reference: the part before its first slash. */
export const registryHost = (reference: string): string => reference.split('/', 1)[0] ?? '';
