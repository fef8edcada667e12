#!/usr/bin/env bash
# skaha 1.7.0 (PyPI): a client refuses every certificate that is in force. `SkahaClient(certificate=…)`
# compares both ends of its time the wrong way round, and says "expired" of a certificate that is
# valid until tomorrow. So that version can only be used with a token.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install 'skaha==1.7.0'
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=ada \
  -keyout "$work/key.pem" -out "$work/certificate.pem" 2> /dev/null
openssl x509 -in "$work/certificate.pem" -noout -dates -checkend 3600
cat "$work/key.pem" >> "$work/certificate.pem"
chmod 600 "$work/certificate.pem"
said="$(cd "$work" && HOME="$work" venv/bin/python - <<'PYTHON' 2>&1
from skaha.client import SkahaClient

try:
    SkahaClient(certificate='certificate.pem', server='https://host.example')
    print('accepted')
except ValueError as error:
    print(error)
PYTHON
)"
printf '%s\n' "$said"
case $said in *'certificate.pem expired'*) ;; *) echo 'it is another answer now'; exit 1 ;; esac
echo "as described"
