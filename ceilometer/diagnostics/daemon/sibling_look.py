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

"""Looks at the siblings of a process, and writes what is seen of silent ones.

Which process is silent is never decided by time alone: reports may take long,
and the machine may be busy. It is, if it has not begun to answer, and

* is stopped or frozen, and the signal waits for it if there was one, or it has
  begun and not finished its report, or the signal came to all; or
* its waiting thread has taken the signal, and cannot go on: the interpreter is
  held, or a thread is in an uninterruptible wait. Where neither is seen, it is
  looked at again, and told of at last if that thread sleeps all the time.

Who is stopped as it takes the signal has no time to note that, and the kernel
does not tell of it. So it is looked whether all others have been asked.

A hold that is proven may be a call in C that is slow, and ends: with
tracemalloc, what makes many objects takes ten times as long. So a hold is told
of at the second look. Who has only waited for a slow call has begun then.

One process tells, in one report of one section.

Runs in a thread of its own, some seconds after a trigger, see
:mod:`.siblings`; or when a process has long given no sign of life, see
:mod:`.hang_watch`. It may raise, which is heard there.
"""

from __future__ import annotations

import os
import pathlib
import signal
import time
from typing import TYPE_CHECKING

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import gmr
from ceilometer.diagnostics.daemon import hang_stacks
from ceilometer.diagnostics.daemon import held_proof
from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics.daemon import process as process_module
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import sanitize
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics.outside import account
from ceilometer.diagnostics.outside import looking
from ceilometer.diagnostics.outside import proc_files
from ceilometer.diagnostics.outside import thread_looks
from ceilometer.diagnostics import report
from ceilometer.diagnostics.secrets import redact

if TYPE_CHECKING:
    from typing import Protocol

    class Awaited(Protocol):
        """What is awaited: :class:`.sibling_page.Asked`, or a sign of life."""

        @property
        def trigger(self) -> report.Trigger:
            """What is told of the reason; has an id if somebody has asked."""

        @property
        def unasked(self) -> bool:
            """Whether nobody has asked."""

        def has_moved(self, sibling: sibling_page.Sibling) -> bool:
            """Whether a process has done what was awaited of it."""

        def since_nsec(self, sibling: sibling_page.Sibling) -> int:
            """What was told of a process later tells of this as well."""

#: The waiting thread of a silent process is seen away from its wait so often,
#: and so long after each time, seconds.
SAMPLES_MAX = 8
SAMPLE_SECONDS = 0.03

#: So often it is tried to prove that an interpreter is held.
PROOFS_MAX = 4

# Where nobody has asked, a hold that cannot be proven is told of after so many
# times the time limit: until then, a proof may come.
_UNPROVEN_TIMES = 5

#: A hold is told of so long after a trigger, seconds: what ends before is a
#: slow call in C, and no hold.
HELD_TOLD_SECONDS = 6.0

#: So many lines of the Python stacks are told.
STACK_LINES_MAX = 400

_SIGNALS = (1 << signal.SIGUSR1 - 1) | (1 << signal.SIGUSR2 - 1)
_WAITED_FOR = 1 << signal.SIGUSR1 - 1

_SYSTEMD = 1

_MAIN_OF_SERVER = 'multiprocessing.forkserver'


class _Suspect(named_tuple.NamedTuple):
    """A process that has not begun.

    :ivar sibling: the process
    :ivar first: the first look at its threads
    :ivar away: whether its waiting thread was never seen to wait
    :ivar begun: whether it has begun, and is stopped in the middle
    :ivar asked: whether all have been asked, by what is seen of the others
    """

    sibling: sibling_page.Sibling
    first: thread_looks.Looks
    away: bool
    begun: bool = False
    asked: bool = False


