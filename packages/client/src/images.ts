import type { RequestedKind } from '@skaha/wire/kinds.js';
import { isJson } from './client/body.js';
import type { CallOptions } from './client/options.js';
import { ClientPart, coreOf } from './client/source.js';
import { SkahaError } from './errors/index.js';
import { type ImageInfo, readImage } from './models/image.js';

/** Which images to list. */
export interface ImageOptions extends CallOptions {
  /** Only images that can be started as this kind. */
  kind?: RequestedKind | undefined;
}

/** The container images that the platform offers. */
export class Images extends ClientPart {
  /**
   * Lists the references of images, as accepted by `create`.
   *
   * @param options - filter, signal and timeout
   * @returns full references in the server's order
   * @throws {SkahaError} `request.rejected` for an unknown kind, and the codes of every call
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * for (const image of await skaha.images.fetch({ kind: 'headless' })) console.log(image);
   * ```
   */
  async fetch(options: ImageOptions = {}): Promise<string[]> {
    return (await this.details(options)).map(({ id }) => id);
  }

  /**
   * Lists images with their kinds and digests. The platform lists only public images, and of
   * several tags on one image only the first.
   *
   * @param options - filter, signal and timeout
   * @returns the images in the server's order
   * @throws {SkahaError} `request.rejected` for an unknown kind, and the codes of every call
   */
  async details(options: ImageOptions = {}): Promise<ImageInfo[]> {
    const { kind, signal, timeoutMs } = options;
    const reply = await coreOf(this).request({
      method: 'GET',
      path: ['image'],
      query: { type: kind },
      isExpected: isJson(Array.isArray),
      signal,
      timeoutMs,
    });
    const images = reply.json();
    if (!Array.isArray(images)) {
      throw new SkahaError('response.invalid', 'The server did not answer with a list of images.', {
        status: reply.status,
        hint: 'Check the address of the server: another service may answer there.',
      });
    }
    return images.map(readImage).filter((image) => image !== undefined);
  }
}
