/** A word as a POSIX shell takes it: nothing in it is anything but itself. */
export const shellWord = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
