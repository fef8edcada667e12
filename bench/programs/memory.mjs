// @ts-check
import { createInterface } from 'node:readline';

/** Most memory this process ever had, in bytes. */
export const mostMemory = () => process.resourceUsage().maxRSS * 1024;

/**
 * Tells the memory of this process for each line of its input, until that ends.
 *
 * @param {() => unknown} ended
 */
export function answerMemory(ended) {
  createInterface(process.stdin)
    .on('line', () => {
      console.log(JSON.stringify({ now: process.memoryUsage.rss(), most: mostMemory() }));
    })
    .on('close', ended);
}
