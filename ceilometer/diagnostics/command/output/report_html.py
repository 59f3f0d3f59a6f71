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

"""Reports as one page for a browser, which needs nothing beside it.

The page may be opened from a mail: it asks for nothing over the network, its
content security policy forbids that, and all that came from a journal is
escaped. Without scripts everything can be read; the script only searches.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import hashlib
import html
from importlib import resources

from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.findings import verdict
from ceilometer.diagnostics.command.output import report_text
from ceilometer.diagnostics.command.output import verdict_html
from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_options
from ceilometer.diagnostics.command.reports import reported_threads
from ceilometer.diagnostics.command import times
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report


def page(reports: list[read.Found], before: list[read.Found | None],
         utc: bool = False) -> str:
    """A page of reports.

    :param reports: whole reports
    :param before: of each the one of the same process before it, whole
    :param utc: times in UTC
    """
    files = resources.files(__package__)
    style, script = (files.joinpath(name).read_text(encoding='utf-8')
                     for name in ('report.css', 'report.js'))
    digest_of_script = base64.b64encode(
        hashlib.sha256(script.encode()).digest()).decode()
    policy = (f"default-src 'none'; style-src 'unsafe-inline'; "
              f"script-src 'sha256-{digest_of_script}'; base-uri 'none'; "
              "form-action 'none'")
    services = dict.fromkeys(
        containers.shown(one.identity.unit or one.report.header.service)
        for one in reports)
    title = f'Diagnostic report of {", ".join(services)}'
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        f'content="{html.escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'<title>{_text(title)}</title>\n<style>{style}</style>\n</head>\n'
        f'<body>\n<h1>{_text(title)}</h1>\n']
    name = report_text.process_names(reports)
    told = [(one, digest.digest(one, earlier))
            for one, earlier in zip(reports, before, strict=True)]
    names = list(map(name, reports))
    below = [part for part in (
        ('stacks', 'Stacks', _stacks(reports, name)),
        ('configuration', 'Configuration', _configuration(reports, name)),
        ('sections', 'Sections', ''.join(
            _sections(one, name(one), index)
            for index, one in enumerate(reports)))) if part[2]]
    parts.append(verdict_html.SEARCH)
    parts.append('<main>\n')
    parts.append(verdict_html.verdict_over(
        verdict.of(told), reports, names))
    parts.append(verdict_html.contents(
        names, [(link, title) for link, title, _ in below]))
    parts += [_digest(one, notices, name(one), utc, index)
              for index, (one, notices) in enumerate(told)]
    parts += [f'<section id="{link}">\n{part}</section>\n'
              for link, _, part in below]
    parts.append(f'</main>\n<script>{script}</script>\n</body>\n</html>\n')
    return ''.join(parts)


_text = verdict_html.text


def _digest(found: read.Found, told: list[digest.Notice], name: str,
            utc: bool, index: int) -> str:
    header = found.report.header
    own = found.identity
    rows = [
        ('Report', header.id),
        ('Time', times.show(found.time_usec, utc)),
        ('Unit', own.unit or '-'),
        *([('Container', own.container)] if own.container else []),
        ('Process', f'{header.service}, {header.describe_process()}'),
        ('PID, UID', f'{report_text.pids(found)}, {own.uid}'),
        ('Host', f'{own.hostname or "-"}, boot {own.boot_id or "-"}'),
        ('Trigger', header.trigger.describe()),
    ]
    notices = verdict_html.notices(told, found, index)
    return (
        f'<section class="report" id="{verdict_html.anchor(index)}">\n'
        f'<h2>{_text(name)}</h2>\n<ul class="digest">\n{notices}</ul>\n'
        '<table>\n' + ''.join(
            f'<tr><th scope="row">{head}</th><td>{_text(value)}</td></tr>\n'
            for head, value in rows) + '</table>\n</section>\n')


@dataclasses.dataclass
class _Node:
    """A place in the tree of stacks."""

    count: int = 0
    owners: list[str] = dataclasses.field(default_factory=list)
    below: dict[reported_threads.Frame, _Node] = dataclasses.field(
        default_factory=dict)


def _stacks(reports: Iterable[read.Found],
            name: Callable[[read.Found], str]) -> str:
    """All stacks of all processes as a tree that folds."""
    root = _Node()
    for stack, owners in reported_threads.merge(reports):
        node = root
        node.count += len(owners)
        for frame in stack:
            node = node.below.setdefault(frame, _Node())
            node.count += len(owners)
        node.owners += [f'{name(found)}: {thread.describe()}'
                        for found, thread in owners]
    if not root.count:
        return ''
    return (f'<h2>Stacks of {root.count} threads</h2>\n'
            '<p class="faint">Outermost call first. The number counts the '
            'threads in this call or below it.</p>\n<div id="stacks">\n'
            + _below(root) + '</div>\n')


def _below(root: _Node) -> str:
    parts = []
    # no recursion: there is no limit to how often stacks may fork
    waiting: list[_Node | str] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        parts += [f'<div class="owner">{_text(owner)}</div>\n'
                  for owner in node.owners]
        for frame, child in sorted(node.below.items(),
                                   key=lambda item: item[1].count):
            opening, child = _fold(frame, child)
            waiting += ['</details>\n', child, opening]
    return ''.join(parts)


def _fold(frame: reported_threads.Frame, node: _Node) -> tuple[str, _Node]:
    """The frames up to where stacks part or end, and what is there."""
    lines = frame.lines()
    while len(node.below) == 1 and not node.owners:
        (frame, node), = node.below.items()
        lines += frame.lines()
    last = frame.lines()[0]
    return (
        f'<details open><summary><span class="count">{node.count}</span>'
        f' <span class="frame">{_text(last.strip())}</span></summary>\n'
        f'<pre>{_text(chr(10).join(lines))}</pre>\n', node)


def _configuration(reports: list[read.Found],
                   name: Callable[[read.Found], str]) -> str:
    """All options in one table; what processes have in common stands once."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for found in reports:
        for option in reported_options.options(found.report):
            marks = [mark for mark, wanted in (
                ('changed', 'changed'), ('failed', 'error'))
                if option.get(wanted)]
            key = (reported_options.name(option),
                   reported_options.shown(option),
                   reported_options.place(option),
                   ' '.join(['option', *marks]))
            rows.setdefault(key, []).append(name(found))
    if not rows:
        return ''
    lines = []
    for (option_name, shown, where, mark), owners in rows.items():
        whose = '' if len(owners) == len(reports) else ', '.join(owners)
        lines.append(
            f'<tr class="{mark}"><th scope="row">{_text(option_name)}</th>'
            f'<td>{_text(shown)}</td>'
            f'<td class="faint place">{_text(where)}</td>'
            f'<td class="faint">{_text(whose)}</td></tr>\n')
    return ('<h2>Configuration</h2>\n<p id="changing" hidden>'
            '<label><input type="checkbox" id="changed"> only options that '
            'differ from the default</label></p>\n<table>\n'
            + ''.join(lines) + '</table>\n')


def _sections(found: read.Found, name: str, index: int) -> str:
    parts = [f'<h2>Sections of {_text(name)}</h2>\n']
    parts += [_section(part, index) for part in found.report.sections]
    return ''.join(parts)


def _section(part: report.Section, index: int) -> str:
    mark = ''
    if part.status != fields.STATUS_OK:
        mark = f' <span class="bad">{_text(part.status)}</span>'
    link = _text(verdict_html.anchor(index, part))
    return (f'<details class="section" id="{link}"'
            f'{" open" if part.failed else ""}>'
            f'<summary>{_text(part.title)}{mark}</summary>\n'
            f'<pre>{_text(part.text)}</pre>\n</details>\n')
