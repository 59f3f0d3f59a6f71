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

"""Runs the sections of a report: each for itself, bounded and timed.

A section that raises becomes a section that says so; one that takes too long
is abandoned; one that is too large is cut. The others are not touched.

Runs in the reporter thread. The sections themselves run in a thread beside
it, one after the other, because only a thread can be abandoned; in the
reporter thread, without a limit, where no other can be started.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import importlib
import sys
import threading
import time
import traceback
from typing import Any
from typing import TypeVar

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import installed_options
from ceilometer.diagnostics.daemon import known_secrets
from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import sanitize
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import section_table
from ceilometer.diagnostics.daemon import side_thread
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics import report
from ceilometer.diagnostics.secrets import redact

# What traceback imports from Python 3.13 on as it prints some exceptions: now,
# because later a process might be forked meanwhile.
with contextlib.suppress(ImportError):
    importlib.import_module('_suggestions')

_T = TypeVar('_T')

#: Names of the searches for secrets, for options of libraries and for
#: third-party sections, among the sections that hang. No section has such a
#: name.
SECRETS = '(secrets)'
LIBRARIES = '(libraries)'
OTHERS = '(others)'

#: How long it may take to take the secrets out of what a section has returned
#: and to render it: work of our own, a few seconds for the largest one, but
#: for what the ``repr`` of somebody's objects may do.
FINISH_SECONDS_MAX = 15.0


#: What a short report has of our own sections: what tells most, and takes
#: next to no memory.
SHORT_SECTIONS = frozenset((
    'threads', 'workers', 'recent-problems', 'resources', 'polling',
    'messaging', 'notifications', 'pipelines', 'coordination'))

#: Why sections are left out where the process ends.
ENDS = 'the process ends'


class _Limit(named_tuple.NamedTuple):
    """What can end a section.

    :ivar name: the option, or the constant, that sets it
    :ivar seconds: what it is set to
    :ivar exceeded: what has happened where it ended a section
    """

    name: str
    seconds: float
    exceeded: str


class Collector:
    """Collects the sections of one report.

    :param context: what to make it with
    :param shortage: why a short report is wanted, None for a whole one
    """

    def __init__(self, context: report_context.ReportContext,
                 shortage: str | None = None) -> None:
        settings = context.settings or options.Settings()
        self._import_gate = context.import_gate
        self._settings = settings
        self._hung = context.hung_sections
        self._ends = context.ending.is_set
        self._shortage = shortage
        self._left_out = 0
        self._side_thread = side_thread.SideThread(self._ends)
        context.ending.wake = self._side_thread.wake
        self._context = section.Context(daemon=context.daemon)
        self._redactor: redact.Redactor | None = None
        self._deadline = time.monotonic() + settings.report_seconds_max
        #: how long the snapshot ran, microseconds: the only step in which
        #: the daemon's threads may be held up at a stretch
        self.snapshot_usec = 0
        #: the sections that are collected; these all are set by find()
        self.kinds: list[section.Kind] = []
        #: how many of them, the first ones, are our own
        self.own_count = 0
        #: names of the sections that the options leave out
        self.excluded: list[str] = []
        #: names to be left out that no section has
        self.unknown: list[str] = []
        #: why third-party sections are not known, None if they are
        self.others_problem: str | None = None
        #: what is unusual, of the sections that were collected
        self.findings: list[contents.Finding] = []

    def find(self) -> None:
        """Find out which sections there are, third-party ones as well."""
        excluded = self._settings.exclude_sections
        kinds = self._kinds()
        self.kinds = [kind for kind in kinds if kind.name not in excluded]
        self.own_count = sum(kind.own for kind in self.kinds)
        self.excluded = [kind.name for kind in kinds if kind.name in excluded]
        self.unknown = sorted(excluded - set(self.excluded))

    def expected(self) -> tuple[str, int]:
        """The name of the first section, and how many there will be.

        That is what can be told without a search: third-party sections, if
        there are any, come on top.
        """
        names = [kind.name for kind in section_table.SECTIONS
                 if kind.name not in self._settings.exclude_sections]
        return [*names, fields.SECTION_SUMMARY][0], len(names) + 1

    def _kinds(self) -> list[section.Kind]:
        if self._shortage is not None or self._ends():
            self.others_problem = self._shortage or ENDS
            return list(section_table.SECTIONS)
        self.others_problem = 'the search for them hangs'
        if self._still_running(OTHERS) is None:
            try:
                # it looks at what is installed, and imports meanwhile
                with self._import_gate:
                    kinds = self._run(OTHERS, section_table.kinds)
                self.others_problem = None
                return kinds
            except side_thread.TimedOut:
                pass
            except BaseException as error:
                self.others_problem = (
                    f'{type(error).__name__}: {_describe(error)[0]}')
        return list(section_table.SECTIONS)

    def _still_running(self, name: str) -> threading.Thread | None:
        """The thread in which what has this name hangs, None if none does."""
        hung = self._hung.get(name)
        if hung is not None and hung.is_alive():
            return hung
        self._hung.pop(name, None)
        return None

    def _run(self, name: str, function: Callable[[], _T],
             seconds: float | None = None) -> _T:
        """Run a function in the side thread; what hangs is remembered.

        :param seconds: for how long, None for the limit of a section
        :raises side_thread.TimedOut: it took longer
        """
        if seconds is None:
            seconds = self._settings.section_seconds_max
        pauses.pause()
        try:
            return self._side_thread.run(function, seconds)
        except side_thread.TimedOut as timed_out:
            self._hung[name] = timed_out.thread
            raise

    @property
    def redactor(self) -> redact.Redactor:
        """What takes the secrets out; made when first wanted."""
        if self._redactor is None:
            self._redactor = (
                self._redactor_of_files()
                or known_secrets.redactor(self._context, files=False))
        return self._redactor

    @property
    def redactor_at_once(self) -> redact.Redactor:
        """What takes out those that can be known without waiting."""
        return self._redactor or known_secrets.redactor(
            self._context, files=False)

    def _redactor_of_files(self) -> redact.Redactor | None:
        """What knows the configuration files as well; None if they hang."""
        if (self._still_running(SECRETS) is not None or self._ends()
                or self._shortage is not None):
            return None
        try:
            # before the import gate is shut: files may hang
            if self._run(SECRETS, self._has_unregistered):
                self._ask_libraries()
            return self._run(
                SECRETS, lambda: known_secrets.redactor(self._context))
        except side_thread.TimedOut:
            return None

    def _has_unregistered(self) -> bool:
        try:
            return bool(self._context.unregistered)
        except Exception:
            # the section that tells of them will say so
            return False

    def _ask_libraries(self) -> None:
        """Ask which settings are secret that no option reads."""
        if self._still_running(LIBRARIES) is not None:
            return
        try:
            with self._import_gate:
                self._context.installed = self._run(
                    LIBRARIES, installed_options.ask)
        except BaseException:
            # then no value of such a setting is shown
            self._context.installed = None

    def snapshot(self) -> None:
        """Copy what must be seen all at once to plain data.

        First of all: the later, the less it shows what asked for the report.
        Third-party sections have nothing to copy.
        """
        # the time this thread has run; that it waited held up nobody
        start = time.thread_time_ns()
        for kind in section_table.SECTIONS:
            if (kind.snapshot is None or self._why_left_out(kind)
                    or kind.name in self._settings.exclude_sections):
                continue
            try:
                self._context.snapshots[kind.name] = kind.snapshot()
            except Exception as error:
                # its section will raise it and so tell it
                self._context.snapshots[kind.name] = error
        self.snapshot_usec = (time.thread_time_ns() - start) // 1000
        snapshots = self._context.snapshots
        for kind in section_table.SECTIONS:
            if kind.measure is not None and kind.name in snapshots:
                try:
                    kind.measure(self._context.snapshot(kind.name))
                except Exception as error:
                    snapshots[kind.name] = error

    def sections(self) -> Iterator[report.Section]:
        """Collect the sections, once they have been found; in their order.

        While one would wait, others are collected that take no time.
        """
        early: dict[str, tuple[report.Section, list[contents.Finding]]] = {}
        for number, kind in enumerate(self.kinds):
            for other in self.kinds[number + 1:]:
                if not self._would_wait(kind):
                    break
                if other.instant and other.name not in early:
                    early[other.name] = self._timed(other)
            collected, found = (early.pop(kind.name) if kind.name in early
                                else self._timed(kind))
            self.findings += found
            yield collected
        self.close()

    def _timed(self, kind: section.Kind,
               ) -> tuple[report.Section, list[contents.Finding]]:
        """Collect a section; gives also what is unusual in it."""
        start = time.perf_counter_ns()
        found: list[contents.Finding] = []
        collected = self._collect(kind, found)
        for one in found:
            one['evidence'][findings.SECTION] = kind.name
        return collected._replace(
            usec=(time.perf_counter_ns() - start) // 1000), found

    def _would_wait(self, kind: section.Kind) -> bool:
        if kind.wait_left is None:
            return False
        try:
            return kind.wait_left(self._context.snapshot(kind.name)) > 0
        except Exception:
            # the section will say so
            return False

    @property
    def shortened(self) -> list[contents.Finding]:
        """That sections were left out, and why; none if all are there."""
        if not self._left_out:
            return []
        return [findings.finding(
            'report-short', f'{findings.count(self._left_out, "section")} of '
            'this report '
            f'{"was" if self._left_out == 1 else "were"} left out: '
            f'{ENDS if self._shortage is None else self._shortage}')]

    def _why_left_out(self, kind: section.Kind) -> str | None:
        if self._ends():
            return ENDS
        return None if kind.name in SHORT_SECTIONS else self._shortage

    def _leave_out(self, kind: section.Kind, reason: str) -> report.Section:
        self._left_out += 1
        data: contents.Truncated = {
            'truncated': True, 'limit_bytes': 0, 'reason': reason}
        return self._told(kind, fields.STATUS_TRUNCATED, data,
                          f'Left out: {reason}.')

    def close(self) -> None:
        """Have the thread of the sections end, whether all were collected."""
        self._side_thread.end()
        known_secrets.rest()

    def make(self, kind: section.Kind, data: Any) -> report.Section:
        """Make a section of data that is there already."""
        return sanitize.section(
            kind, section.Content(data=data), self.redactor,
            self._settings.section_bytes_max, [])

    def _limit(self) -> tuple[_Limit, float]:
        """What limits the next section, and how many seconds it leaves."""
        settings = self._settings
        left = self._deadline - time.monotonic()
        if left < settings.section_seconds_max:
            return _Limit(
                'report_time_limit', settings.report_seconds_max,
                'the sections of this report took more than '
                f'{settings.report_seconds_max:g} s ([diagnostics] '
                'report_time_limit)'), left
        return _Limit(
            'section_time_limit', settings.section_seconds_max,
            f'it took more than {settings.section_seconds_max:g} s '
            '([diagnostics] section_time_limit)'), settings.section_seconds_max

    def _collect(self, kind: section.Kind,
                 found: list[contents.Finding]) -> report.Section:
        if (reason := self._why_left_out(kind)) is not None:
            return self._leave_out(kind, reason)
        limit, seconds = self._limit()
        if seconds <= 0:
            return self._timed_out(
                kind, 'not started: the sections before it used all of the '
                f'{limit.seconds:g} s of the report ([diagnostics] '
                f'{limit.name})', limit)
        hung = self._still_running(kind.name)
        if hung is not None:
            return self._timed_out(
                kind, 'not started: it is still running for an earlier '
                f'report (thread {hung.native_id})')
        bytes_max = self._settings.section_bytes_max
        # made in that thread as well, which cannot wait for itself
        redactor = self.redactor
        try:
            if kind.load is not None:
                with self._import_gate:
                    self._run(kind.name, kind.load, seconds)
            content = self._run(
                kind.name, lambda: kind.collect(self._context), seconds)
            limit = _Limit(
                'FINISH_SECONDS_MAX', FINISH_SECONDS_MAX,
                'masking and formatting its content took more than '
                f'{FINISH_SECONDS_MAX:g} s (FINISH_SECONDS_MAX, a fixed '
                'limit)')
            # an own list: what is abandoned may go on to fill it
            above: list[contents.Finding] = []
            made = self._run(
                kind.name, lambda: sanitize.section(
                    kind, content, redactor, bytes_max, above), limit.seconds)
            found += above
            return made
        except side_thread.TimedOut as timed_out:
            if self._ends():
                return self._leave_out(kind, f'not awaited, because {ENDS}')
            stack = sys._current_frames().get(timed_out.thread.ident or 0)
            where = ''
            # it reads the source; somebody may have replaced what it calls
            with contextlib.suppress(Exception):
                where = ''.join(traceback.format_stack(stack)) if stack else ''
            return self._timed_out(
                kind, f'abandoned: {limit.exceeded}', limit, where)
        except BaseException as error:
            return self._failed(kind, error)

    def _timed_out(self, kind: section.Kind, reason: str,
                   limit: _Limit | None = None,
                   where: str = '') -> report.Section:
        data: contents.TimedOut = {
            'reason': reason, 'limit': limit.name if limit else None,
            'limit_seconds': limit.seconds if limit else None}
        return self._told(
            kind, fields.STATUS_TIMEOUT, data,
            f'{reason[0].upper()}{reason[1:]}.\n{where}')

    def _failed(self, kind: section.Kind,
                error: BaseException) -> report.Section:
        try:
            message, trace = self._run(kind.name, lambda: _describe(error))
        except side_thread.TimedOut:
            message = f'<{type(error).__name__} whose message hangs>'
            trace = message
            with contextlib.suppress(Exception):
                trace = ''.join(
                    traceback.format_tb(error.__traceback__)) + message
        return self._told(
            kind, fields.STATUS_ERROR,
            {'error': type(error).__name__, 'message': message},
            f'This section failed.\n{trace}')

    def _told(self, kind: section.Kind, status: str, data: Any,
              text: str) -> report.Section:
        told = sanitize.section(
            kind, section.Content(data=data, text=text.rstrip('\n')),
            self.redactor, self._settings.section_bytes_max, [])
        return told._replace(status=status)


def _describe(error: BaseException) -> tuple[str, str]:
    """The message of an exception, and all that Python prints of it."""
    try:
        message = str(error)
    except BaseException:
        message = f'<{type(error).__name__} without a message>'
    try:
        return message, ''.join(traceback.format_exception(error))
    except Exception:
        return message, f'{type(error).__name__}: {message}'
