import type { ValidationIssue } from '../errors/index.js';

/**
 * What the wire cannot carry. The server pastes these values between double quotes of a YAML
 * template and uses them as a replacement text, where `"`, `\` and `$` have meanings of their own
 * (Skaha API, splitting and quoting).
 */
const uncarriable = /["\\$\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

const names: Readonly<Record<string, string>> = {
  '"': 'a double quote (")',
  '\\': 'a backslash (\\)',
  $: 'a dollar sign ($)',
  '\n': 'a line break',
  '\r': 'a line break',
  '\t': 'a tab',
};

/** The next step for anything that cannot be sent. */
export const scriptHint =
  'Send it as a script (--sh or --script), or put it in a file in your home space and run that.';

function characterIssue(path: string, what: string, value: string): ValidationIssue | undefined {
  const found = uncarriable.exec(value)?.[0];
  if (found === undefined) return undefined;
  const name = names[found] ?? 'a control character';
  return { path, message: `The platform cannot pass on ${name} in ${what}.` };
}

/**
 * Everything about a command that the wire cannot carry: it takes one word for the program, and
 * splits the rest at each single blank.
 *
 * @param cmd - the program
 * @param args - its words
 */
export function commandIssues(
  cmd: string | undefined,
  args: readonly string[] | undefined,
): ValidationIssue[] {
  const issues: (ValidationIssue | undefined)[] = [];
  if (cmd !== undefined) {
    const what = 'the command';
    if (cmd === '') issues.push({ path: 'cmd', message: 'The command is empty.' });
    else if (cmd.includes(' ')) {
      issues.push({
        path: 'cmd',
        message: 'The command must be a single word; give its arguments separately.',
      });
    }
    issues.push(characterIssue('cmd', what, cmd));
  }
  (args ?? []).forEach((word, index) => {
    const path = `args.${index}`;
    const what = `argument ${index + 1}`;
    if (word === '') {
      issues.push({ path, message: `The platform cannot pass on an empty argument (${what}).` });
    } else if (word.includes(' ')) {
      issues.push({
        path,
        message: `The platform splits arguments at spaces, and ${what} contains one.`,
      });
    }
    // Inside the quotes of the template a tab is a character like any other, and no separator.
    issues.push(characterIssue(path, what, word.replaceAll('\t', '')));
  });
  return issues.filter((issue) => issue !== undefined);
}

/** Set by the platform for each replica; a value of the caller's would be lost or misleading. */
const replicaVariables = new Set(['REPLICA_ID', 'REPLICA_COUNT']);
/** Set by the platform for every session, after the caller's (Skaha API, environment). */
const platformVariables = /^(?:HOME|PWD|OMP_NUM_THREADS|skaha_.*)$/;

/**
 * Everything about variables that the wire cannot carry: an entry must have exactly one `=`, and
 * something after it, or the server drops it without a word.
 *
 * @param env - as the caller gave them
 */
export function environmentIssues(
  env: Readonly<Record<string, string>> | undefined,
): ValidationIssue[] {
  return Object.entries(env ?? {}).flatMap(([name, value]) => variableIssues(name, value));
}

function variableIssues(name: string, value: string): ValidationIssue[] {
  const path = `env.${name}`;
  const issue = (message: string) => [{ path, message }];
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    return issue(
      `${JSON.stringify(name)} is not a variable name: use letters, digits and underscores.`,
    );
  }
  if (replicaVariables.has(name)) return issue(`The variable ${name} is set for each replica.`);
  if (platformVariables.test(name)) return issue(`The platform sets the variable ${name} itself.`);
  if (typeof value !== 'string') return issue(`The variable ${name} must be text.`);
  if (value === '') return issue(`The platform cannot pass on the empty variable ${name}.`);
  if (value.includes('=')) {
    return issue(`The platform cannot pass on the "=" in the value of the variable ${name}.`);
  }
  const character = characterIssue(path, `the variable ${name}`, value);
  return character === undefined ? [] : [character];
}
