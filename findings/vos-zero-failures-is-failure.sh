#!/usr/bin/env bash
# vos 3.7 (PyPI): the job of a recursive removal that tells `errorcount` as `final:0` counts as one
# with failures, because the number stays a text and a text that is not empty is true; `vrm -R` then
# ends with a status other than 0. A job without that result counts as one without failures. A
# service that wants `vrm -R` to succeed leaves `errorcount` out when it is 0.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install vos==3.7
"$work/venv/bin/python" - <<'PYTHON'
from vos import vos

UWS = 'http://www.ivoa.net/xml/UWS/v1.0'
XLINK = 'http://www.w3.org/1999/xlink'


def job(results):
    rows = ''.join('<uws:result id="%s" xlink:href="final:%d"/>' % row for row in results)
    return ('<uws:job xmlns:uws="%s" xmlns:xlink="%s"><uws:phase>COMPLETED</uws:phase>'
            '<uws:results>%s</uws:results></uws:job>' % (UWS, XLINK, rows)).encode()


class Reply:
    def __init__(self, status, content=b''):
        self.status_code, self.content = status, content

    def raise_for_status(self):
        pass


class Session:
    """Answers as a service does: 303 to the start of a job, then its document."""

    def __init__(self, document):
        self.document = document

    def post(self, url, **_):
        return Reply(303)

    def get(self, url, **_):
        return Reply(200, self.document)


def counts(results):
    client = vos.Client.__new__(vos.Client)
    return client._run_recursive_job(Session(job(results)), 'https://service.example/async-delete/1')


told = counts([('successcount', 3), ('errorcount', 0)])
untold = counts([('successcount', 3)])
print('vos 3.7 told:', told, 'untold:', untold)
assert told == ('3', '0') and bool(told[1]) is True, 'the count of failures is a number now'
assert not untold[1], 'a job that tells no failures has some now'
PYTHON
echo "as described"
