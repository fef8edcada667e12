// @ts-check
// Loaded before a program: at its end it writes the most memory that it had into a file.
import { writeFileSync } from 'node:fs';
import { mostMemory } from './memory.mjs';

process.once('exit', () => writeFileSync(process.env['BENCH_MEMORY'] ?? '', String(mostMemory())));
