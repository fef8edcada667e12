/** A line of the log for people: time, level, message. What is no entry stays as it is. */
export function readable(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { time, level, message }: Record<string, unknown> = JSON.parse(line);
    if (typeof time !== 'string' || typeof level !== 'string' || typeof message !== 'string') {
      return line;
    }
    return `${time} ${level.padEnd(5)} ${message}`;
  } catch {
    return line;
  }
}
