import type { Connection } from '../runtime/types.js';

/** One attempt of a request, before it is sent. Hooks may add headers. */
export interface OutgoingRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  anonymous: boolean;
  connection: Connection;
  /** Counted from 1. */
  attempt: number;
  /** Names the call in the log; the same for all its attempts. Never sent. */
  call: string;
  /** The path lets its bearer in and is not shown. */
  isSecret?: boolean | undefined;
  /** The fields of the body, when it is a form. */
  form?: readonly (readonly [name: string, value: string])[] | undefined;
}

/** The reply to one attempt, its body read to the end. */
export interface IncomingReply {
  status: number;
  header(name: string): string | undefined;
  /** All headers, names in lower case. */
  headers(): Readonly<Record<string, string>>;
  bytes: Uint8Array;
  /** How long the attempt took. */
  milliseconds: number;
}

/** Something done around every attempt. A hook that throws ends the call with its error. */
export interface Hook {
  request?(request: OutgoingRequest): Promise<void> | void;
  reply?(request: OutgoingRequest, reply: IncomingReply): Promise<void> | void;
}
