import { jsonText, type Reply, unavailable } from '@skaha/service/reply.js';
import { faultOf } from '../../faults/fault.js';
import { statusOf } from '../../sessions/session-wire.js';
import { type Call, limitsOf, type Site } from '../site.js';

/** A number as Java prints a double: always with a decimal part. */
const double = (value: number): string => {
  const text = String(+value.toFixed(6));
  return text.includes('.') ? text : `${text}.0`;
};

const gigabytes = (bytes: number): string => `"${+(bytes / 1e9).toFixed(3)}G"`;

/** Servers before 1.1.5 counted in GiB but wrote `G`. */
const gibibytes = (bytes: number): string => `"${+(bytes / 2 ** 30).toFixed(3)}G"`;

/** The first part of the reply of servers before 1.1.5: everybody's running sessions. */
function instances({ orchestrator }: Site): string {
  const held = [...orchestrator.sessions.held()];
  const running = held.filter(({ life }) => statusOf(life) === 'Running');
  const count = (wanted: string) => running.filter(({ kind }) => kind === wanted).length;
  const desktopApp = count('desktop-app');
  const headless = count('headless');
  const total = running.length;
  const session = total - desktopApp - headless;
  return `
  "instances": {
    "session": ${session},
    "desktopApp": ${desktopApp},
    "headless": ${headless},
    "total": ${total}
  },`;
}

/**
 * `GET /session?view=stats` (Skaha API, 4.2): the resources requested now, and the total capacity.
 */
export function statsReply({ site, api, faults }: Call): Reply {
  if (faultOf(faults, 'metrics-down') !== undefined) return unavailable(undefined);
  const used = site.orchestrator.sessions.used();
  const { oldStats } = site.settings;
  const limits = limitsOf(site);
  const { capacity } = site.orchestrator.admission;
  const isOld = oldStats || api === 'v0';
  const size = isOld ? gibibytes : gigabytes;
  const cores = double(limits.cores.defaultLimit);
  const memory = `"${limits.memoryGiB.defaultLimit}Gi"`;
  return jsonText(`{${isOld ? instances(site) : ''}
  "cores": {
    "requestedCPUCores": ${double(used.cores)},
    "cpuCoresAvailable": ${double(capacity.cores)},
    "maxCPUCores": {
      "cpuCores": ${cores},
      "withRam": ${memory}
    }
  },
  "ram": {
    "requestedRAM": ${size(used.memory)},
    "ramAvailable": ${size(capacity.memory)},
    "maxRAM": {
      "ram": ${memory},
      "withCPUCores": ${cores}
    }
  }
}`);
}
