import { type Io, note } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isSkahaError, type RequestedKind } from 'skaha';
import type { BatchTemplate } from 'skaha/batch';
import type { Deps } from '../../deps.js';
import { readText } from '../../text-file.js';
import { type CommandOptions, checkCommand, readCommand } from './create-command.js';
import { type RegistryOptions, readRegistry } from './create-registry.js';
import { checkSize, readSize, type SizeOptions } from './create-size.js';
import { collectEnvironment } from './environment.js';
import { freeName, inventName, usualImage } from './names.js';

/** The options about what all sessions of one launch have in common. */
export interface TemplateOptions extends CommandOptions, RegistryOptions, SizeOptions {
  kind?: string | undefined;
  image?: string | undefined;
  name?: string | undefined;
  gpu?: number | undefined;
  env: readonly string[];
  envFile: readonly string[];
  dryRun: boolean;
}

async function chooseImage(io: Io, deps: Deps, kind: string, image: string | undefined) {
  if (image !== undefined) return image;
  if (kind === 'headless')
    throw usageError('IMAGE is missing.', "See what there is with 'skaha image ls -k headless'.");
  const client = await deps.client();
  const found = usualImage(kind, await client.images.details({ signal: io.signal }));
  if (found === undefined)
    throw usageError(`This platform has no image for ${kind} sessions.`, 'Name an image.');
  note(io, `Using the image ${found}.`);
  return found;
}

/** A made-up word for a job; for what people look at its kind with a number, as the portal does. */
async function chooseName(io: Io, deps: Deps, kind: string, { name, dryRun }: TemplateOptions) {
  if (name !== undefined) return name;
  if (kind === 'headless') return inventName(deps.random());
  try {
    const client = await deps.client();
    const sessions = await client.sessions.fetch({ signal: io.signal });
    return freeName(
      kind,
      sessions.map((session) => session.name),
    );
  } catch (error) {
    if (!dryRun || !isSkahaError(error) || io.signal.aborted) throw error;
    return freeName(kind, []);
  }
}

/**
 * Reads what all sessions of one launch have in common. What contradicts itself is refused before
 * the platform is asked anything.
 */
export async function readTemplate(
  io: Io,
  deps: Deps,
  kind: string,
  options: TemplateOptions,
): Promise<BatchTemplate & { image: string }> {
  checkCommand(kind, options);
  checkSize(options);
  const { cmd, args } = await readCommand(deps, options);
  const env = await collectEnvironment(options.env, options.envFile, io.env, (path) =>
    readText(deps, path, '--env-file'),
  );
  const registryCredential = await readRegistry(io, deps, options);
  const { cores, memoryGiB } = await readSize(io, deps, kind, options);
  const image = await chooseImage(io, deps, kind, options.image);
  const name = await chooseName(io, deps, kind, options);
  return {
    ...{ kind: kind as RequestedKind, image, name, cores, memoryGiB, gpus: options.gpu },
    ...{ cmd, args, env, registryCredential },
  };
}
