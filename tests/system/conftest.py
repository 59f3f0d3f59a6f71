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

"""Fixtures of the system tests: a machine for all of them."""

from __future__ import annotations

import collections.abc
import pathlib
import typing

import pytest

from tests.system import beds
from tests.system import construction
from tests.system import machine as machines
from tests.system import sample_flow
from tests.system import versions

# Starts a unit, with a drop-in and an oslo.config file of its own if given.
StartUnit = collections.abc.Callable[..., None]

# Gives the text of a drop-in that has a daemon do what a test needs.
Patient = collections.abc.Callable[..., str]


WHAT_RUNS = pytest.StashKey[str]()


def what_runs(machine: machines.Machine) -> str:
    """Tell which versions of what a machine is made of."""
    told = versions.of(machine)
    return (f'{told.distribution}, systemd {told.systemd}, '
            f'Python {told.python}, Ceilometer {told.ceilometer}')


@pytest.hookimpl
def pytest_terminal_summary(
        terminalreporter: pytest.TerminalReporter) -> None:
    """Say on what the tests ran."""
    told = terminalreporter.config.stash.get(WHAT_RUNS, None)
    if told is not None:
        terminalreporter.write_line(f'bed {beds.chosen()}: {told}')


@pytest.fixture(scope='session')
def machine(request: pytest.FixtureRequest,
            ) -> collections.abc.Iterator[machines.Machine]:
    """A booted machine that all tests share."""
    try:
        booted = machines.Machine()
    except construction.MachineError as error:
        pytest.fail(f'no machine for the system tests: {error}',
                    pytrace=False)
    with booted:
        request.config.stash[WHAT_RUNS] = what_runs(booted)
        # systemd forgets how a stopped unit ended unless something refers to
        # the unit.
        booted.write_file('/etc/systemd/system/remember.service', """\
[Unit]
After=ceilometer-polling.service ceilometer-agent-central.service
After=ceilometer-agent-compute.service ceilometer-agent-ipmi.service
After=ceilometer-agent-notification.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=true
""")
        booted.systemctl('start', 'remember')
        yield booted


@pytest.fixture
def unit(machine: machines.Machine) -> collections.abc.Iterator[StartUnit]:
    """Start units whose workers then exist; all is undone afterwards.

    Call it with the unit's name, and optionally ``dropin``, the text of a
    drop-in, ``config``, the text of a Ceilometer configuration file, and
    ``lasting``, whether there are workers to wait for: those that die at
    their start may be gone for ever.
    """
    config_path = '/etc/ceilometer/ceilometer.conf.d/test.conf'
    started: list[str] = []

    def start(name: str, dropin: str | None = None,
              config: str | None = None, lasting: bool = True) -> None:
        started.append(name)
        if config is not None:
            machine.write_file(config_path, config)
        if dropin is not None:
            machine.write_file(
                f'/etc/systemd/system/{name}.service.d/test.conf', dropin)
            machine.systemctl('daemon-reload')
        if lasting:
            machine.start(name)
        else:
            machine.systemctl('start', name)

    yield start
    if not started:
        return  # the test failed before
    machine.systemctl('stop', *started)
    machine.run(['rm', '-rf', config_path,
                 *(f'/etc/systemd/system/{name}.service.d'
                   for name in started)])
    machine.systemctl('daemon-reload')
    # A unit that never failed has nothing to reset.
    machine.systemctl('reset-failed', *started, check=False)


@pytest.fixture(scope='module')
def module_flow(machine: machines.Machine,
                ) -> collections.abc.Iterator[sample_flow.Flow]:
    """What samples flow through; the machine is as before afterwards."""
    made = sample_flow.Flow(machine)
    yield made
    made.remove()


@pytest.fixture
def flow(module_flow: sample_flow.Flow,
         ) -> collections.abc.Iterator[sample_flow.Flow]:
    """What samples flow through, in order again after the test."""
    yield module_flow
    module_flow.restore()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
        item: pytest.Item) -> collections.abc.Generator[
            None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the machine's journal with a test that failed."""
    report = yield
    booted = typing.cast(typing.Any, item).funcargs.get('machine')
    if report.failed and booted is not None:
        try:
            tail = booted.journal_tail()
        except (AssertionError, OSError) as error:
            tail = f'cannot be read: {error}'
        report.sections.append(('journal of the machine', tail))
    return report


@pytest.fixture(scope='session')
def patient(machine: machines.Machine) -> Patient:
    """Have a daemon do what tests need; gives the text of a drop-in.

    Call it with names of what to do, see tests/system/patient.py. Only a
    unit with that drop-in does it.
    """
    source = pathlib.Path(__file__).with_name('patient.py')
    machine.write_file(f'{machine.packages}/patient.py', source.read_text())
    machine.write_file(f'{machine.packages}/patient.pth', 'import patient\n')

    def dropin(*names: str, service: str = '') -> str:
        return (f'[Service]\nEnvironment="PATIENT={" ".join(names)}"\n'
                + service)

    return dropin
