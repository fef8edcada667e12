import http from 'node:http';

/**
 * Deno sends a request again, whatever it does, when a connection that it reuses breaks: a session
 * would be created twice. Over a connection of its own a request is sent once.
 */
const resendsByItself = 'deno' in process.versions;

const optionsOf = (agent: http.Agent): http.AgentOptions => {
  const options: unknown = Reflect.get(agent, 'options');
  return { ...(typeof options === 'object' ? options : {}), keepAlive: false };
};

/**
 * An agent over which a request that must not be repeated reaches the server once at most.
 *
 * @param agent - for requests that may be; trusts and proves the same
 */
export function sendsOnce(agent: http.Agent): http.Agent {
  if (!resendsByItself) return agent;
  // Of the same class: over TLS, when that was.
  const once: unknown = Reflect.construct(agent.constructor, [optionsOf(agent)]);
  return once instanceof http.Agent ? once : agent;
}
