/**
 * A text without the slashes at its end. A pattern would start again at every slash of a text that
 * ends otherwise, which takes minutes for an address as long as a server may send.
 */
export function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === '/') end -= 1;
  return text.slice(0, end);
}
