/** What networks of sessions are made with here, by absolute paths; found once. */
export type NetworkTools =
  /** Each session has a network of its own, tied to a bridge of its user's. */
  | {
      readonly kind: 'bridge';
      readonly nsenter: string;
      readonly unshare: string;
      readonly ip: string;
      /** What leads a session to the world beyond this machine; undefined where nothing can. */
      readonly slirp?: string | undefined;
      /** Why nothing can, as a sentence without its full stop. */
      readonly noWay?: string | undefined;
    }
  /** The sessions of a user share one network, in which each has a loopback address of its own. */
  | { readonly kind: 'shared'; readonly nsenter: string; readonly bwrap: string };
