import type { Signal } from '@preact/signals';
import { launchableKinds } from '@skaha/wire/kinds.js';
import { useEffect, useState } from 'preact/hooks';
import { ask, client, me, type Problem, problemOf } from '../api.js';
import { lookNow } from '../live.js';
import { type Outcome, say, showProblem } from '../notices.js';
import { Button, CopyButton, Field, ProblemBox } from '../parts/basics.js';
import { go } from '../router.js';
import { t } from '../text.js';
import { CommandFields, ManyFields, NameField, SizeFields, TextField } from './fields.js';
import { ImageField } from './images.js';
import {
  change,
  commandLine,
  form,
  images,
  imagesAre,
  limitsAre,
  type Offered,
  type RequestedLaunch,
  registries,
  renewForm,
  requested,
  requestText,
  resources,
  suggestName,
  suggestSize,
  total,
} from './model.js';

/** The image that people expect for a kind: the latest of its name, else the first. */
function usualImage(kind: string): string {
  const fitting = images.value.filter(({ types }) => types.includes(kind));
  const latest = fitting.find(({ tag, name }) => tag === 'latest' && name === 'astroml');
  return (latest ?? fitting.find(({ tag }) => tag === 'latest') ?? fitting[0])?.id ?? '';
}

function chooseKind(kind: string): void {
  const { image, many } = form.value;
  const fits = images.value.some(({ id, types }) => id === image && types.includes(kind));
  change({
    kind,
    name: suggestName(kind),
    ...(fits ? {} : { image: usualImage(kind) }),
    ...(many === 'table' && kind !== 'headless' ? { many: 'one' as const } : {}),
  });
}

async function readLimits(): Promise<void> {
  resources.value = await client.context.resources();
  suggestSize();
}

async function readImages(): Promise<void> {
  images.value = await client.images.details();
  if (form.value.image === '') change({ image: usualImage(form.value.kind) });
}

/** Reads a part of what is offered; what was known once stays. */
async function readOffer(
  state: Signal<Offered>,
  read: () => Promise<void>,
): Promise<Problem | undefined> {
  if (state.value === 'unknown') state.value = 'reading';
  try {
    await read();
    state.value = 'known';
    return undefined;
  } catch (error) {
    if (state.value !== 'known') state.value = 'unknown';
    return problemOf(error);
  }
}

/**
 * What the platform offers, fetched when the form is opened. Each part for itself: a platform that
 * cannot tell one of them can launch for all that.
 */
function useOffers(): { problems: readonly Problem[]; retry: () => void } {
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const load = async () => {
    setProblems([]);
    // Without their names one writes images in full.
    client.repository().then(
      (hosts) => {
        registries.value = hosts;
      },
      () => undefined,
    );
    const found = await Promise.all([
      readOffer(limitsAre, readLimits),
      readOffer(imagesAre, readImages),
    ]);
    const known = new Map(
      found.flatMap((one) => (one === undefined ? [] : [[one.message, one] as const])),
    );
    setProblems([...known.values()]);
  };
  useEffect(() => {
    if (form.value.name === '') change({ name: suggestName(form.value.kind) });
    void load();
  }, []);
  return { problems, retry: () => void load() };
}

const Kinds = () => (
  <fieldset>
    <legend>{t.launch.kind}</legend>
    <div class="kinds">
      {launchableKinds.map((kind) => (
        <label key={kind} class={form.value.kind === kind ? 'kind chosen' : 'kind'}>
          <input
            type="radio"
            name="kind"
            value={kind}
            checked={form.value.kind === kind}
            onChange={() => chooseKind(kind)}
          />
          <strong>{t.kinds[kind].name}</strong>
          <small>{t.kinds[kind].words}</small>
        </label>
      ))}
    </div>
  </fieldset>
);

const Registry = ({ problem }: { problem: string | undefined }) => (
  <details>
    <summary>{t.launch.registry}</summary>
    <p class="hint">{t.launch.registryHint}</p>
    <div class="columns wide">
      <TextField name="username" label={t.launch.username} problem={problem} />
      <TextField name="secret" label={t.launch.secret} kind="password" />
    </div>
  </details>
);

const Preview = ({ plan }: Pick<RequestedLaunch, 'plan'>) => {
  const line = commandLine(form.value);
  return (
    <aside class="preview card" aria-label={t.launch.preview}>
      <h2>{t.launch.command_line}</h2>
      <div class="code">
        <pre tabIndex={0}>{line}</pre>
        <CopyButton text={line} label={t.launch.command_line} />
      </div>
      <h2>{t.launch.preview}</h2>
      {plan === undefined ? (
        <p class="hint">{t.launch.noPlan}</p>
      ) : (
        <>
          <p class="hint">{t.launch.request(total.value)}</p>
          <div class="code">
            <pre tabIndex={0}>{requestText(plan)}</pre>
          </div>
          {plan.notes.map((note) => (
            <p class="hint" key={note}>
              {note}
            </p>
          ))}
        </>
      )}
    </aside>
  );
};

