// What the platform itself runs for some kinds, like the scripts of the real platform. Each is an
// argument of `sh -c`; no input of users is ever inserted.

/** Settings of the Jupyter server, in Python: one file works for all its versions. */
const jupyterSettings = `import os, sys, types
c = get_config()
base = '/session/notebook/' + os.environ['skaha_sessionid'] + '/'
socket = os.environ.get('skaha_socket', '')
port = int(os.environ.get('PORT', '8888'))
root = os.environ['skaha_root']
is_classic = False
if os.environ['skaha_program'] == 'jupyter-notebook':
    import notebook
    is_classic = int(notebook.__version__.split('.')[0]) < 7
app = c.NotebookApp if is_classic else c.ServerApp
app.base_url = base
app.open_browser = False
app.quit_button = False
app.allow_root = True
app.allow_remote_access = True
app.trust_xheaders = True
app.port_retries = 0
if socket:
    app.sock = socket
    app.sock_mode = '0600'
else:
    # The port of the Skaha API is that of a session with a network of its own.
    app.ip = '0.0.0.0' if port == 8888 else '127.0.0.1'
    app.port = port
if is_classic:
    app.notebook_dir = root
    # The address of a notebook session is that of JupyterLab; the older Notebook has another.
    def load(server):
        from notebook.base.handlers import IPythonHandler
        class Lab(IPythonHandler):
            def get(self, path):
                query = '?' + self.request.query if self.request.query else ''
                self.redirect(base + 'tree' + path + query)
        server.web_app.add_handlers('.*$', [(base + r'lab(?:/tree)?(/.*|)', Lab)])
    links = types.ModuleType('skaha_links')
    links.load_jupyter_server_extension = load
    sys.modules['skaha_links'] = links
    app.nbserver_extensions = {'skaha_links': True}
else:
    app.root_dir = root
`;

/** Starts the installed Jupyter server: JupyterLab, otherwise Notebook. */
export const notebookScript = `umask 077
own=$SCRATCH/.skaha
mkdir -p "$own/root/arc/home" "$own/runtime" || exit 1
# Paths begin at the root, as on the real platform; without a home of its own place, links lead there.
if [ "$HOME" = "/arc/home/$skaha_username" ]; then
  skaha_root=/
else
  skaha_root=$own/root
  ln -sfn "$HOME" "$skaha_root/arc/home/$skaha_username"
  ln -sfn "$SCRATCH" "$skaha_root/scratch"
fi
export skaha_root skaha_program JUPYTER_RUNTIME_DIR="$own/runtime"
cat > "$own/settings.py" <<'END'
${jupyterSettings}END
for skaha_program in jupyter-lab jupyter-notebook; do
  if command -v "$skaha_program" >/dev/null; then
    exec "$skaha_program" --config="$own/settings.py"
  fi
done
echo 'neither jupyter-lab nor jupyter-notebook is installed' >&2
exit 127
`;

/** Starts an X server with VNC, and a window manager; apps find it in the shared directory. */
export const desktopScript = `umask 077
shared=$skaha_display
mkdir -p "$shared" || exit 1
# Where it is the place of X servers, they want it as it always is; only its owner reaches it.
if [ "$shared" = /tmp/.X11-unix ]; then chmod 1777 "$shared"; fi
rm -f "$shared/display" "$shared/display.new"
{ printf '\\377\\377\\000\\000\\000\\000\\000\\022MIT-MAGIC-COOKIE-1\\000\\020'; head -c 16 /dev/urandom; } \\
  > "$shared/xauthority" || exit 1
export XAUTHORITY="$shared/xauthority"
if [ -n "\${skaha_socket:-}" ]; then
  set -- -rfbunixpath "$skaha_socket" -rfbunixmode 0600 -rfbport -1
else
  set -- -rfbport "$PORT" -localhost
fi
program=Xtigervnc
command -v "$program" >/dev/null || program=Xvnc
# Who may connect is decided by the platform, and by the mode of the socket. Apps in sandboxes of
# their own share no memory with it.
"$program" -displayfd 3 -auth "$XAUTHORITY" -nolisten tcp -SecurityTypes None -AlwaysShared \\
  -extension MIT-SHM   -geometry 1280x800 -depth 24 -desktop "$skaha_username" "$@" 3> "$shared/display.new" &
server=$!
while [ ! -s "$shared/display.new" ]; do
  kill -0 "$server" 2>/dev/null || { wait "$server"; exit 1; }
  sleep 0.05
done
export DISPLAY=":$(cat "$shared/display.new")"
mv "$shared/display.new" "$shared/display"
if command -v xsetroot >/dev/null; then xsetroot -solid '#24324a'; fi
for manager in openbox icewm fluxbox twm; do
  if command -v "$manager" >/dev/null; then
    "$manager" &
    break
  fi
done
wait "$server"
`;

/** Starts a program on the desktop with which it shares a directory. */
export const desktopAppScript = `shared=$skaha_display
waited=0
while [ ! -s "$shared/display" ]; do
  if [ "$waited" -ge 300 ]; then echo 'the desktop does not start' >&2; exit 1; fi
  waited=$((waited + 1))
  sleep 0.2
done
export DISPLAY=":$(cat "$shared/display")" XAUTHORITY="$shared/xauthority"
exec "$@"
`;
