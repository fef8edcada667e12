/** What a word becomes when it is counted; which of them a number takes is a matter of its language. */
export type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

/** What is made at its first use, and once: making one takes longer than using it a thousand times. */
export function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Numbers, and what is counted, as a language writes them. */
export function writingIn(language: string) {
  const numbers = once(() => new Intl.NumberFormat(language));
  const shares = once(
    () => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }),
  );
  const rules = once(() => new Intl.PluralRules(language));
  const number = (count: number): string => numbers().format(count);
  return {
    number,
    /** A share of a whole, from 0 to 1. */
    percent: (share: number): string => shares().format(share),
    /** A number and what it counts. */
    plural: (count: number, forms: Forms): string =>
      `${number(count)} ${forms[rules().select(count)] ?? forms.other}`,
  };
}