/** Launches what the form asks for; a table goes on as a batch. */
async function launch({ spec, rows }: RequestedLaunch): Promise<void> {
  if (spec === undefined) return;
  const count = total.value;
  const isBatch = rows !== undefined || (spec.replicas ?? 1) > 1;
  if (isBatch && me.value?.batches === true && spec.registryCredential === undefined) {
    const { job } = await ask<{ job: string }>('batches', { spec });
    renewForm();
    go('batches', job);
    return;
  }
  if (rows === undefined) {
    const { sessions } = await client.sessions.create(spec);
    say({
      tone: 'good',
      text: count === 1 ? t.launch.launched(spec.name) : t.launch.launchedMany(count),
    });
    renewForm();
    lookNow();
    const [only] = sessions;
    if (count === 1 && only !== undefined) go('sessions', only.id);
    else go('sessions');
    return;
  }
  go('sessions');
  renewForm();
  let launched = 0;
  const failed: Outcome[] = [];
  for await (const { result, name, error } of client.batch(spec, { until: 'launched' })) {
    if (result === 'launched') launched += 1;
    else if (error !== undefined && result !== 'retrying')
      failed.push({ label: name, ok: false, words: error.message });
    lookNow();
  }
  if (launched === count) say({ tone: 'good', text: t.launch.launchedMany(count) });
  else {
    const text = t.launch.launchedOf(launched, count);
    say({ tone: 'bad', text, items: failed.slice(0, 50) }, Number.POSITIVE_INFINITY);
  }
}

/** Where a refusal of the platform belongs, judging by its words. */
function fieldOf(message: string): string {
  if (/\bname\b/i.test(message)) return 'name';
  if (/\bimage\b|registry|repository/i.test(message)) return 'image';
  return 'form';
}

const Submit = ({
  requested: current,
  isBusy,
  asked,
}: {
  requested: RequestedLaunch;
  isBusy: boolean;
  asked: boolean;
}) => {
  const count = Object.keys(current.problems).length;
  const rows = current.rows !== undefined;
  return (
    <div class="submit">
      <Button type="submit" tone="main" icon="launch" disabled={isBusy}>
        {isBusy
          ? t.launch.launching
          : total.value > 1
            ? t.launch.submitMany(total.value)
            : t.launch.submit}
      </Button>
      {asked && count > 0 ? (
        <p class="problem" role="alert">
          {t.launch.problems(count)}
        </p>
      ) : rows || total.value > 1 ? (
        <p class="hint">
          {me.value?.batches === true ? t.launch.journal : rows ? t.launch.noJournal : ''}
        </p>
      ) : null}
    </div>
  );
};

/** The form that launches sessions. */
export const LaunchView = () => {
  const { problems: unread, retry } = useOffers();
  const [asked, setAsked] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Record<string, string>>({});
  const current = requested.value;
  const problems = { ...refused, ...(asked ? current.problems : {}) };
  const isHeadless = form.value.kind === 'headless';
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setAsked(true);
    setRefused({});
    if (Object.keys(current.problems).length > 0) {
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(),
      );
      return;
    }
    setBusy(true);
    try {
      await launch(current);
    } catch (error) {
      const { message } = problemOf(error);
      setRefused({ [fieldOf(message)]: message });
      showProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="launch" noValidate onSubmit={(event) => void submit(event)}>
      <div class="view-head">
        <h1>{t.launch.title}</h1>
      </div>
      {unread.map((problem) => (
        <ProblemBox key={problem.message} problem={problem} onRetry={retry} />
      ))}
      <div class="launch-columns">
        <div class="card form">
          <Kinds />
          <ImageField problem={problems['image']} />
          <NameField problem={problems['name']} />
          <SizeFields problems={problems} />
          {isHeadless ? <CommandFields problems={problems} /> : null}
          <ManyFields problems={problems} rows={current.rows?.length} />
          <Registry problem={problems['registryCredential']} />
          {problems['form'] === undefined ? null : (
            <Field id="form" label={t.launch.refused} problem={problems['form']}>
              <span id="form" />
            </Field>
          )}
          <Submit requested={current} isBusy={isBusy} asked={asked} />
        </div>
        <Preview plan={current.plan} />
      </div>
    </form>
  );
};
