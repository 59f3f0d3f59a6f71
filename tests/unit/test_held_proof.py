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

"""What proves that an interpreter is held, and what does not."""

from __future__ import annotations

import pytest

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import held_proof
from ceilometer.diagnostics.outside import thread_looks

#: The thread that asks for the interpreter, and the one that may have it.
WAITER, OTHER = 2, 1

#: The looks are so far apart, seconds.
APART = 0.5


def looks(when: float, ran: float, queued: float, turns: int,
          state: str) -> thread_looks.Looks:
    """A look at a process, at a time of it.

    :param when: seconds since the first look
    :param ran: for how long the other thread has run since then, seconds
    :param queued: for how long it has waited for a processor
    :param turns: how often it was given one
    :param state: of it
    """
    return thread_looks.Looks(2, {
        OTHER: thread_looks.Look(
            'ceilometer-poll', state, None, ran, int(ran * 1e9),
            int(queued * 1e9), turns, when),
        WAITER: thread_looks.Look(
            thread_looks.ANSWERING, contents.WAITING, 'futex_do_wait',
            0.0, 0, 0, int(when * 200), when)})


@pytest.mark.parametrize(('ran', 'queued', 'turns', 'state', 'held'), [
    pytest.param(0.5, 0.0, 0, contents.RUNNING, True, id='it computes'),
    pytest.param(0.12, 0.38, 30, contents.RUNNING, True,
                 id='it computes on a busy machine'),
    pytest.param(0.0, 0.0, 0, contents.WAITING, True, id='it waits in C'),
    pytest.param(0.2, 0.1, 30, contents.RUNNING, False, id='it pauses'),
    # it would give it up, if it could run
    pytest.param(0.03, 0.47, 2, contents.RUNNING, False,
                 id='nobody lets it run'),
    pytest.param(0.0, 0.0, 0, contents.RUNNING, False,
                 id='nobody has let it run yet'),
])
def test_who_holds_has_not_given_it_up(
        ran: float, queued: float, turns: int, state: str,
        held: bool) -> None:
    """Though it could: where Python code runs, it is asked for that."""
    assert held_proof.is_held(
        looks(0, 0, 0, 0, state), looks(APART, ran, queued, turns, state),
        WAITER) == held


def proof(computes: bool) -> tuple[thread_looks.Looks, thread_looks.Looks]:
    """Two looks at a process whose interpreter is held.

    :param computes: whether by a thread that computes, else by one that waits
    """
    state = contents.RUNNING if computes else contents.WAITING
    found = (looks(0, 0, 0, 0, state),
             looks(APART, APART if computes else 0.0, 0, 0, state))
    assert held_proof.is_held(*found, WAITER)
    return found


@pytest.mark.parametrize(('computes', 'ran', 'turns', 'asked', 'goes_on'), [
    pytest.param(True, 0.52, 2, 0.0002, True, id='it computes on'),
    pytest.param(True, 0.50, 0, 0.0002, True, id='it computes, if it is let'),
    pytest.param(True, 0.52, 2, 0.006, False, id='another one has had it'),
    pytest.param(False, 0.0, 0, 0.0002, True, id='it waits on in C'),
    pytest.param(False, 0.006, 1, 0.0002, False, id='it has gone on'),
    pytest.param(False, 0.00001, 1, 0.0002, False, id='its wait has ended'),
    pytest.param(False, 0.0, 0, 0.006, False, id='it waits, another has it'),
])
def test_hold_ends_where_another_thread_runs(
        computes: bool, ran: float, turns: int, asked: float,
        goes_on: bool) -> None:
    """Long before the one does that takes signals."""
    before, after = proof(computes)
    now = looks(APART + 0.02, ran, 0, turns, contents.RUNNING)
    asks = now.threads[WAITER]._replace(ran_nsec=int(asked * 1e9))
    assert held_proof.goes_on(before, after, thread_looks.Looks(
        2, {**now.threads, WAITER: asks})) == goes_on


@pytest.mark.parametrize('computes', [True, False])
def test_who_computes_is_known(computes: bool) -> None:
    """It alone is asked then."""
    assert held_proof.computes(*proof(computes)) == (
        OTHER if computes else None)


@pytest.mark.parametrize(('queued_each', 'let_run'), [
    (0.0, True), (0.0015, True), (0.0025, False), (0.1, False)])
def test_who_waits_long_for_a_processor_is_not_let_run(
        queued_each: float, let_run: bool) -> None:
    """Each time, and not in all."""
    before, after = proof(False)
    asks = after.threads[WAITER]
    assert asks.turns == 100
    later = thread_looks.Looks(2, {**after.threads, WAITER: asks._replace(
        queued_nsec=int(100 * queued_each * 1e9))})
    assert held_proof.is_let_run(before, later, WAITER) == let_run


def test_hold_ends_where_threads_come_and_go() -> None:
    """Python code starts them."""
    before, after = proof(False)
    now = looks(APART + 0.02, 0, 0, 0, contents.WAITING)
    assert held_proof.goes_on(before, after, now)
    assert not held_proof.goes_on(before, after, now._replace(total=3))
    one_less = thread_looks.Looks(2, {WAITER: now.threads[WAITER]})
    assert not held_proof.goes_on(before, after, one_less)
