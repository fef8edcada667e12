import { platformSizes } from 'skaha';
import { amount } from '../format.js';
import { Button, describedBy, Field } from '../parts/basics.js';
import { t } from '../text.js';
import {
  change,
  type Form,
  form,
  limitsAre,
  type Problems,
  resources,
  suggestName,
} from './model.js';

type TextKey =
  | 'command'
  | 'cores'
  | 'gpus'
  | 'memoryGiB'
  | 'name'
  | 'replicas'
  | 'secret'
  | 'username';

interface TextProps {
  readonly name: TextKey;
  readonly label: string;
  readonly hint?: string;
  readonly problem?: string | undefined;
  readonly kind?: 'password' | 'text';
  readonly placeholder?: string;
}

/** A line of text of the form. */
export const TextField = ({
  name,
  label,
  hint,
  problem,
  kind = 'text',
  placeholder,
}: TextProps) => {
  const attributes = {
    id: name,
    spellcheck: false,
    placeholder,
    value: form.value[name],
    'aria-invalid': problem !== undefined,
    'aria-describedby': describedBy(name, hint, problem),
    onInput: (event: { currentTarget: HTMLInputElement }) =>
      change({ [name]: event.currentTarget.value }),
  };
  return (
    <Field id={name} label={label} hint={hint} problem={problem}>
      {kind === 'password' ? (
        <input type="password" autocomplete="new-password" {...attributes} />
      ) : (
        <input type="text" autocomplete="off" {...attributes} />
      )}
    </Field>
  );
};

/** A number among those that the platform offers; any, where it cannot say. */
const NumberField = ({
  name,
  label,
  options,
  problem,
}: {
  name: 'cores' | 'gpus' | 'memoryGiB';
  label: string;
  options: readonly number[] | undefined;
  problem: string | undefined;
}) => {
  if (options === undefined && limitsAre.value === 'reading') {
    return (
      <Field id={name} label={label}>
        <select id={name} class="select" disabled>
          <option>{t.launch.limitsReading}</option>
        </select>
      </Field>
    );
  }
  if (options === undefined) return <TextField name={name} label={label} problem={problem} />;
  const isMissing = !options.map(String).includes(form.value[name]);
  return (
    <Field id={name} label={label} problem={problem}>
      <select
        id={name}
        class="select"
        aria-invalid={problem !== undefined}
        aria-describedby={describedBy(name, undefined, problem)}
        value={form.value[name]}
        onChange={(event) => change({ [name]: event.currentTarget.value })}
      >
        {isMissing ? <option value={form.value[name]}>{form.value[name]}</option> : null}
        {options.map((option) => (
          <option key={option} value={String(option)}>
            {amount(option)}
          </option>
        ))}
      </select>
    </Field>
  );
};

interface ChoiceProps<Value extends string> {
  readonly name: string;
  readonly value: Value;
  readonly choices: readonly (readonly [value: Value, label: string, hint?: string])[];
  readonly onChange: (value: Value) => void;
}

/** One of a few, all in sight. */
export const Choice = <Value extends string>({
  name,
  value,
  choices,
  onChange,
}: ChoiceProps<Value>) => (
  <div class="choices">
    {choices.map(([key, label, hint]) => (
      <label key={key} class={key === value ? 'choice chosen' : 'choice'}>
        <input
          type="radio"
          name={name}
          value={key}
          checked={key === value}
          onChange={() => onChange(key)}
        />
        <span>
          <strong>{label}</strong>
          {hint === undefined ? null : <small class="faint">{hint}</small>}
        </span>
      </label>
    ))}
  </div>
);

export const NameField = ({ problem }: { problem: string | undefined }) => (
  <div class="with-button">
    <TextField name="name" label={t.launch.name} hint={t.launch.nameHint} problem={problem} />
    <Button
      icon="dice"
      label={t.launch.suggest}
      onClick={() => change({ name: suggestName(form.value.kind) })}
    />
  </div>
);

const Gpus = ({ problem }: { problem: string | undefined }) => {
  const offered = resources.value?.gpus.options.filter((count) => count > 0);
  if (offered === undefined && limitsAre.value === 'reading') return null;
  if (offered?.length === 0) return <p class="hint">{t.launch.noGpus}</p>;
  const options = offered === undefined ? undefined : [0, ...offered];
  return <NumberField name="gpus" label={t.launch.gpus} options={options} problem={problem} />;
};

