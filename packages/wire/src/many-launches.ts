// Many launches in one request: an extension that the local platform has. Other servers offer nothing
// like it, and are asked for each session separately.

/** Header of replies: how many launches one request may have. */
export const acceptLaunchesHeader = 'accept-launches';

/** What is posted to below the version of the API. */
export const launchesResource = 'launches';

/** The type of a request for many launches, and of its reply. */
export const launchesType = 'application/json';

/** One launch of many. */
export interface LaunchOrder {
  /** What its caller calls it: asked for again by this name, it is not launched again. */
  readonly key: string;
  /** The parameters of a create. */
  readonly form: readonly (readonly [name: string, value: string])[];
}

/** What became of one launch, in the place that it had in the request. */
export type LaunchReply =
  | { readonly id: string }
  | { readonly status: number; readonly text: string };
