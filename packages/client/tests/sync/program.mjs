// @ts-check
// Blocking calls stop the event loop, and with it a platform in the same process: so they run here,
// in a process of their own. Prints what the named piece came to.
import process from 'node:process';
import { PartialError, SkahaError, ValidationError } from 'skaha';
import { Context, Images, Overview, Session } from 'skaha/sync';

/** @type {{piece: string, options: import('skaha/sync').SyncOptions}} */
const { piece, options } = JSON.parse(process.argv[2] ?? '');
const image = 'skaha/terminal:1.1.2';

/** @param {() => unknown} work */
function thrown(work) {
  try {
    return { value: work() };
  } catch (error) {
    if (!(error instanceof Error)) return { error };
    const { name, message, cause, ...fields } = error;
    return {
      name,
      message,
      fields: JSON.parse(JSON.stringify(fields)),
      cause: cause instanceof Error ? { name: cause.name, code: Reflect.get(cause, 'code') } : null,
      isSkaha: error instanceof SkahaError,
      isPartial: error instanceof PartialError,
      isValidation: error instanceof ValidationError,
      document: error instanceof SkahaError ? error.toJSON() : null,
      namesThisFile: error.stack?.includes('program.mjs') === true,
    };
  }
}

/** @type {Record<string, () => unknown>} */
const pieces = {
  work() {
    const sessions = new Session(options);
    const { ids } = sessions.create({
      name: 'pair',
      image,
      cmd: 'printenv',
      args: ['REPLICA_ID'],
      replicas: 2,
    });
    const ended = sessions.wait(ids, { until: 'finished', timeoutMs: 60_000, intervalMs: 50 });
    const logs = sessions.logs(ids).map(({ text, bytes }) => [text, bytes.length]);
    const destroyed = sessions.destroy(ids).length;
    sessions.close();
    return {
      statuses: ended.map(({ status }) => status),
      isDate: ended[0]?.startTime instanceof Date,
      logs,
      destroyed,
    };
  },
  parts() {
    const sessions = new Session(options);
    const shared = [new Images(sessions), new Context(sessions), new Overview(sessions)];
    const [images, context, overview] = /** @type {[Images, Context, Overview]} */ (shared);
    const result = {
      images: images.fetch({ kind: 'headless' }).length > 0,
      cores: context.resources().cores.options.length > 0,
      available: overview.availability().available,
      apps: thrown(() => sessions.apps.list('nosuchid')),
    };
    images.close();
    const still = overview.availability().available;
    sessions.close();
    return { ...result, still, after: thrown(() => overview.availability()) };
  },
  generators() {
    const sessions = new Session(options);
    const { ids } = sessions.create({ name: 'told', image, cmd: 'printenv', args: ['REPLICA_ID'] });
    const log = [...sessions.follow(ids[0] ?? '', { intervalMs: 50 })].join('');
    const changes = [];
    for (const { change } of sessions.watch(ids, { intervalMs: 50 })) {
      changes.push(change);
      break;
    }
    sessions.destroy(ids);
    sessions.close();
    return { log, changes };
  },
  errors() {
    const sessions = new Session(options);
    const { ids } = sessions.create({ name: 'kept', image, cmd: 'true' });
    const result = {
      missing: thrown(() => sessions.info(['nosuchid'])),
      partial: thrown(() => sessions.info([...ids, 'nosuchid'])),
      invalid: thrown(() => sessions.create({ name: 'bad', image, cores: 0 })),
      timeout: thrown(() => new Images(sessions).fetch({ timeoutMs: 100 })),
    };
    sessions.destroy(ids);
    sessions.close();
    return result;
  },
  refused() {
    const signal = new AbortController().signal;
    const sessions = new Session(options);
    const result = [
      thrown(() => new Session(/** @type {any} */ ({ ...options, signal }))),
      thrown(() => new Session(/** @type {any} */ ({ ...options, nonsense: 1 }))),
      thrown(() => sessions.fetch(/** @type {any} */ ({ signal }))),
      thrown(() => sessions.create(/** @type {any} */ ({ name: 'a', image, onCreated() {} }))),
    ];
    sessions.close();
    sessions.close();
    return result;
  },
  unclosed() {
    return new Session(options).fetch().length;
  },
};

const result = pieces[piece]?.();
process.stdout.write(`${JSON.stringify(result)}\n`);
