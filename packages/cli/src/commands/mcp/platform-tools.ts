import { safeUrl } from '@skaha/base/redact.js';
import { sessionKinds } from '@skaha/wire/kinds.js';
import { isSkahaError, type PlatformLoad } from 'skaha';
import { atMost, z } from './sdk.js';
import { defineTool, type Tool } from './tool.js';

const loadOutput = z.object({
  requested: z.number().optional(),
  capacity: z.number().optional(),
  free: z.number().optional(),
});

const loadDocument = ({ requested, capacity, free }: PlatformLoad) => ({
  requested,
  capacity,
  free,
});

const stats = defineTool({
  name: 'stats',
  title: 'Show how busy the platform is',
  description:
    "Shows which server this is, how many of its cores and GiB of memory are allocated to sessions and how many are free, what one session may ask for, and how many interactive sessions the person may have. 'load' is missing if the platform does not know it, and a 0 in it may mean the same.",
  input: {},
  output: {
    server: z.string(),
    context: z.string().optional(),
    load: z.object({ cores: loadOutput, memory_gib: loadOutput }).optional(),
    load_unknown: z.string().optional(),
    limits: z.object({
      cores: z.array(z.number()),
      memory_gib: z.array(z.number()),
      gpus: z.array(z.number()),
      interactive_sessions: z.number().optional(),
    }),
  },
  run: async ({ io: { signal }, deps }) => {
    const client = await deps.client();
    const [{ root, context }, offered, load] = await Promise.all([
      client.connection(),
      client.context.resources({ signal }),
      client.sessions.stats({ signal }).catch((error: unknown) => {
        if (signal.aborted || !isSkahaError(error)) throw error;
        return error;
      }),
    ]);
    return {
      server: safeUrl(root),
      context,
      ...(isSkahaError(load)
        ? { load_unknown: load.message }
        : { load: { cores: loadDocument(load.cores), memory_gib: loadDocument(load.memoryGiB) } }),
      limits: {
        cores: [...offered.cores.options],
        memory_gib: [...offered.memoryGiB.options],
        gpus: [...offered.gpus.options],
        interactive_sessions: offered.maxInteractiveSessions,
      },
    };
  },
});

const images = defineTool({
  name: 'images',
  title: 'List container images',
  description: 'Lists the container images that the platform offers, with the kinds they are for.',
  input: {
    kind: z.enum(sessionKinds).optional().describe('Only for this kind'),
    search: z.string().max(100).optional().describe('Only names that contain this'),
    limit: atMost(500, 100),
  },
  output: {
    images: z.array(z.object({ id: z.string(), kinds: z.array(z.string()) })),
    total: z.number(),
    truncated: z.boolean(),
  },
  run: async ({ io, deps }, { kind, search, limit }) => {
    const client = await deps.client();
    const all = await client.images.details({ signal: io.signal });
    const found = all.filter(
      ({ id, types }) =>
        (kind === undefined || types.includes(kind)) &&
        (search === undefined || id.toLowerCase().includes(search.toLowerCase())),
    );
    return {
      images: found.slice(0, limit).map(({ id, types }) => ({ id, kinds: [...types] })),
      total: found.length,
      truncated: found.length > limit,
    };
  },
});

export const platformTools: readonly Tool[] = [stats, images];
