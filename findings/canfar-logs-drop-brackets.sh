#!/usr/bin/env bash
# canfar 1.5.2 (PyPI): `canfar logs` takes the log of a session for the markup of its console. A word
# in square brackets that begins with a lower-case letter, such as `[info]` or the `[a]` of `printf
# '[%s]' a`, is not shown; `[INFO]` is. So logs are better read by another program, or through the
# library.
set -euo pipefail
work="$(mktemp -d)"
trap 'kill "$server" 2>/dev/null || :; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install 'canfar==1.5.2' 'typer==0.28.0'
cat > "$work/server.py" <<'PYTHON'
from http.server import BaseHTTPRequestHandler, HTTPServer

LOG = b'[info] 3 stars read\n[INFO] done\n'


class Handler(BaseHTTPRequestHandler):
    """Answers `GET session/ID?view=logs` as the service does: plain text."""

    def do_GET(self):
        self.send_response(200)
        self.send_header('content-type', 'text/plain')
        self.send_header('content-length', str(len(LOG)))
        self.end_headers()
        self.wfile.write(LOG)

    def log_message(self, *_):
        pass


server = HTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
"$work/venv/bin/python" "$work/server.py" > "$work/port" &
server=$!
for _ in $(seq 100); do [ -s "$work/port" ] && break || sleep 0.1; done
shown="$(HOME="$work" CANFAR_TOKEN=none CANFAR_URL="http://127.0.0.1:$(cat "$work/port")/skaha/v1" \
  "$work/venv/bin/canfar" logs abcd1234 2>&1)"
printf '%s\n' "$shown"
case $shown in *'[info]'*) echo 'it is shown now'; exit 1 ;; esac
case $shown in *'3 stars read'*'[INFO] done'*) ;; *) echo 'the rest is not shown any more'; exit 1 ;; esac
echo "as described"
