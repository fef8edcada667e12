"""Counts the stars of a catalogue by their colour, on the Ray cluster of RAY_ADDRESS."""
import json
import os
import sys
import time

import ray


@ray.remote
def tally(stars):
    """How many stars, how many with a colour, and how many of those are blue."""
    colours = [float(one) for one in stars if one != ""]
    return len(stars), len(colours), sum(one < 0 for one in colours)


def workers():
    """Nodes that compute; the head does not."""
    return sum(1 for one in ray.nodes() if one["Alive"] and one["Resources"].get("CPU", 0) > 0)


with open(sys.argv[1], encoding="utf-8") as file:
    stars = [one["properties"]["bv"] for one in json.load(file)["features"]]
parts = [stars[begin::24] for begin in range(24)]
wanted = int(os.environ["WORKERS"])
ray.init(address=os.environ["RAY_ADDRESS"], log_to_driver=False)
for _ in range(120):
    # Of workers that were deleted Ray learns a moment later.
    if workers() == wanted:
        break
    time.sleep(1)
# Without workers it would wait for ever.
tallies = ray.get([tally.remote(part) for part in parts], timeout=120)
counts = [sum(column) for column in zip(*tallies)]
print(json.dumps({"stars": counts[0], "coloured": counts[1], "blue": counts[2], "workers": workers()}))
