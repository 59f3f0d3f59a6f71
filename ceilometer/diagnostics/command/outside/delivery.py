# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Puts an entry about another process into the journal.

journald adds what it knows of the process that ``OBJECT_PID`` names, its unit
above all, if root has sent the entry. systemd's client waits for journald for
ever, and knows no namespaces, so its protocol is spoken here:
https://systemd.io/JOURNAL_NATIVE_PROTOCOL.
"""

from __future__ import annotations

import os
import socket

from ceilometer.diagnostics.command.reports import sender
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report

#: So long journald has to take an entry, seconds.
SEND_SECONDS_MAX = 2.0

# Where systemd has its sockets.
_RUN = '/run/systemd'

#: Why somebody else than root writes none.
NOT_ROOT = "not written to the journal: only root's word counts there"


def send(header: report.Header, section: report.Section,
         namespace: str | None) -> str | None:
    """Write a report of one section.

    :param header: whose it is
    :param section: the section
    :param namespace: of the unit's journal, None for the default one
    :returns: why it was not written, None if it was
    """
    if os.geteuid():
        return NOT_ROOT
    name = 'journal' if namespace is None else f'journal.{namespace}'
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.settimeout(SEND_SECONDS_MAX)
            client.connect(f'{_RUN}/{name}/socket')
            for entry in journal_entries.from_section(header, section, 1, 1):
                client.send(_serialize(
                    {**entry, sender.OBJECT_PID: str(header.pid)}))
    except OSError as error:
        return f'not written to the journal: {error.strerror or error}'
    return None


def _serialize(entry: journal_entries.Entry) -> bytes:
    chunks = []
    for name, values in entry.items():
        for value in [values] if isinstance(values, str) else values:
            data = value.encode(errors='backslashreplace')
            chunks.append(name.encode() + (
                b'\n' + len(data).to_bytes(8, 'little') + data
                if b'\n' in data else b'=' + data) + b'\n')
    return b''.join(chunks)
