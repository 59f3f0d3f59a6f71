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

"""Why a process does not speak: findings of what was seen from the outside."""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import contents
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics.outside import process_look
from ceilometer.diagnostics.outside import thread_looks

#: From this share of the limit on descriptors are near it.
NEAR_SHARE = 0.9

# So many threads that may hold the interpreter are named.
_NAMED_MAX = 3

# Of a process that has begun to answer, see reporter.Reporter.
_TAKEN = ('; it has taken the signal: if one more is asked for, 20 s later, a '
          'line in the log of its unit says where its report stands; or '
          'journald has dropped its entries, if the unit logs very much, and '
          'says so with the next one that it takes of the unit')

# A thread in these has nothing to do with the interpreter: it waits for the
# signal.
_SIGNAL_WAITS = ('do_sigtimedwait', 'sigtimedwait')


class Lost(named_tuple.NamedTuple):
    """Why what a process has written does not come.

    :ivar kind: of the finding
    :ivar sentence: of the finding
    """

    kind: str
    sentence: str


def find(data: contents.Outside, obstacle: str | None, armed: bool,
         waited: str, holder: int | None = None,
         lost: Lost | None = None) -> list[contents.Finding]:
    """What is unusual in a process that has not answered.

    :param data: what was seen of it, all its threads included
    :param obstacle: why no answer can come, as far as ``trigger`` knows
    :param armed: whether it could answer at all
    :param waited: how long it was waited for, in words
    :param holder: the thread that has the interpreter, if that is known
    :param lost: why what it has written does not come, None if it does
    :returns: the worst first, of equals the cause first
    """
    causes = list(_cause(data, obstacle, armed, holder))
    if not armed:
        causes.append(findings.finding(
            'not-armed', obstacle or NOT_ARMED, section=fields.OUTSIDE))
    if not causes and lost and _has_taken(data):
        causes.append(findings.finding(
            lost.kind, lost.sentence, severity=findings.ERROR,
            section=fields.OUTSIDE))
    if not causes:
        causes.append(findings.finding(
            'process-silent', f'no report {waited}, and the kernel does not '
            'tell why' + (_TAKEN if _waits_again(data) else ''),
            section=fields.OUTSIDE))
    return findings.ordered([*causes, *_besides(data)])


#: What is said of a process that the signal would end.
NOT_ARMED = ('it is not armed: the signal would end it; what can be seen from '
             'the outside is told instead')


def _has_taken(data: contents.Outside) -> bool:
    """Whether it has taken the signal, as far as can be seen."""
    # a thread that has been started by the one that answers has its name
    answering = [thread['kernel_function'] for thread in data['threads']
                 if thread['name'] == thread_looks.ANSWERING]
    return not {'SIGUSR1', 'SIGUSR2'} & set(data['signals']['pending']) and (
        not answering or any(
            function in (None, *_SIGNAL_WAITS) for function in answering))


def _waits_again(data: contents.Outside) -> bool:
    """Whether its thread that answers is seen to wait for the next signal."""
    return _has_taken(data) and any(
        thread['name'] == thread_looks.ANSWERING
        and thread['kernel_function'] in _SIGNAL_WAITS
        for thread in data['threads'])


def _cause(data: contents.Outside, obstacle: str | None, armed: bool,
           holder: int | None) -> Iterator[contents.Finding]:
    state = data['state'][:1]
    told = obstacle if armed else None
    if data['frozen_group'] is not None:
        yield _finding(
            'process-frozen', told or f'its control group '
            f'{data["frozen_group"]} is frozen: "systemctl thaw" the unit')
        return
    if state in ('T', 't'):
        yield _finding(
            'process-stopped', told or (
                'a debugger has stopped it' if state == 't' else
                f'it is stopped: "kill -CONT {data["pid"]}" continues it'))
        return
    waiting = [thread for thread in data['threads']
               if thread['state'] == contents.UNINTERRUPTIBLE
               and not thread['turns']]
    if waiting:
        one = waiting[0]
        more = len(waiting) - 1
        yield _finding(
            'kernel-wait', f'{thread_looks.describe(one)} (state D, which '
            'nothing interrupts)' + (f', and {more} more' if more else ''),
            thread=one['native_id'], waits_in=one['kernel_function'])
    wanting = sum(thread['wants_interpreter'] for thread in data['threads'])
    if wanting:
        holders = _holders(data['threads'], holder)
        if holders:
            words = ' or '.join(map(thread_looks.describe, holders))
            yield _finding(
                'interpreter-held', f"Python's interpreter is held: {words}, "
                f'while {findings.count(wanting, "thread")} asked for it',
                thread=', '.join(str(one['native_id']) for one in holders),
                waits_in=holders[0]['kernel_function'])
            return
    busy = [thread for thread in data['threads']
            if thread_looks.is_busy(thread)]
    if armed and busy and any(map(_asks_too_seldom, data['threads'])):
        yield _finding(
            'interpreter-held', f"Python's interpreter is held: "
            f'{thread_looks.describe(busy[0])}, and the thread that answers '
            'asks for it too seldom: sys.setswitchinterval() was given a long '
            'time', thread=busy[0]['native_id'])
        return
    if busy and not waiting:
        yield _finding(
            'thread-busy', f'{thread_looks.describe(busy[0])} without a '
            'pause' + (f', and {len(busy) - 1} more' if busy[1:] else ''),
            thread=busy[0]['native_id'])
    if told:
        yield _finding('signal-not-taken', told)


def _asks_too_seldom(thread: contents.OutsideThread) -> bool:
    """Whether it is what answers, and waits for the interpreter in peace."""
    return (thread['name'] == thread_looks.ANSWERING
            and thread_looks.waits_for_thread(thread)
            and thread['turns'] == 0)


def _holders(threads: list[contents.OutsideThread],
             holder: int | None) -> list[contents.OutsideThread]:
    """The threads that may hold the interpreter, the likeliest first."""
    known = [thread for thread in threads if thread['native_id'] == holder]
    if known:
        return known
    busy = [thread for thread in threads if thread_looks.is_busy(thread)]
    if busy:
        return busy[:_NAMED_MAX]
    # who holds it without computing has not moved, and waits for no thread
    return [thread for thread in threads
            if not thread['turns'] and not thread['wants_interpreter']
            and not thread_looks.waits_for_thread(thread)
            and thread['kernel_function'] not in _SIGNAL_WAITS][:_NAMED_MAX]


def _besides(data: contents.Outside) -> Iterator[contents.Finding]:
    if data['replaced_files']:
        yield _finding(
            'not-restarted', 'it runs what has been removed or replaced since '
            'it was started: ' + findings.some(data['replaced_files'][:3]))
    count, limit = data['descriptor_count'], data['descriptor_limit']
    if count is not None and limit and count >= NEAR_SHARE * limit:
        yield _finding('descriptors-near-limit',
                       f'{count} of {limit} file descriptors are open')
    zombies = sum(map(process_look.is_zombie, data['children']))
    if zombies:
        yield _finding('zombies', findings.count(
            zombies, 'child has', 'children have')
            + ' ended and not been looked after')


def _finding(kind: str, sentence: str,
             **evidence: str | int | None) -> contents.Finding:
    return findings.finding(
        kind, sentence, section=fields.OUTSIDE, **{
            name: None if value is None else str(value)
            for name, value in evidence.items()})
