// @ts-check
const assert = require('node:assert/strict');
void import('skaha').then(({ chunk }) => {
  assert.deepEqual([...chunk([1, 2, 3], { replica: 1, total: 3 })], [1]);
  assert.equal(require('skaha').chunk, chunk);
  console.log('works');
});
