import type { Io } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import type { Ink } from '@skaha/terminal/output/style.js';
import { pad, plain } from '@skaha/terminal/output/text.js';
import type { Run } from '../../command.js';
import type { Finding, Health } from './doctor/finding.js';
import { checkConfiguration, checkLogin } from './doctor/local.js';
import { checkRegistries } from './doctor/registries.js';
import { checkAccess, checkAvailability, checkName, checkTls } from './doctor/server.js';
import { checkAuthorities, checkProxy } from './doctor/surroundings.js';

const inks: Readonly<Record<Health, Ink>> = { ok: 'green', warn: 'yellow', fail: 'red' };

function listed(io: Io, findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings
    .flatMap(({ check, status, message, hint }) => [
      `${io.style(inks[status], pad(status, 4))}  ${pad(check, width)}  ${plain(message)}`,
      ...(hint === null ? [] : [`${' '.repeat(width + 8)}${plain(hint)}`]),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

/** Looks for what may be wrong. */
export const runDoctor: Run<Record<never, never>> = async (io, deps) => {
  const configuration = await checkConfiguration(io, deps);
  const login = await checkLogin(io, deps, configuration);
  const connection = login.found && {
    ...login.found,
    ca: login.found.ca ?? (await login.found.readCa?.()),
  };
  const tools = connection && { io, deps, connection };
  const server =
    tools === undefined
      ? []
      : [
          checkName(tools),
          checkProxy(tools),
          checkAuthorities(tools),
          checkTls(tools),
          checkAvailability(tools),
          checkAccess(tools),
        ];
  const registries = configuration.found && checkRegistries(configuration.found, io, deps);
  const rest = (await Promise.all([...server, registries ?? []])).flat();
  const findings = [configuration.finding, login.finding, ...rest];
  await render(io, {
    data: findings,
    table: () => listed(io, findings),
    names: () => findings.filter(({ status }) => status === 'fail').map(({ check }) => check),
  });
  return findings.some(({ status }) => status === 'fail') ? 1 : undefined;
};
