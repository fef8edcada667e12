import { jsonText, type Reply } from '../reply.js';
import type { Site } from '../site.js';

/** A number as a double is printed: never without a decimal part. */
const double = (value: number): string => {
  const text = String(+value.toFixed(6));
  return text.includes('.') ? text : `${text}.0`;
};

const gigabytes = (bytes: number): string => `"${+(bytes / 1e9).toFixed(3)}G"`;

/** `GET /session?view=stats` (Skaha API, 4.2): what is requested now, and the total capacity. */
export function statsReply({ orchestrator, settings }: Site): Reply {
  const used = orchestrator.used();
  const { capacity, limits } = settings;
  const cores = double(limits.cores.defaultLimit);
  const memory = `"${limits.memoryGiB.defaultLimit}Gi"`;
  return jsonText(`{
  "cores": {
    "requestedCPUCores": ${double(used.cores)},
    "cpuCoresAvailable": ${double(capacity.cores)},
    "maxCPUCores": {
      "cpuCores": ${cores},
      "withRam": ${memory}
    }
  },
  "ram": {
    "requestedRAM": ${gigabytes(used.memory)},
    "ramAvailable": ${gigabytes(capacity.memory)},
    "maxRAM": {
      "ram": ${memory},
      "withCPUCores": ${cores}
    }
  }
}`);
}
