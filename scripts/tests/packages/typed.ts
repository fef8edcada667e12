import { type RequestedKind, type SessionInfo, SkahaClient } from 'skaha';
import type { JobStore } from 'skaha/batch/journal';
import { Session } from 'skaha/sync';

export { runBatch } from 'skaha/batch';
export type Store = JobStore;
export const kind: RequestedKind = 'headless';
export const names = async (): Promise<string[]> =>
  (await new SkahaClient().sessions.fetch({ kind })).map(({ name }: SessionInfo) => name);
export const waited: SessionInfo[] = new Session().info(['a']);
// @ts-expect-error the types are there, not `any`
export const wrong: number = new SkahaClient().images;
