"""The work of the other programs here, with the Python client. Prints one line of JSON.

    python python_client.py which|creates|list '{"url": "http://127.0.0.1:PORT/skaha", ...}'
"""

import asyncio
import json
import statistics
import sys
import time
from importlib import import_module, metadata, util


def found():
    """Name and version of the client that is installed."""
    for name in ("canfar", "skaha"):
        if util.find_spec(name) is not None:
            return {"package": name, "version": metadata.version(name)}
    raise SystemExit("no Python client is installed for this interpreter")


def sessions():
    """The module with the calls on sessions."""
    package = found()["package"]
    return import_module(f"{package}.{'sessions' if package == 'canfar' else 'session'}")


def settings(url, certificate):
    """The servers here ask nobody who they are, but the client wants a credential."""
    if found()["package"] == "canfar":
        return {"url": f"{url}/v1", "certificate": certificate, "loglevel": 40}
    return {"server": url, "version": "v1", "certificate": certificate, "loglevel": 40}


async def creates(url, count, concurrency, certificate):
    """Time of many launches and of as many descriptions, in milliseconds."""
    job = {"name": "bench", "image": "images.canfar.net/skaha/terminal:1.1.2", "kind": "headless"}
    async with sessions().AsyncSession(**settings(url, certificate), concurrency=concurrency) as client:
        await client.create(**job, cmd="true", replicas=concurrency)
        started = time.perf_counter()
        ids = await client.create(**job, cmd="true", replicas=count)
        created = time.perf_counter()
        described = await client.info(ids)
        read = time.perf_counter()
    if len(ids) != count or len(described) != count:
        raise SystemExit(f"{len(ids)} of {count} sessions were launched, {len(described)} described")
    return {"create": (created - started) * 1000, "info": (read - created) * 1000}


def listing(url, rounds, certificate):
    """Time of the processor for a long list, in milliseconds."""
    times = []
    with sessions().Session(**settings(url, certificate)) as client:
        for _ in range(rounds + 1):
            started = time.process_time()
            client.fetch()
            times.append((time.process_time() - started) * 1000)
    return statistics.median(times[1:])


task, given = sys.argv[1], json.loads(sys.argv[2])
if task == "which":
    result = found()
elif task == "creates":
    result = asyncio.run(creates(**given))
else:
    result = listing(**given)
print(json.dumps(result))
