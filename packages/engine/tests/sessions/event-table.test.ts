import { expect, test } from 'vitest';
import { eventTable, instant } from '../../src/sessions/event-table.js';

const at = Date.UTC(2026, 7, 6, 15, 25, 9, 321);

test('33: events are an aligned table with three spaces, <nil> for unset times and one LF', () => {
  const table = eventTable([
    { level: 'Normal', reason: 'Scheduled', message: 'Assigned' },
    { level: 'Warning', reason: 'Bad', message: 'A longer\nmessage', first: at, last: at },
  ]);
  expect(table).toBe(
    [
      'TYPE      REASON      MESSAGE            FIRST-TIME             LAST-TIME',
      'Normal    Scheduled   Assigned           <nil>                  <nil>',
      'Warning   Bad         A longer message   2026-08-06T15:25:09Z   2026-08-06T15:25:09Z',
      '',
    ].join('\n'),
  );
});

test('33: no events are <none> and one LF', () => {
  expect(eventTable([])).toBe('<none>\n');
});

test('instants have whole seconds', () => {
  expect(instant(at)).toBe('2026-08-06T15:25:09Z');
});
