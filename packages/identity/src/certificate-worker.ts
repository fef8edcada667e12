import { parentPort } from 'node:worker_threads';
import { createAuthority, createServerCertificate, createUserCertificate } from './authority.js';
import type { MakeReply, MakeRequest } from './certificate-maker.js';

// Makes certificates in a thread of its own; see `certificate-maker.ts`.

const makers = { createAuthority, createServerCertificate, createUserCertificate };

parentPort?.on('message', async ({ number, name, words }: MakeRequest) => {
  const reply = (what: Omit<MakeReply, 'number'>) => parentPort?.postMessage({ number, ...what });
  try {
    const make = makers[name] as (...given: readonly unknown[]) => Promise<MakeReply['made']>;
    reply({ made: await make(...words) });
  } catch (error) {
    reply({ failed: error instanceof Error ? error.message : String(error) });
  }
});
