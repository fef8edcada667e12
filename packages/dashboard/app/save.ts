/** Has the browser save what was fetched. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  // The browser takes hold of it in its own time.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
