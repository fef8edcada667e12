import { defined } from '@skaha/base/record.js';
import { count } from '@skaha/terminal/output/text.js';
import { launchableKinds } from '@skaha/wire/kinds.js';
import { type CreateOptions, scriptCommand } from 'skaha';
import type { BatchPlan, BatchSpec } from 'skaha/batch';
import { describePlan, planDryRun } from '../create/preview.js';
import { send } from '../create/send.js';
import { sessionsInput, sessionsOf } from './look-tools.js';
import { amount, atMost, line, z } from './sdk.js';
import { defineTool, type InputOf, refused, type Tool } from './tool.js';

/** The sessions that something was done to. */
const changedOutput = z.array(z.object({ id: z.string(), name: z.string() })).optional();

const sharedSize = 'If left out, the session shares what is free';

const createInput = {
  name: line(63, 'Letters, digits and inner hyphens'),
  image: line(500, "An image from 'images', for example skaha/astroml:latest"),
  kind: z.enum(launchableKinds).default('headless'),
  command: z
    .array(z.string().max(4000))
    .max(200)
    .optional()
    .describe('Headless only: the program and its arguments, none of which may contain a space'),
  script: z
    .string()
    .max(32 * 1024)
    .optional()
    .describe('Headless only, instead of command: a shell script, or one that begins with #!'),
  env: z
    .record(z.string().max(200), z.string().max(8000))
    .optional()
    .describe('Headless only: variables. Do not put secrets in them'),
  cores: amount(1).describe(sharedSize),
  memory_gib: amount(1).describe(sharedSize),
  gpus: amount(0),
  replicas: atMost(
    50,
    1,
    'Headless only: the number of identical sessions; each finds its number in REPLICA_ID',
  ),
};

type CreateInput = InputOf<typeof createInput>;

function specOf(input: CreateInput): BatchSpec & CreateOptions {
  const { name, image, kind, command, script, env, cores, gpus, replicas } = input;
  if (command !== undefined && script !== undefined)
    throw refused("'command' and 'script' cannot be used together.", 'Leave one of them out.');
  const [cmd, ...args] = command ?? [];
  const program =
    script === undefined
      ? { cmd, args: cmd === undefined ? undefined : args }
      : scriptCommand(script);
  const given = { env, cores, memoryGiB: input.memory_gib, gpus, ...program };
  return { name, image, kind, replicas, ...defined(given) };
}

function previewOf(plan: BatchPlan, script: string | undefined): string[] {
  const [, ...lines] = describePlan(plan).trimEnd().split('\n');
  const written = script === undefined ? [] : ['script:', ...script.trimEnd().split('\n')];
  return [...plan.notes, ...lines.map((line) => line.trim()), ...written];
}

const create = defineTool({
  name: 'create',
  title: 'Launch sessions',
  description:
    "Launches a session, or identical replicas of a headless one, after the person has agreed to a preview of what would be sent. Sessions count towards the person's quota until they end or are deleted. Returns status done with their ids, or confirmation_required, or declined.",
  effect: 'adds',
  input: createInput,
  output: { sessions: changedOutput },
  run: async ({ io, deps, ask }, input) => {
    const spec = specOf(input);
    const plan = await planDryRun(io, deps, spec, () => {});
    const what = `Launch ${count(plan.requests.length, `${input.kind} session`)} of ${plan.image}?`;
    const preview = previewOf(plan, input.script);
    return ask({ what, preview, about: ['create', input] }, async () => {
      const progress = 'none' as const;
      const after = { attach: false, open: false, rm: false, wait: false, progress };
      const launch = { spec, options: {}, isBatch: false, isNamed: true, after };
      const { sessions, error } = await send(io, deps, launch);
      if (error !== undefined) throw error;
      return { message: `${count(sessions.length, 'session')} launched.`, sessions: [...sessions] };
    });
  },
});

const remove = defineTool({
  name: 'delete',
  title: 'Delete sessions',
  description:
    'Ends sessions and removes them with their logs and events, after the person has agreed to the list. Files in the home stay.',
  effect: 'removes',
  input: { sessions: sessionsInput },
  output: { sessions: changedOutput },
  run: async (call, { sessions }) => {
    const { ids, known } = await sessionsOf(call, sessions);
    const preview = ids.map((id) => {
      const session = known.get(id);
      return session === undefined
        ? id
        : `${id} ${session.name} (${session.kind}, ${session.status})`;
    });
    const what = `Delete ${count(ids.length, 'session')}?`;
    return call.ask({ what, preview, about: ['delete', ids] }, async () => {
      const client = await call.deps.client();
      const deleted = await client.sessions.destroy(ids, { signal: call.io.signal });
      return { message: `${count(deleted.length, 'session')} deleted.`, sessions: deleted };
    });
  },
});

const renew = defineTool({
  name: 'renew',
  title: 'Renew sessions',
  description: 'Gives running sessions their full lifetime again, after the person has agreed.',
  effect: 'adds',
  input: { sessions: sessionsInput },
  output: {
    sessions: z.array(z.object({ id: z.string(), expires: z.string().optional() })).optional(),
  },
  run: async (call, { sessions }) => {
    const { ids } = await sessionsOf(call, sessions);
    const what = `Renew ${count(ids.length, 'session')}?`;
    return call.ask({ what, preview: ids, about: ['renew', ids] }, async () => {
      const client = await call.deps.client();
      const renewed = await client.sessions.renew(ids, { signal: call.io.signal });
      const now = renewed.map(({ id, after }) => ({ id, expires: after?.toISOString() }));
      return { message: `${count(now.length, 'session')} renewed.`, sessions: now };
    });
  },
});

export const changeTools: readonly Tool[] = [create, renew, remove];
