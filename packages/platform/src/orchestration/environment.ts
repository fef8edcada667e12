import { type CatalogueImage, commandFor } from '../images/catalogue.js';
import { resolveProgram } from '../images/programs.js';
import type { Run } from '../runners/types.js';
import type { SessionRecord } from '../sessions/record.js';

/**
 * What a runner is told about a session. The platform's own variables win over those of the user,
 * so that a session can rely on them (Skaha API, environment).
 *
 * @param record - the session
 * @param image - its entry in the catalogue, when there is one
 * @param home - the owner's home directory on this machine
 */
export function describeRun(
  record: SessionRecord,
  image: CatalogueImage | undefined,
  home: string,
): Run {
  const { workload, resources } = record;
  const [program, ...programArguments] = (commandFor(image, record.kind) ?? []).map(resolveProgram);
  const first = workload.cmd ?? program;
  // As with a container: other arguments replace those of the image, another command both.
  const rest = workload.args ?? (workload.cmd === undefined ? programArguments : []);
  return {
    key: record.key,
    id: record.id,
    kind: record.kind,
    image: record.image,
    command: first === undefined ? [] : [first, ...rest],
    home,
    environment: {
      ...Object.fromEntries(workload.env),
      HOME: home,
      PWD: home,
      OMP_NUM_THREADS: String(Math.max(1, Math.floor(resources.cores))),
      skaha_hostname: '127.0.0.1',
      skaha_sessionid: record.id,
      skaha_username: record.owner,
    },
  };
}
