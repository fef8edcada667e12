import { type Job, jobLifetimeMs } from './jobs.js';
import { escapeXml } from './xml.js';

const namespaces =
  'xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink" ' +
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

const moment = (name: string, milliseconds: number | undefined): string =>
  milliseconds === undefined
    ? `<uws:${name} xsi:nil="true"/>`
    : `<uws:${name}>${new Date(milliseconds).toISOString()}</uws:${name}>`;

/** The document of a job (UWS 1.1). */
export function jobDocument(job: Job): string {
  const { owner, parameters = {}, info } = job.request;
  const names = Object.entries(parameters).map(
    ([id, value]) => `<uws:parameter id="${escapeXml(id)}">${escapeXml(value)}</uws:parameter>`,
  );
  return [
    `<?xml version="1.0" encoding="UTF-8"?>\n<uws:job ${namespaces} version="1.1">`,
    `<uws:jobId>${job.id}</uws:jobId>`,
    owner === undefined
      ? '<uws:ownerId xsi:nil="true"/>'
      : `<uws:ownerId>${escapeXml(owner)}</uws:ownerId>`,
    `<uws:phase>${job.phase}</uws:phase>`,
    moment('quote', undefined),
    moment('creationTime', job.createdAt),
    moment('startTime', job.startedAt),
    moment('endTime', job.endedAt),
    '<uws:executionDuration>0</uws:executionDuration>',
    moment('destruction', job.createdAt + jobLifetimeMs),
    `<uws:parameters>${names.join('')}</uws:parameters>`,
    resultsXml(job),
    job.error === undefined
      ? ''
      : `<uws:errorSummary type="fatal" hasDetail="true"><uws:message>${escapeXml(job.error)}</uws:message></uws:errorSummary>`,
    info === undefined ? '' : `<uws:jobInfo>${info}</uws:jobInfo>`,
    '</uws:job>\n',
  ].join('');
}

const resultsXml = ({ results }: Job): string =>
  `<uws:results>${Object.entries(results)
    .map(([id, href]) => `<uws:result id="${escapeXml(id)}" xlink:href="${escapeXml(href)}"/>`)
    .join('')}</uws:results>`;

/** The results of a job alone. */
export const resultsDocument = (job: Job): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${resultsXml(job).replace('<uws:results>', `<uws:results ${namespaces}>`)}\n`;

/** The list of a caller's jobs. */
export const jobsDocument = (jobs: readonly Job[], root: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<uws:jobs ${namespaces} version="1.1">${jobs
    .map(
      ({ id, phase }) =>
        `<uws:jobref id="${id}" xlink:href="${escapeXml(`${root}/${id}`)}"><uws:phase>${phase}</uws:phase></uws:jobref>`,
    )
    .join('')}</uws:jobs>\n`;
