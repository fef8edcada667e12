import { createAuthority, createServerCertificate, createUserCertificate } from './authority.js';
import type { MakerReply, MakerRequest } from './certificate-maker.js';

// Creates certificates, and ends with its parent; see `certificate-maker.ts`.

const makers = { createAuthority, createServerCertificate, createUserCertificate };

process.on('message', async ({ number, name, args }: MakerRequest) => {
  const reply = (what: Omit<MakerReply, 'number'>) =>
    process.connected && process.send?.({ number, ...what } satisfies MakerReply);
  try {
    const make = makers[name] as (...given: readonly unknown[]) => Promise<MakerReply['pair']>;
    reply({ pair: await make(...args) });
  } catch (error) {
    reply({ error: error instanceof Error ? error.message : String(error) });
  }
});