def look(context: report_context.ReportContext, asked: Awaited,
         seconds: float, last: bool) -> bool:
    """Look at all others, and tell of those that are silent.

    :param context: of this process
    :param asked: what they have been asked for, or what is awaited unasked
    :param seconds: since when
    :param last: whether this is the last look
    :returns: whether to look again
    """
    descriptor = context.turn_descriptor
    if descriptor is None or not turn.is_ours(descriptor):
        return False
    # who is in the middle of its report may be stopped later
    undecided = not asked.unasked and any(
        sibling.pid != os.getpid() and sibling.answers and sibling.lives
        for sibling in sibling_page.every(descriptor))
    for suspect in _suspects(descriptor, asked):
        with sibling_page.telling(
                descriptor, suspect.sibling,
                asked.since_nsec(suspect.sibling)) as sibling:
            if sibling is None or (
                    asked.has_moved(sibling) and not suspect.begun):
                continue
            began_nsec = time.monotonic_ns()
            try:
                seen = _silent(
                    descriptor, suspect, asked, seconds, last, context)
            except OSError:
                # it has ended
                continue
            if seen is None:
                undecided = True
                continue
            try:
                _tell(context, asked, *seen, (
                    time.monotonic_ns() - began_nsec) // 1000)
            finally:
                # a part may have been sent: nobody sends it again
                sibling_page.note_told(descriptor, sibling, began_nsec)
    return undecided


def _suspects(descriptor: int, asked: Awaited) -> list[_Suspect]:
    """Those that have not begun; takes half a second if there are any."""
    first: dict[sibling_page.Sibling, thread_looks.Looks] = {}
    begun_to_answer = set()
    for sibling in sibling_page.every(descriptor):
        if (sibling.pid == os.getpid()
                or sibling.told_nsec >= asked.since_nsec(sibling)
                or not sibling.lives):
            continue
        if not asked.unasked and _stands_in_report(sibling):
            begun_to_answer.add(sibling)
        elif asked.has_moved(sibling):
            continue
        try:
            first[sibling] = looking.first(sibling.pid)
        except OSError:
            continue
    if not first:
        return []
    begun = time.monotonic()
    away = set(first)
    for _ in range(SAMPLES_MAX):
        time.sleep(SAMPLE_SECONDS)
        away = {sibling for sibling in away if not _waits(sibling)}
    # who moves is seen between two looks
    time.sleep(max(0.0, looking.BETWEEN_LOOKS_SECONDS
                   - (time.monotonic() - begun)))
    all_asked = first.keys() <= away | begun_to_answer and _come_to_others(
        descriptor, asked)
    return [_Suspect(sibling, looks, sibling in away,
                     sibling in begun_to_answer, all_asked)
            for sibling, looks in first.items()]


def _come_to_others(descriptor: int, asked: Awaited) -> bool:
    """Whether a trigger has come to more than this process.

    Of those that have not begun, none may be waiting: it was not asked.
    """
    return not asked.unasked and (
        # it asks all processes of a unit
        asked.trigger.sender_pid == _SYSTEMD
        or any(sibling.pid != os.getpid() and asked.has_moved(sibling)
               for sibling in sibling_page.every(descriptor)))


def _stands_in_report(sibling: sibling_page.Sibling) -> bool:
    """Whether a process is stopped, and its report is not finished."""
    try:
        return sibling.answers and _is_stopped(sibling, False)
    except OSError:
        # it has ended
        return False


def _waits(sibling: sibling_page.Sibling) -> bool:
    """Whether its waiting thread waits for a signal; True if in doubt.

    While it does, the kernel has the signals unblocked in it
    (sigwaitinfo(2)).
    """
    directory = pathlib.Path(
        f'/proc/{sibling.pid}/task/{sibling.waiter}')
    try:
        if 'sigtimedwait' in (directory / 'wchan').read_text():
            return True
    except OSError:
        # not for everybody
        pass
    try:
        told = proc_files.status(directory)
        return not int(told['SigBlk'], 16) & _WAITED_FOR
    except (OSError, KeyError, ValueError):
        return True


def _silent(descriptor: int, suspect: _Suspect, asked: Awaited,
            seconds: float, last: bool,
            context: report_context.ReportContext,
            ) -> tuple[contents.Outside, str | None] | None:
    """What is seen of a process, if it is silent; else None.

    :returns: that, and why it has no Python stacks though it should
    :raises OSError: it has ended
    """
    sibling = suspect.sibling
    stopped = _is_stopped(sibling, not (
        asked.unasked or suspect.begun or suspect.asked))
    if not stopped and (suspect.begun or not suspect.away):
        return None
    second = looking.first(sibling.pid)
    proof = None if stopped else _proof_of_hold(suspect, second)
    held = proof is not None
    data = looking.second(sibling.pid, suspect.first)
    if data['state'][:1] in 'ZX':
        raise ProcessLookupError
    problem = None
    looking.conclude(data, None, True, f'within {seconds:g} s')
    kind = data['findings'][0]['kind']
    if not (stopped or asked.unasked) and kind == 'interpreter-held' and (
            seconds < HELD_TOLD_SECONDS):
        return None
    if proof is not None:
        before, after = proof

        def still() -> bool:
            now = sibling_page.again(descriptor, sibling)
            # threads of the daemon move before the one does that is waited for
            return now is not None and not (
                asked.has_moved(now) or _waits(now)) and held_proof.goes_on(
                    before, after, looking.first(sibling.pid))

        computing = held_proof.computes(before, after)
        written, problem = hang_stacks.ask(
            descriptor, sibling, computing,
            held_proof.is_let_run(before, after, sibling.waiter), still,
            context.import_gate)
        if written is not None:
            data['stacks_by'] = 'faulthandler'
            data['python_stacks'] = _lines(written, computing)
    if not stopped and kind not in (
            'interpreter-held', 'kernel-wait') and not (
                last and _sleeps(second, sibling.waiter)):
        return None
    if asked.unasked:
        silent = (time.monotonic_ns() - asked.since_nsec(sibling)) / 1e9
        if not (stopped or held) and silent < _UNPROVEN_TIMES * seconds:
            return None
        data['unasked_seconds'] = round(silent, 1)
    elif not (stopped or held or last) and kind == 'interpreter-held':
        # On a busy machine it may only look so, while a worker starts; and a
        # proof may come, and with it the Python stacks.
        return None
    now = sibling_page.again(descriptor, sibling)
    if now is None or asked.has_moved(now) and not suspect.begun:
        return None
    return data, problem and redact.line(problem)


def _proof_of_hold(suspect: _Suspect, second: thread_looks.Looks,
                   ) -> tuple[thread_looks.Looks, thread_looks.Looks] | None:
    """Two looks that prove its interpreter to be held; None without a proof.

    A thread that has slept for a time, and asks for it since, spoils a proof,
    but not the next one. On a busy machine, who computes has run for too short
    a time at first: each try takes longer.

    :raises OSError: it has ended
    """
    waiter = suspect.sibling.waiter
    before, after = suspect.first, second
    for left in reversed(range(PROOFS_MAX)):
        if held_proof.is_held(before, after, waiter):
            return before, after
        if not left or not held_proof.asks(before, after, waiter):
            break
        time.sleep(looking.BETWEEN_LOOKS_SECONDS * (PROOFS_MAX - left))
        before, after = after, looking.first(suspect.sibling.pid)
    return None


def _is_stopped(sibling: sibling_page.Sibling, asked: bool = True) -> bool:
    """Whether a process is stopped or frozen.

    :param sibling: the process
    :param asked: whether a signal must wait for it
    :raises OSError: it has ended
    """
    directory = pathlib.Path(f'/proc/{sibling.pid}')
    told = proc_files.status(directory)
    if asked and not int(told['ShdPnd'], 16) & _SIGNALS:
        return False
    if told['State'].split()[0] in ('T', 't'):
        return True
    return proc_files.is_frozen(directory)


def _sleeps(looks: thread_looks.Looks, native_id: int) -> bool:
    thread = looks.threads.get(native_id)
    return thread is not None and thread.state in (
        contents.WAITING, contents.UNINTERRUPTIBLE)


def _lines(written: str, computing: int | None) -> list[str]:
    head, tells = (
        # the one that runs the handler is ours, and holds nothing
        ('Current thread', 'Diagnostics thread') if computing is None
        else ('Stack (', f'Thread {computing}, which computes ('))
    return [redact.line(line.replace(head, tells, 1)
                        if line.startswith(head) else line)
            for line in written.splitlines()[:STACK_LINES_MAX]
            if line.strip()]


def _tell(context: report_context.ReportContext, asked: Awaited,
          data: contents.Outside, problem: str | None, usec: int) -> None:
    daemon = context.daemon
    command = _command(data['pid'])
    header = account.header(
        sanitize.name(daemon.service, redact.Redactor()) or '-',
        process_module.unit(), data['pid'], command,
        fields.PROCESS_MASTER if data['pid'] == daemon.root_pid
        else fields.PROCESS_FORKSERVER if _MAIN_OF_SERVER in command
        else fields.PROCESS_CHILD, asked.trigger.id)
    section = account.section(
        data, problem, usec, os.getpid())
    delivery = journal.Delivery(gmr.report_path(
        daemon.conf, header.service, header.trigger.time_usec, header.pid))
    for entry in journal_entries.from_section(header, section, 1, 1):
        delivery.deliver({
            **entry, fields.OBJECT_PID: str(data['pid'])})


def _command(pid: int) -> str:
    try:
        with open(f'/proc/{pid}/cmdline', 'rb') as file:
            words = file.read(4096).replace(b'\0', b' ')
    except OSError:
        return ''
    return words.decode(errors='backslashreplace').strip()
