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

"""The section ``threads`` for people: its text, and what is unusual in it.

Computes on the data of the section, which are without secrets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import Final

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import running_out
from ceilometer.diagnostics.daemon import stacks
from ceilometer.diagnostics.daemon import thread_pools
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import pauses

#: What is said of a thread of which there is nothing else to say than of the
#: one above.
AS_ABOVE: Final = ', as above'


def render(data: contents.Threads) -> str:
    """Each stack once, under all the threads that stand there."""
    lines = [f'Threads: {data["count"]}, different stacks: '
             f'{len(data["stacks"])}; most recent call last',
             *thread_pools.render(data.get('pools', []))]
    above: list[contents.Frame | contents.LeftOut] = []
    for merged in data['stacks']:
        pauses.pause()
        lines.append('')
        owners = merged['threads']
        if len(owners) > 1:
            lines.append(f'{len(owners)} threads with the same stack:')
        lines += _render_threads(owners)
        # ours look the same in each report; the data has them
        if not all(owner['diagnostics'] for owner in owners):
            lines += stacks.render(merged['frames'], above)
            above = merged['frames']
    if data['without_python']:
        lines += ['', 'Threads without Python frames (started by C libraries, '
                  'or about to end):']
        lines += _render_threads(data['without_python'])
    return '\n'.join(lines)


def _render_whom(thread: Any) -> str:
    peer, other = thread.get('peer'), thread.get('waits_for_thread')
    if peer:
        return f' (peer {peer})'
    if not other:
        return ''
    role = 'held by ' if thread.get('waiting_for') == contents.FOR_LOCK else ''
    if other['ended']:
        return f' ({role}a thread that has ended, ident {other["ident"]:#x})'
    words = ('a thread without a name' if other['name'] is None
             else f'"{other["name"]}"')
    if other['native_id'] is not None:
        words += f', native id {other["native_id"]}'
    return f' ({role}{words})'


def find(data: contents.Threads) -> list[contents.Finding]:
    """Too many threads; a lock that nobody can release any more.

    :param data: masked and escaped
    """
    found = running_out.of_threads(data)
    waiting = [thread for stack in data['stacks']
               for thread in stack['threads']
               if thread['waiting_for'] == contents.FOR_LOCK
               and 'waits_for_thread' in thread
               and thread['waits_for_thread']['ended']]
    if waiting:
        first = waiting[0]
        more = findings.count(len(waiting) - 1, 'more thread')
        found.append(findings.finding(
            'lock-abandoned', f'thread "{first["name"]}" '
            f'({first["native_id"]})' + (f' and {more}' * (len(waiting) > 1))
            + f' {"wait" if len(waiting) > 1 else "waits"} for a lock that '
            'a thread has not released which has ended',
            thread=first['name']))
    return found


def _render_threads(
        threads: Sequence[contents.Thread | contents.KernelThread],
        ) -> list[str]:
    """A line for each thread; what is as in the line above is not repeated.

    A thousand threads that wait alike would say so a thousand times.
    """
    lines = []
    above = ''
    for thread in threads:
        what = _render_what(thread)
        lines.append(_render_who(thread) + (
            what if what != above else AS_ABOVE))
        above = what
    return lines


def _render_who(thread: Any) -> str:
    # one without Python has no ident
    name = thread['name']
    words = 'Thread ' + ('without a name' if name is None else f'"{name}"')
    if thread['native_id'] is not None:
        words += f', native id {thread["native_id"]}'
    ident = thread.get('ident')
    if isinstance(ident, int):
        words += f', ident {ident:#x}'
    return words


def _render_what(thread: Any) -> str:
    # one without Python has not all of it
    words = f', {thread["state"]}'
    if waiting_for := thread.get('waiting_for'):
        words += f' for {waiting_for}'
    words += _render_whom(thread)
    if thread['kernel_function']:
        words += f' in {thread["kernel_function"]}'
    if thread['cpu_seconds'] is not None:
        words += f', {thread["cpu_seconds"]:.2f} s of CPU'
    if thread['cpu_share']:
        words += f' ({thread["cpu_share"]:.0%} since the last report)'
    works_on = thread.get('works_on')
    if works_on:
        words += ', works on ' + ', in it '.join(
            f'{piece["work"]} since {findings.utc(piece["since_usec"] / 1e6)}'
            for piece in works_on)
    marks = [mark for key, mark in (
        ('foreground', 'FOREGROUND: the main thread'),
        ('daemon', 'daemon'),
        ('diagnostics', 'this report')) if thread.get(key)]
    return words + (f' [{", ".join(marks)}]' if marks else '')
