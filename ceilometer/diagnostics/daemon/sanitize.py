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

"""Makes of what was collected what may leave the process.

Without secrets, printable, and of a bounded size. Computes on what it is
given; only the rendering of a section and the ``repr`` of somebody's objects
may take long or raise. Runs in the threads of a report.
"""

from __future__ import annotations

import os

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import process as process_module
from ceilometer.diagnostics.daemon import section as section_module
from ceilometer.diagnostics.daemon import section_findings
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics import report
from ceilometer.diagnostics.secrets import redact

#: A longer title or name of a process is cut.
NAME_CHARS_MAX = 200

#: So many characters behind the end of what is kept of a text are looked at
#: for the end of a secret.
BEYOND_CHARS = 64 * 1024


class _Made(named_tuple.NamedTuple):
    """A section that was made of data in which there was no secret.

    :ivar section: the section, with these data
    :ivar redactor: what has looked for secrets in them
    :ivar bytes_max: how large its text and its data might be
    """

    section: report.Section
    redactor: redact.Redactor
    bytes_max: int


# of the report before, by name
_made: dict[str, _Made] = {}


def section(kind: section_module.Kind, content: section_module.Content,
            redactor: redact.Redactor, bytes_max: int,
            found: list[contents.Finding]) -> report.Section:
    """Make a section of what was collected for it.

    :param kind: the kind of section
    :param content: what was collected; its data may be anything
    :param redactor: takes out the secrets
    :param bytes_max: for its text, and for its data
    :param found: takes what is unusual in it
    :raises Exception: what rendering the data raised
    """
    # A text that is given says why the section failed. It is not compared.
    if not kind.steady or content.text is not None:
        return _make(kind, content, redactor, bytes_max, found)
    before = _made.get(kind.name)
    if (before is not None and before.redactor is redactor
            and before.bytes_max == bytes_max
            and before.section.data == content.data):
        return before.section
    _made.pop(kind.name, None)
    unusual: list[contents.Finding] = []
    made = _make(kind, content, redactor, bytes_max, unusual)
    found += unusual
    # data of which something was masked or cut are never those of a section
    if not unusual and made.data == content.data:
        _made[kind.name] = _Made(made, redactor, bytes_max)
    return made


def is_kept(section: report.Section) -> bool:
    """Whether a section is the one that the next report may have as well.

    :param section: as :func:`section` has given it
    """
    kept = _made.get(section.name)
    return kept is not None and kept.section.data is section.data


def _make(kind: section_module.Kind, content: section_module.Content,
          redactor: redact.Redactor, bytes_max: int,
          found: list[contents.Finding]) -> report.Section:
    status = fields.STATUS_OK
    above: list[contents.Finding] | None = None
    try:
        data, escaped = redactor.data_and_lines(
            content.data, limit_chars=bytes_max)
        text = content.text
        if text is None or kind.findings is not None:
            if text is None:
                text = kind.render(escaped)
            if kind.findings is not None:
                above = section_findings.own(kind, escaped)
    except redact.TooLarge:
        status = fields.STATUS_TRUNCATED
        data = {'truncated': True, 'limit_bytes': bytes_max}
        text = content.text
        if text is None:
            text = (f'[… all data cut: more than {bytes_max} bytes '
                    '([diagnostics] section_size_limit)]')
    if content.findings is not None:
        above = section_findings.of_others(
            kind, content.findings, redactor)
    if above is not None:
        found += above
        text = f'{findings.text(above)}\n\n{text}'
    # Masked before it is cut: of half a secret nobody could tell that it is
    # one. Of what is cut off as much is looked at as may be needed for that.
    looked_at = text[:bytes_max + BEYOND_CHARS]
    text, was_cut = _cut(
        redactor.text(looked_at, names=content.text is not None), bytes_max,
        len(text) - len(looked_at))
    if was_cut:
        status = fields.STATUS_TRUNCATED
    return report.Section(
        name=kind.name, title=name(kind.title, redactor),
        text=report.fold(text).rstrip('\n'), data=data, status=status)


def _cut(text: str, bytes_max: int, left_out: int) -> tuple[str, bool]:
    """Cut a text to a number of bytes, and say so at its end.

    It is cut at the end of a line.

    :param text: without secrets
    :param bytes_max: how many bytes may stay
    :param left_out: how many characters are missing from its end already
    """
    if not left_out and len(text) * 4 <= bytes_max:
        return text, False
    # only what may be kept is ever encoded, a little at a time
    size = 0
    end = 0
    step = 64 * 1024
    while end < len(text):
        piece = text[end:end + step]
        encoded = piece.encode(errors='surrogatepass')
        if size + len(encoded) > bytes_max:
            end += len(encoded[:bytes_max - size].decode(errors='ignore'))
            break
        size += len(encoded)
        end += len(piece)
        pauses.pause()
    if end >= len(text) and not left_out:
        return text, False
    newline = text.rfind('\n', 0, end)
    kept = text[:max(newline, 0)]
    left_out += len(text) - len(kept)
    return (f'{kept}\n[… {left_out} characters cut: the text '
            f'has more than {bytes_max} bytes ([diagnostics] '
            'section_size_limit)]').lstrip('\n'), True


def name(chosen: str, redactor: redact.Redactor) -> str:
    """A name that anybody may have chosen, on one line of some length.

    :param chosen: the name
    :param redactor: takes out the secrets
    """
    # cut at last: of half a secret nobody could tell that it is one
    return escape.line(redactor.text(chosen))[:NAME_CHARS_MAX]


def header(daemon: process_module.Daemon, report_id: str,
           trigger: report.Trigger,
           redactor: redact.Redactor) -> report.Header:
    """Whose report it is.

    :param daemon: the process
    :param report_id: id of the report
    :param trigger: what asked for it
    :param redactor: takes out the secrets
    """
    def optional(text: str | None) -> str | None:
        return None if text is None else name(text, redactor)

    return report.Header(
        id=report_id, service=optional(daemon.service) or '-',
        process=daemon.process, pid=os.getpid(),
        trigger=trigger._replace(sender_comm=optional(trigger.sender_comm)),
        unit=optional(process_module.unit()), worker=daemon.worker,
        worker_name=optional(daemon.worker_name))
