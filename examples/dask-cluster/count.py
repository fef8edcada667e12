"""Counts the stars of a catalogue by their colour, on the Dask cluster of DASK_SCHEDULER_ADDRESS."""
import json
import os
import sys
import time

from distributed import Client


def tally(stars):
    """How many stars, how many with a colour, and how many of those are blue."""
    colours = [float(one) for one in stars if one != ""]
    return len(stars), len(colours), sum(one < 0 for one in colours)


with open(sys.argv[1], encoding="utf-8") as file:
    stars = [one["properties"]["bv"] for one in json.load(file)["features"]]
parts = [stars[begin::24] for begin in range(24)]
wanted = int(os.environ["WORKERS"])
with Client(os.environ["DASK_SCHEDULER_ADDRESS"]) as client:
    client.wait_for_workers(wanted, timeout=120)
    counts = [sum(column) for column in zip(*client.gather(client.map(tally, parts)))]
    # Workers that were deleted are gone a moment later.
    for _ in range(60):
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        if workers == wanted:
            break
        time.sleep(1)
print(json.dumps({"stars": counts[0], "coloured": counts[1], "blue": counts[2], "workers": workers}))
