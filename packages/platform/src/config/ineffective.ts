import type { PlatformConfig } from './schema.js';

/** Kinds that run the platform's own scripts, and not the `command` of an image. */
const ownStart: readonly string[] = ['notebook', 'desktop'];

/**
 * Finds settings without effect in a valid configuration.
 *
 * @returns a sentence for each command of an image that no session of its types runs
 */
export const ineffectiveCommands = ({ images = [] }: PlatformConfig): string[] =>
  images.flatMap(({ id, types, command, commands = {} }) => {
    if (command === undefined || types.length === 0) return [];
    if (!types.every((type) => ownStart.includes(type))) return [];
    const [kind] = types.filter((type) => !Object.hasOwn(commands, type));
    if (kind === undefined) return [];
    return [
      `The command of the image ${id} has no effect on a ${kind}, which starts what the platform has for it. To start another program, write commands: { ${kind}: [...] } instead.`,
    ];
  });
