import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEvents, sortEvents } from '../../src/models/events.js';

const table = `TYPE      REASON      MESSAGE                                        FIRST-TIME             LAST-TIME
Normal    Scheduled   Successfully assigned skaha-workload/x to node-x04     <nil>                  <nil>
Normal    Pulling     Pulling image "images.canfar.net/skaha/astroml:26.07"  2026-08-06T15:25:09Z   2026-08-06T15:25:09Z
Warning   Unhealthy   Two  blanks:  dial tcp 10.42.7.9:8888                  2026-08-06T15:25:31Z   2026-08-06T15:25:51Z
`;

describe('the table of events', () => {
  test('is read by words', () => {
    expect(parseEvents(table)).toEqual([
      {
        type: 'Normal',
        reason: 'Scheduled',
        message: 'Successfully assigned skaha-workload/x to node-x04',
        firstTime: undefined,
        lastTime: undefined,
      },
      {
        type: 'Normal',
        reason: 'Pulling',
        message: 'Pulling image "images.canfar.net/skaha/astroml:26.07"',
        firstTime: new Date('2026-08-06T15:25:09Z'),
        lastTime: new Date('2026-08-06T15:25:09Z'),
      },
      {
        type: 'Warning',
        reason: 'Unhealthy',
        message: 'Two  blanks:  dial tcp 10.42.7.9:8888',
        firstTime: new Date('2026-08-06T15:25:31Z'),
        lastTime: new Date('2026-08-06T15:25:51Z'),
      },
    ]);
  });

  test('a message may hold line breaks, or be empty', () => {
    const text =
      'Normal   Odd   first line\nsecond line   <nil>   <nil>\nNormal   Bare   <nil>   <nil>\n';
    expect(parseEvents(text).map(({ reason, message }) => [reason, message])).toEqual([
      ['Odd', 'first line\nsecond line'],
      ['Bare', ''],
    ]);
  });

  test.each(['', '<none>\n', 'error: you must specify a pod\n', 'TYPE   REASON   MESSAGE\n'])(
    '%j holds none',
    (text) => {
      expect(parseEvents(text)).toEqual([]);
    },
  );

  test('every table that is written can be read', () => {
    const word = fc.stringMatching(/^[A-Za-z]{1,12}$/);
    const message = fc.stringMatching(/^[a-z0-9:"./-]([a-z0-9:"./ -]{0,40}[a-z0-9:"./-])?$/);
    const event = fc.record({ type: word, reason: word, message });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const rows = events.map((e) => `${e.type}   ${e.reason}   ${e.message}   <nil>   <nil>\n`);
        expect(parseEvents(rows.join('')).map((e) => [e.type, e.reason, e.message])).toEqual(
          events.map((e) => [e.type, e.reason, e.message]),
        );
      }),
    );
  });
});

describe('in the order in which things happened', () => {
  const event = (reason: string, minute?: number) => ({
    type: 'Normal',
    reason,
    message: '',
    lastTime: minute === undefined ? undefined : new Date(minute * 60_000),
  });
  const sorted = (...events: ReturnType<typeof event>[]) =>
    sortEvents(events).map(({ reason }) => reason);

  test('by their times', () => {
    expect(sorted(event('Started', 3), event('Pulling', 1), event('Pulled', 2))).toEqual([
      'Pulling',
      'Pulled',
      'Started',
    ]);
  });

  test('of one time, by the first at which it happened', () => {
    const early = { ...event('BackOff', 5), firstTime: new Date(60_000) };
    const late = { ...event('Failed', 5), firstTime: new Date(120_000) };
    expect(sorted(late, early)).toEqual(['BackOff', 'Failed']);
  });

  test('one without a time before what can only follow from it', () => {
    expect(
      sorted(event('Odd'), event('Created'), event('Pulling', 1), event('Started', 2)),
    ).toEqual(['Odd', 'Pulling', 'Created', 'Started']);
    expect(sorted(event('Pulling', 1), event('Killing'))).toEqual(['Pulling', 'Killing']);
  });
});
