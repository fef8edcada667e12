import { type Io, note } from '@skaha/terminal/io.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { Run } from '../../command.js';
import { loadPlatform, meantDirectory, type PlatformFault, type PlatformModule } from './module.js';

export interface PlatformFaultOptions {
  action?: string | undefined;
  words: readonly string[];
  data?: string | undefined;
}

async function listAvailable(io: Io, { faultForms }: PlatformModule): Promise<void> {
  await renderList(
    io,
    {
      rows: Object.entries(faultForms).map(([fault, { what }]) => ({ fault, what })),
      document: (row) => row,
      columns: [
        { header: 'FAULT', value: ({ fault }) => fault },
        { header: 'WHAT HAPPENS', value: ({ what }) => what.replaceAll('`', ''), shrinkTo: 20 },
      ],
      name: ({ fault }) => fault,
    },
    'There are no faults.',
  );
}

async function list(io: Io, faults: readonly PlatformFault[]): Promise<void> {
  await renderList(
    io,
    {
      rows: faults.map(({ kind, ...settings }) => ({ fault: kind, settings })),
      document: (row) => row,
      columns: [
        { header: 'FAULT', value: ({ fault }) => fault },
        {
          header: 'SETTINGS',
          value: ({ settings }) =>
            Object.entries(settings)
              .map(([key, value]) => `${key}=${value}`)
              .join(' '),
          shrinkTo: 10,
        },
      ],
      name: ({ fault }) => fault,
    },
    "No fault is in force. See what there is with 'skaha platform fault available'.",
  );
}

/** Lists, orders and lifts misbehaviours of the platform. */
export const runPlatformFault: Run<PlatformFaultOptions> = async (io, deps, options) => {
  const { action = 'ls', words } = options;
  if (action === 'set' && words.length === 0) {
    throw usageError('Name a fault.', "See what there is with 'skaha platform fault available'.");
  }
  if ((action === 'ls' || action === 'available') && words.length > 0) {
    throw usageError(`'${action}' takes no more arguments.`, "See 'skaha platform fault --help'.");
  }
  const module = await loadPlatform();
  if (action === 'available') {
    await listAvailable(io, module);
    return undefined;
  }
  const data = await meantDirectory(io, deps, options.data);
  const call = { ...(data === undefined ? {} : { data }), signal: io.signal };
  if (action === 'set') {
    await module.setFault(words.join(','), call);
    note(io, `The fault '${words[0]}' is in force.`);
  } else if (action === 'clear') {
    for (const word of words) await module.clearFaults(word, call);
    if (words.length === 0) await module.clearFaults(undefined, call);
    note(io, words.length === 0 ? 'No fault is in force.' : `Cleared: ${words.join(', ')}.`);
  } else {
    await list(io, await module.listFaults(call));
  }
  return undefined;
};
