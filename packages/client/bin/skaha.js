#!/usr/bin/env node
// @ts-check
'use strict';
// CommonJS, which Node starts sooner than modules.
const { keep, pack } = require('../dist/command/packs.js');

/** @type {{main: () => Promise<number>}} */
const { main } = pack('main')('main.js');

main().then((status) => {
  process.exitCode = status;
  keep();
});
