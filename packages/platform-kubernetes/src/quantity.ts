const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity of Kubernetes (`250m`, `12Gi`, `1e3`) as a number; 0 if it is not a quantity. */
export function numberOf(quantity: string | number | undefined): number {
  if (typeof quantity === 'number') return quantity;
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(quantity ?? '');
  const factor = factors[match?.[2] ?? ''];
  const value = Number(match?.[1]);
  return match === null || factor === undefined || Number.isNaN(value) ? 0 : value * factor;
}

/** Cores as Kubernetes writes them: to a thousandth, and never none. */
export const coresQuantity = (cores: number): string =>
  `${Math.max(1, Math.round(cores * 1000))}m`.replace(/^(\d+)000m$/, '$1');

/** Bytes as Kubernetes writes them, in the largest unit that is exact. */
export function bytesQuantity(bytes: number): string {
  const whole = Math.max(1, Math.round(bytes));
  for (const [unit, factor] of [
    ['Gi', 2 ** 30],
    ['Mi', 2 ** 20],
    ['Ki', 2 ** 10],
  ] as const) {
    if (whole % factor === 0) return `${whole / factor}${unit}`;
  }
  return String(whole);
}
