import { skewOf } from '../../faults/fault.js';
import type { Life, SessionRecord } from '../../sessions/record.js';
import { publicWire, sessionWire, statusOf } from '../../sessions/session-wire.js';
import { podPhase, publicWireV0, sessionWireV0 } from '../../sessions/session-wire-v0.js';
import type { Call } from '../site.js';

/** The status of a session in the words of the caller's version of the API. */
export const statusFor = ({ api }: Call, life: Life): string =>
  api === 'v0' ? podPhase(life) : statusOf(life);

/** The session as a platform sees it whose clock is off for this request. */
function skewed({ faults }: Call, record: SessionRecord): SessionRecord {
  const { life } = record;
  const skew = skewOf(faults);
  return skew === 0 || life.startedAt === undefined
    ? record
    : { ...record, life: { ...life, startedAt: life.startedAt + skew } };
}

/** Puts a session into the form the caller reads. */
export function present(call: Call, given: SessionRecord) {
  const record = skewed(call, given);
  const settings = call.site.identity.about(record.owner);
  const wire = sessionWire(record, {
    uid: settings?.uid ?? 0,
    gid: settings?.gid,
    groups: settings?.groups ?? [],
    origin: call.origin,
    opensById: call.site.settings.oddities.has('open-pages'),
    usage: call.site.orchestrator.usage(record.key),
  });
  return call.api === 'v0' ? sessionWireV0(wire, record) : wire;
}

/** The form of a session that everybody may see. */
export function presentPublic(call: Call, given: SessionRecord): Record<string, string> {
  const record = skewed(call, given);
  return call.api === 'v0' ? publicWireV0(record) : publicWire(record);
}
