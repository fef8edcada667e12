/** The database and user for which a password is. */
interface Place {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * Finds a password in the text of a password file: lines of `host:port:database:user:password`, in
 * which `*` matches anything and a backslash escapes `:` and itself. The first match counts; a unix
 * socket is `localhost` there.
 */
export function passwordIn(
  text: string,
  { host, port, database, user }: Place,
): string | undefined {
  const names = host.startsWith('/') ? [host, 'localhost'] : [host];
  const wanted = [names, [String(port)], [database], [user]];
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue;
    const fields = fieldsOf(line);
    if (fields.length < 5) continue;
    const fits = wanted.every((values, index) => {
      const field = fields[index] ?? '';
      return field === '*' || values.includes(unescaped(field));
    });
    if (fits) return unescaped(fields.slice(4).join(':'));
  }
  return undefined;
}

/** Splits a line at unescaped colons. */
function fieldsOf(line: string): string[] {
  const fields = [''];
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] ?? '';
    const last = fields.length - 1;
    if (character === ':') fields.push('');
    else if (character === '\\') {
      fields[last] += character + (line[at + 1] ?? '');
      at += 1;
    } else fields[last] += character;
  }
  return fields;
}

const unescaped = (field: string): string => field.replace(/\\(.)/g, '$1');