/** Cores, memory and GPUs, within what the platform offers. */
export const SizeFields = ({ problems }: { problems: Problems }) => {
  const { kind, isFixed } = form.value;
  const offered = resources.value;
  const flexible =
    offered === undefined
      ? undefined
      : t.launch.flexibleHint(
          amount(offered.cores.defaultLimit),
          amount(offered.memoryGiB.defaultLimit),
        );
  return (
    <fieldset>
      <legend>{t.launch.size}</legend>
      {platformSizes(kind) ? (
        <p class="hint">{t.launch.sizedByPlatform}</p>
      ) : (
        <Choice
          name="size"
          value={isFixed ? 'fixed' : 'flexible'}
          choices={[
            flexible === undefined
              ? ['flexible', t.launch.flexible]
              : ['flexible', t.launch.flexible, flexible],
            ['fixed', t.launch.fixed, t.launch.fixedHint],
          ]}
          onChange={(value) => change({ isFixed: value === 'fixed' })}
        />
      )}
      {limitsAre.value === 'unknown' ? <p class="hint">{t.launch.limitsUnknown}</p> : null}
      <div class="columns">
        {isFixed && !platformSizes(kind) ? (
          <>
            <NumberField
              name="cores"
              label={t.launch.cores}
              options={offered?.cores.options}
              problem={problems['cores']}
            />
            <NumberField
              name="memoryGiB"
              label={t.launch.memory}
              options={offered?.memoryGiB.options}
              problem={problems['memoryGiB']}
            />
          </>
        ) : null}
        <Gpus problem={problems['gpus']} />
      </div>
    </fieldset>
  );
};

const setVariable = (place: number, part: Partial<Form['env'][number]>): void =>
  change({
    env: form.value.env.map((one, index) => (index === place ? { ...one, ...part } : one)),
  });

const Variables = ({ problem }: { problem: string | undefined }) => (
  <fieldset aria-describedby={problem === undefined ? undefined : 'env-problem'}>
    <legend>{t.launch.env}</legend>
    {form.value.env.map(({ name, value }, index) => (
      <div class="variable" key={String(index)}>
        <input
          aria-label={t.launch.envNameOf(index + 1)}
          placeholder={t.launch.envName}
          spellcheck={false}
          value={name}
          onInput={(event) => setVariable(index, { name: event.currentTarget.value })}
        />
        <input
          aria-label={t.launch.envValueOf(index + 1)}
          placeholder={t.launch.envValue}
          spellcheck={false}
          value={value}
          onInput={(event) => setVariable(index, { value: event.currentTarget.value })}
        />
        <Button
          icon="close"
          tone="quiet"
          label={t.launch.envRemove(name || String(index + 1))}
          onClick={() => change({ env: form.value.env.filter((_, place) => place !== index) })}
        />
      </div>
    ))}
    {problem === undefined ? null : (
      <p class="problem" id="env-problem">
        {problem}
      </p>
    )}
    <Button
      icon="plus"
      onClick={() => change({ env: [...form.value.env, { name: '', value: '' }] })}
    >
      {t.launch.envAdd}
    </Button>
  </fieldset>
);

/** A longer text of the form. */
const AreaField = (props: {
  name: 'script' | 'table';
  label: string;
  hint: string;
  placeholder?: string;
  problem: string | undefined;
}) => (
  <Field id={props.name} label={props.label} hint={props.hint} problem={props.problem}>
    <textarea
      id={props.name}
      rows={5}
      spellcheck={false}
      placeholder={props.placeholder}
      aria-invalid={props.problem !== undefined}
      aria-describedby={describedBy(props.name, props.hint, props.problem)}
      value={form.value[props.name]}
      onInput={(event) => change({ [props.name]: event.currentTarget.value })}
    />
  </Field>
);

/** What cannot be a word of a command can be one of a script. */
const withHint = (problem: string | undefined): string | undefined =>
  problem === undefined ? undefined : `${problem} ${t.launch.argsHint}`;

/** What a headless session runs. */
export const CommandFields = ({ problems }: { problems: Problems }) => (
  <>
    <TextField
      name="command"
      label={t.launch.command}
      hint={t.launch.commandHint}
      placeholder={t.launch.commandExample}
      problem={problems['cmd'] ?? withHint(problems['args'])}
    />
    <details>
      <summary>{t.launch.script}</summary>
      <AreaField
        name="script"
        label={t.launch.scriptText}
        hint={t.launch.scriptHint}
        problem={problems['script']}
      />
    </details>
    <Variables problem={problems['env']} />
  </>
);

/** How many sessions, and what differs between them. */
export const ManyFields = ({
  problems,
  rows,
}: {
  problems: Problems;
  rows: number | undefined;
}) => {
  const { many, kind } = form.value;
  const table = [['table', t.launch.table, t.launch.tableHint] as const];
  return (
    <fieldset>
      <legend>{t.launch.many}</legend>
      <Choice
        name="many"
        value={many}
        choices={[
          ['one', t.launch.one],
          ['replicas', t.launch.replicas, t.launch.replicasHint],
          ...(kind === 'headless' ? table : []),
        ]}
        onChange={(value) => change({ many: value })}
      />
      {many === 'replicas' ? (
        <TextField name="replicas" label={t.launch.replicas} problem={problems['replicas']} />
      ) : null}
      {many === 'table' && kind === 'headless' ? (
        <AreaField
          name="table"
          label={t.launch.table}
          hint={rows === undefined ? t.launch.tableHint : t.launch.tableRows(rows)}
          placeholder={t.launch.tablePlaceholder}
          problem={problems['table'] ?? problems['rows']}
        />
      ) : null}
    </fieldset>
  );
};
