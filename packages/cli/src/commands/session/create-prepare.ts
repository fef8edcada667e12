import type { Io } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { planCreate, type RequestedKind } from 'skaha';
import type { BatchSpec } from 'skaha/batch';
import type { Deps } from '../../deps.js';
import type { BatchRequest } from '../jobs/launch.js';
import { type AfterOptions, checkAfter } from './create-after.js';
import { type ManyOptions, toBatch } from './create-batch.js';
import { explainInput } from './create-refusal.js';
import { readTemplate, type TemplateOptions } from './create-template.js';

/** The options of `create`, from the command line or from a document. */
export interface CreateCommandOptions
  extends AfterOptions,
    Omit<ManyOptions, 'rows'>,
    TemplateOptions {
  file?: string | undefined;
  details: boolean;
}

/** One launch that is ready to be sent. */
export interface Prepared extends BatchRequest {
  isBatch: boolean;
  /** Whether the user chose the name. */
  isNamed: boolean;
  after: AfterOptions;
}

/** Finds what is plainly wrong before the platform is asked for an image or a name. */
function checkEarly(template: Pick<BatchSpec, 'kind'>, options: CreateCommandOptions): void {
  const { name = 'name', image = 'project/image', replicas, env, envFile } = options;
  const hasVariables = env.length + envFile.length > 0;
  try {
    const { kind } = template;
    const [cmd] = options.command;
    planCreate({ kind, name, image, replicas, cmd, ...(hasVariables ? { env: { A: '1' } } : {}) });
  } catch (error) {
    throw explainInput(error);
  }
}

/** `--wait 10m` reads well, but leaves the time as a word of the command. */
function checkWait({ wait, open, image, command }: CreateCommandOptions): void {
  if (!wait && !open) return;
  const time = [image, command[0]].find((word) => /^\d+(?:\.\d+)?(?:ms|[smhd])?$/.test(word ?? ''));
  if (time === undefined) return;
  throw usageError(
    `'${time}' is neither an image nor a command.`,
    `If it is how long to wait, write --wait-timeout ${time}.`,
  );
}

/** Reads one launch. */
export async function prepareLaunch(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions & Pick<ManyOptions, 'rows'>,
): Promise<Prepared> {
  const { kind } = options;
  if (kind === undefined)
    throw usageError(
      'KIND is missing.',
      "Usage: skaha create KIND [IMAGE]; see 'skaha create -h'.",
    );
  checkWait(options);
  checkAfter(io, kind, options);
  checkEarly({ kind: kind as RequestedKind }, options);
  const template = await readTemplate(io, deps, kind, options);
  const batch = await toBatch(deps, template, options);
  return { ...batch, isNamed: options.name !== undefined, after: options };
}
