import { createAuthority, createServerCertificate, createUserCertificate } from './authority.js';
import type { MakeReply, MakeRequest } from './certificate-maker.js';

// Creates certificates in a process of its own, which ends with its parent; see
// `certificate-maker.ts`.

const makers = { createAuthority, createServerCertificate, createUserCertificate };

process.on('message', async ({ number, name, words }: MakeRequest) => {
  const reply = (what: Omit<MakeReply, 'number'>) =>
    process.connected && process.send?.({ number, ...what } satisfies MakeReply);
  try {
    const make = makers[name] as (...given: readonly unknown[]) => Promise<MakeReply['made']>;
    reply({ made: await make(...words) });
  } catch (error) {
    reply({ failed: error instanceof Error ? error.message : String(error) });
  }
});
