"""Runs programs of this Python, each in a process of its own that has begun with all modules loaded.

What a program loads only when it needs it is loaded here, too, before the next one: loading is most of
the time of each, and taking it all down again is most of the rest, so that a program ends without that.
Reads one JSON list of words a line, the name of the program first; answers with a JSON object that has its
exit status and its output.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import sys
import tempfile
import traceback
from importlib.metadata import entry_points

scripts = {script.name: script for script in entry_points(group="console_scripts")}


def status_of(program):
    """The exit status of a program, as Python has it."""
    try:
        result = program()
    except SystemExit as ended:
        result = ended.code
    except BaseException:
        traceback.print_exc()
        result = 1
    if isinstance(result, str):
        print(result, file=sys.stderr)
    return result if isinstance(result, int) else int(result is not None)


def end(status):
    """Does what a program has left to its end, and no more."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status & 0xFF)


for line in sys.stdin:
    name, *words = json.loads(line)
    program = scripts[name].load()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile("w+") as loaded:
        sys.stdout.flush()
        # What is here is shared with the program for as long as nobody touches it.
        gc.freeze()
        child = os.fork()
        if child == 0:
            nothing = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((nothing, 0), (output.fileno(), 1), (output.fileno(), 2)):
                os.dup2(source, target)
            sys.argv = [os.path.join(os.path.dirname(sys.executable), name), *words]
            status = status_of(program)
            json.dump(sorted(sys.modules), loaded)
            loaded.flush()
            end(status)
        _, ended = os.waitpid(child, 0)
        output.seek(0)
        text = output.read().decode(errors="replace")
        loaded.seek(0)
        for module in json.loads(loaded.read() or "[]"):
            if module not in sys.modules:
                with contextlib.suppress(Exception):
                    importlib.import_module(module)
    print(json.dumps({"status": os.waitstatus_to_exitcode(ended), "output": text}), flush=True)
