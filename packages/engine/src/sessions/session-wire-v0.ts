import type { SessionWire } from '@skaha/wire/schemas.js';
import type { Life, SessionRecord } from './record.js';
import { publicWire, statusOf } from './session-wire.js';

const none = '<none>';

/** The status a v0 server gives: the phase of a pod, or `Terminating` (Skaha API, versions). */
export function podPhase(life: Life): string {
  const status = statusOf(life);
  return status === 'Completed' ? 'Succeeded' : status;
}

/** A size as a v0 server prints it: as in Kubernetes, without the `i`. */
export function sizeText(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return Number.isInteger(gib) ? `${gib}G` : `${Math.round(bytes / 2 ** 20)}M`;
}

/** A session in the form of v0: all fields are present, with `<none>` for missing values. */
export function sessionWireV0(wire: SessionWire, record: SessionRecord): Record<string, unknown> {
  const { cores, memory } = record.resources;
  return {
    id: wire.id,
    userid: wire.userid,
    runAsUID: wire.runAsUID,
    runAsGID: wire.runAsGID,
    supplementalGroups: wire.supplementalGroups,
    appid: record.appId ?? none,
    image: wire.image,
    type: wire.type,
    status: podPhase(record.life),
    name: wire.name,
    startTime: wire.startTime ?? none,
    expiryTime: wire.expiryTime ?? none,
    connectURL: wire.connectURL === '' ? 'not-applicable' : wire.connectURL,
    requestedRAM: sizeText(memory),
    requestedCPUCores: Number.isInteger(cores) ? String(cores) : cores.toFixed(3),
    requestedGPUCores: wire.requestedGPUCores,
    ramInUse: wire.ramInUse === undefined ? none : `${wire.ramInUse}G`,
    gpuRAMInUse: none,
    cpuCoresInUse: wire.cpuCoresInUse ?? none,
    gpuUtilization: none,
  };
}

/** The public form of `view=all` in v0. */
export const publicWireV0 = (record: SessionRecord): Record<string, string> => ({
  ...publicWire(record),
  status: podPhase(record.life),
  ...(record.life.startedAt === undefined ? { startTime: none } : {}),
});
