const mark = /-----(?:BEGIN(?: ([A-Z0-9 ]{1,40})-----)?|END ([A-Z0-9 ]{1,40})-----)/g;
const certificateLabels = new Set(['CERTIFICATE', 'TRUSTED CERTIFICATE', 'X509 CERTIFICATE']);

/** One part of a PEM text. */
export interface PemBlock {
  label: string;
  pem: string;
}

/**
 * The blocks of a PEM text, whatever is between them. Files that were put together without a
 * line end have nothing there, or between a mark and what it encloses, which OpenSSL does not take.
 *
 * @param text - of a file
 */
export function pemBlocks(text: string): PemBlock[] {
  const found: PemBlock[] = [];
  let open: { label: string | undefined; head: string; at: number } | undefined;
  for (const { 0: words, 1: label, 2: ended, index } of text.matchAll(mark)) {
    if (ended === undefined) {
      open = { label, head: words, at: index + words.length };
    } else if (open !== undefined && open.label === ended) {
      const body = text.slice(open.at, index).trim();
      found.push({ label: ended, pem: `${open.head}\n${body}\n${words}` });
      open = undefined;
    }
  }
  return found;
}

/** Whether a block is a certificate. */
export const isCertificateBlock = ({ label }: PemBlock): boolean => certificateLabels.has(label);

/**
 * The certificates of a PEM text.
 *
 * @param text - of a file
 */
export const certificatesOf = (text: string): string[] =>
  pemBlocks(text)
    .filter(isCertificateBlock)
    .map(({ pem }) => pem);
