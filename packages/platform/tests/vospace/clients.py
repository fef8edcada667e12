"""Runs programs of this Python, each in a process of its own that has begun with all modules loaded.

What a program loads only when it needs it is loaded here, too, before the next one: loading is most of
the time of each. Reads one JSON list of words a line, the name of the program first; answers with a JSON object that
has its exit status and its output.
"""

import contextlib
import importlib
import json
import os
import sys
import tempfile
from importlib.metadata import entry_points

scripts = {script.name: script for script in entry_points(group="console_scripts")}

for line in sys.stdin:
    name, *words = json.loads(line)
    program = scripts[name].load()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile("w+") as loaded:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            nothing = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((nothing, 0), (output.fileno(), 1), (output.fileno(), 2)):
                os.dup2(source, target)
            sys.argv = [os.path.join(os.path.dirname(sys.executable), name), *words]
            try:
                sys.exit(program())
            finally:
                json.dump(sorted(sys.modules), loaded)
                loaded.flush()
        _, ended = os.waitpid(child, 0)
        output.seek(0)
        text = output.read().decode(errors="replace")
        loaded.seek(0)
        for module in json.loads(loaded.read() or "[]"):
            if module not in sys.modules:
                with contextlib.suppress(Exception):
                    importlib.import_module(module)
    print(json.dumps({"status": os.waitstatus_to_exitcode(ended), "output": text}), flush=True)
