import { isList } from '@skaha/base/record.js';
import type { RequestedKind } from '@skaha/wire/kinds.js';
import type { CallOptions } from './client/options.js';
import { ClientPart, coreOf } from './client/source.js';
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
    const images = await coreOf(this).requestJson(
      { method: 'GET', path: ['image'], query: { type: kind }, signal, timeoutMs },
      isList,
    );
    return images.map(readImage).filter((image) => image !== undefined);
  }
}
