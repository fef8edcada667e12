const block = /-----BEGIN ([A-Z0-9 ]{1,40})-----(?:(?!-----BEGIN)[\s\S])*?-----END \1-----/g;
const certificateLabels = new Set(['CERTIFICATE', 'TRUSTED CERTIFICATE', 'X509 CERTIFICATE']);

/** One part of a PEM text. */
export interface PemBlock {
  label: string;
  pem: string;
}

/**
 * The blocks of a PEM text, whatever stands between them. Files that were put together without a
 * line end have nothing there, which OpenSSL does not take.
 *
 * @param text - of a file
 */
export const pemBlocks = (text: string): PemBlock[] =>
  [...text.matchAll(block)].map(([pem, label = '']) => ({ label, pem }));

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
