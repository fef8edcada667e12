import { keyOf } from '@skaha/dashboard/session-list.js';
import { isSkahaError, PartialError, type RenewedSession } from 'skaha';
import { client, problemOf } from '../api.js';
import { moment } from '../format.js';
import { lookNow, type Session } from '../live.js';
import { type Outcome, say, showProblem } from '../notices.js';
import { t } from '../text.js';
import { leaving, selected, toggled } from './model.js';

/** How long a deletion can be taken back before it is sent, in milliseconds. */
const undoMs = 6_000;
/** The same by keyboard, where it takes longer to come there. */
const undoByKeyMs = 20_000;

/** Whether a click came from the keyboard: a mouse counts its clicks. */
const isByKey = (event: MouseEvent | undefined): boolean => event?.detail === 0;

/** More are not listed one by one, unless they failed. */
const mostListed = 8;

function announce(kind: 'delete' | 'renew', outcomes: readonly Outcome[]): void {
  const done = outcomes.filter(({ ok }) => ok).length;
  const isGood = done === outcomes.length;
  const shown =
    outcomes.length <= mostListed ? outcomes : outcomes.filter(({ ok }) => !ok).slice(0, 50);
  const text = t.actions.outcome[kind](done, outcomes.length);
  const life = isGood ? undefined : Number.POSITIVE_INFINITY;
  const items = outcomes.length === 1 && isGood ? undefined : shown;
  say({ tone: isGood ? 'good' : 'bad', text, items }, life);
}

/** What failed of several, by its place among them. */
const failures = (error: unknown): ReadonlyMap<number, string> => {
  if (!(error instanceof PartialError)) return new Map();
  return new Map(error.failed.map((item) => [item.index, problemOf(item.error).message]));
};

/** Runs a call on several sessions, and gives the outcome of each. */
async function each<Done extends { id: string }>(
  list: readonly Session[],
  run: (ids: readonly string[]) => Promise<readonly Done[]>,
  words: (done?: Done) => string,
): Promise<Outcome[]> {
  const ids = list.map(({ id }) => id);
  const labelled = (outcome: (session: Session, index: number) => Omit<Outcome, 'label'>) =>
    list.map((session, index) => ({ label: session.name, ...outcome(session, index) }));
  try {
    const done = new Map((await run(ids)).map((one) => [one.id, one]));
    return labelled(({ id }) => ({ ok: true, words: words(done.get(id)) }));
  } catch (error) {
    if (!isSkahaError(error)) throw error;
    const failed = failures(error);
    const isPartial = error instanceof PartialError;
    const done = new Map(
      isPartial ? (error as PartialError<Done>).done.map((one) => [one.id, one]) : [],
    );
    return labelled(({ id }, index) => {
      const problem = isPartial ? failed.get(index) : problemOf(error).message;
      return problem === undefined
        ? { ok: true, words: words(done.get(id)) }
        : { ok: false, words: problem };
    });
  }
}

/** Renews sessions. */
export async function renew(list: readonly Session[]): Promise<void> {
  const renewed = (done?: RenewedSession) => {
    if (done?.after === undefined) return t.actions.untold;
    const until = moment(done.after);
    return done.changed ? t.actions.renewed(until) : t.actions.unchanged(until);
  };
  try {
    announce('renew', await each(list, (ids) => client.sessions.renew(ids), renewed));
  } catch (error) {
    showProblem(error);
  }
  lookNow();
}

async function sendDeletion(list: readonly Session[]): Promise<void> {
  const apps = list.filter(({ appId }) => appId !== undefined);
  const whole = list.filter(({ appId }) => appId === undefined);
  const outcomes: Outcome[] = [];
  try {
    if (whole.length > 0) {
      const destroy = (ids: readonly string[]) => client.sessions.destroy(ids);
      outcomes.push(...(await each(whole, destroy, () => t.actions.deleted)));
    }
    for (const { id, appId = '', name } of apps) {
      try {
        await client.sessions.apps.destroy(id, appId);
        outcomes.push({ label: name, ok: true, words: t.actions.deleted });
      } catch (error) {
        outcomes.push({ label: name, ok: false, words: problemOf(error).message });
      }
    }
    announce('delete', outcomes);
  } catch (error) {
    showProblem(error);
  }
  lookNow();
  // A moment later the list has them no more; those that failed come back.
  setTimeout(() => unmark(list), 3_000);
}

function unmark(list: readonly Session[]): void {
  leaving.value = toggled(leaving.value, list.map(keyOf), false);
}

/** Deletes sessions in a moment: until then it can be taken back, and nothing is sent. */
export function deleteSoon(list: readonly Session[], event?: MouseEvent): void {
  const [first] = list;
  if (first === undefined) return;
  const takesFocus = isByKey(event);
  const lifeMs = takesFocus ? undoByKeyMs : undoMs;
  const keys = list.map(keyOf);
  leaving.value = toggled(leaving.value, keys, true);
  selected.value = toggled(selected.value, keys, false);
  const begin = () => {
    clearTimeout(timer);
    dismiss();
    void sendDeletion(list);
  };
  const undo = () => {
    clearTimeout(timer);
    dismiss();
    unmark(list);
    say({ tone: 'plain', text: t.actions.kept });
  };
  const timer = setTimeout(begin, lifeMs);
  const text =
    list.length === 1 ? t.actions.deletingOne(first.name) : t.actions.deleting(list.length);
  const dismiss = say(
    {
      tone: 'plain',
      text,
      takesFocus,
      actions: [
        { label: t.common.undo, run: undo },
        { label: t.actions.deleteNow, run: begin },
      ],
    },
    lifeMs,
  );
}

/** The platform of a machine makes a link that opens a page once; others have an address that stays. */
async function addressOf({ id }: Session): Promise<string> {
  const [connected] = await client.sessions.connect([id]);
  return connected === undefined ? '' : (await client.sessions.pageLink(connected)).url;
}

/** Opens the page of a session in a new tab. */
export async function open(session: Session): Promise<void> {
  // While the click counts: a browser opens no tab for what happens later.
  const tab = window.open('about:blank', '_blank');
  if (tab === null) {
    say({ tone: 'bad', text: t.sessions.blocked }, Number.POSITIVE_INFINITY);
    return;
  }
  tab.opener = null;
  try {
    const address = await addressOf(session);
    // What is no page may be a program.
    if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
      throw new Error(t.sessions.noPage);
    tab.location.replace(address);
  } catch (error) {
    tab.close();
    showProblem(error);
  }
}

/** Whether a session has a page that opens now. */
export const canOpen = ({ status, connectUrl, kind }: Session): boolean =>
  status === 'Running' && connectUrl !== undefined && kind !== 'headless';

/** Whether a session has an end that can be put off. */
export const canRenew = ({ status, appId }: Session): boolean =>
  status === 'Running' && appId === undefined;
