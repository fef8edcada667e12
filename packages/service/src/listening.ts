/** Where a platform stores single values, such as the port of last time. */
export interface Facts {
  fact(name: string): string | undefined;
  setFact(name: string, value: string): void;
}

/**
 * Listens on the port of last time, which clients may remember, or on another if it is in use.
 *
 * @param name - under which the port is stored
 */
export async function listenAgain<Result>(
  facts: Facts,
  name: string,
  listen: (port: number) => Promise<Result>,
): Promise<Result> {
  const last = Number(facts.fact(name) ?? 0);
  try {
    return await listen(last);
  } catch (error) {
    if (last === 0) throw error;
    return await listen(0);
  }
}
