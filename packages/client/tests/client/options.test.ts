import { SkahaClient, ValidationError } from 'skaha';
import { describe, expect, test } from 'vitest';
import { resolveSettings } from '../../src/client/options.js';

const none = () => undefined;

describe('options of a client', () => {
  test('defaults', () => {
    expect(resolveSettings({}, none)).toMatchObject({
      timeoutMs: 30_000,
      concurrency: 32,
      retries: 3,
    });
  });

  test('variables come second, those of the successor third', () => {
    const variables: Record<string, string> = { SKAHA_TIMEOUT: '5', CANFAR_CONCURRENCY: '4' };
    const read = (name: string) => variables[name];
    expect(resolveSettings({}, read)).toMatchObject({ timeoutMs: 5_000, concurrency: 4 });
    const options = { timeoutMs: 7, concurrency: 2 };
    expect(resolveSettings(options, read)).toMatchObject(options);
  });

  test.each([
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: 300_001 }, 'timeoutMs'],
    [{ timeoutMs: 1.5 }, 'timeoutMs'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ concurrency: 129 }, 'concurrency'],
    [{ retries: -1 }, 'retries'],
    [{ retries: 11 }, 'retries'],
    [{ registry: {} }, 'registry'],
  ])('%j is refused', (options: object, path) => {
    const make = () => new SkahaClient(options);
    expect(make).toThrow(ValidationError);
    expect(make).toThrow(expect.objectContaining({ issues: [expect.objectContaining({ path })] }));
  });

  test('everything that is wrong is said at once', () => {
    expect(() => resolveSettings({ timeoutMs: 0, concurrency: 0 }, () => 'x')).toThrow(
      expect.objectContaining({ issues: [{}, {}].map(() => expect.anything()) }),
    );
  });

  test('a variable that is no number is refused', () => {
    const read = (name: string) => (name === 'SKAHA_TIMEOUT' ? 'soon' : undefined);
    expect(() => resolveSettings({}, read)).toThrow(ValidationError);
  });
});
