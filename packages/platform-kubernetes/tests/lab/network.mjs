// @ts-check
// A network of pods on this machine alone: a bridge with no way out, on which pods have addresses, reach
// each other, and find the API server where Kubernetes tells them to.
import { execFileSync } from 'node:child_process';

const ip = (/** @type {string[]} */ ...args) =>
  execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** A number that no network of this machine begins with, as 10.NUMBER. */
function freeNumber() {
  const taken = ip('-4', '-o', 'address');
  const free = Array.from({ length: 120 }, (_, index) => 130 + index).filter(
    (number) => !taken.includes(` 10.${number}.`),
  );
  return /** @type {number} */ (free[Math.floor(Math.random() * free.length)]);
}

export class PodNetwork {
  #number = freeNumber();

  get #bridge() {
    return `skaha-${this.#number}`;
  }

  /** Addresses of Services; the first is that of the API server. */
  get services() {
    return `10.${this.#number}.128.0/24`;
  }

  get api() {
    return `10.${this.#number}.128.1`;
  }

  /** This machine, as pods see it. */
  get machine() {
    return `10.${this.#number}.0.1`;
  }

  open() {
    ip('link', 'add', this.#bridge, 'type', 'bridge');
    ip('address', 'add', `${this.machine}/17`, 'dev', this.#bridge);
    ip('address', 'add', `${this.api}/32`, 'dev', this.#bridge);
    ip('link', 'set', this.#bridge, 'up');
  }

  /**
   * The plug-in that gives a pod its address.
   *
   * @param {string} folder - where it counts them
   */
  plugin(folder) {
    return `#!/bin/sh
case $CNI_COMMAND in
VERSION) echo '{"cniVersion":"0.4.0","supportedVersions":["0.3.1","0.4.0"]}';;
ADD)
  set -e
  n=$(flock ${folder}/lock sh -c 'n=$(($(cat ${folder}/count 2>/dev/null || echo 1) + 1)); echo $n > ${folder}/count; echo $n')
  address=10.${this.#number}.$((n / 250)).$((n % 250 + 2))
  link=v$(echo "$CNI_CONTAINERID" | cut -c1-12)
  ip link add "$link" type veth peer name "$CNI_IFNAME" netns "$(basename "$CNI_NETNS")" >&2
  ip link set "$link" master ${this.#bridge} up >&2
  nsenter --net="$CNI_NETNS" sh -c "ip link set lo up; ip address add $address/17 dev $CNI_IFNAME; ip link set $CNI_IFNAME up; ip route add default via ${this.machine}" >&2
  echo "{\\"cniVersion\\":\\"0.4.0\\",\\"interfaces\\":[{\\"name\\":\\"$CNI_IFNAME\\",\\"sandbox\\":\\"$CNI_NETNS\\"}],\\"ips\\":[{\\"version\\":\\"4\\",\\"interface\\":0,\\"address\\":\\"$address/17\\"}]}";;
esac
`;
  }

  close() {
    try {
      ip('link', 'delete', this.#bridge);
    } catch {
      // It was never made.
    }
  }
}
