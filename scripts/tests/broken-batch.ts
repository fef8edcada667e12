import type { SkahaClient } from 'skaha';
import { type BatchJournal, type BatchSpec, runBatch } from 'skaha/batch';

/**
 * Launches a batch whose journal takes no more outcomes after so many, as if the machine had failed
 * then: the platform may have launched more than the journal knows.
 */
export async function breakOff(
  client: SkahaClient,
  spec: BatchSpec,
  journal: BatchJournal,
  outcomes: number,
): Promise<void> {
  let written = 0;
  const failing: BatchJournal = {
    read: () => journal.read(),
    append: async (record) => {
      if (record.type === 'outcome') written += 1;
      if (written > outcomes) throw new Error('no more');
      await journal.append(record);
    },
  };
  try {
    for await (const _ of runBatch(client, spec, { journal: failing }));
  } catch {
    return;
  }
  throw new Error('the batch was not broken off');
}
