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

"""A real "sos report" collects reports of daemons, and asks for new ones."""

from __future__ import annotations

import collections.abc
import itertools
import textwrap

import pytest

from tests.system import command
from tests.system import machine as machines
from tests.system.packages import conftest
from tests.system import packaging_bed
from tests.system import reports

POLLING = 'ceilometer-polling'
SECRETS = ('broker-secret', 'keystone-secret')


@pytest.fixture(scope='module')
def polling(machine: machines.Machine, installed: str,
            ) -> collections.abc.Iterator[str]:
    """A daemon that has written reports; a restart arms it."""
    machine.systemctl('stop', POLLING)
    machine.start(POLLING)
    reports.trigger(machine, POLLING)
    yield POLLING
    machine.systemctl('stop', POLLING)


def collected(machine: machines.Machine, *options: str) -> dict[str, str]:
    """What sos has collected: what each command printed, by its file.

    :param options: for the plugin
    """
    where = '/var/tmp/sos'
    conftest.shell(machine, '''
        where=$1; shift
        mkdir "$where"
        sos report --batch --only-plugins ceilometer_diagnostics \
            --tmp-dir "$where" "$@"
        cd "$where"
        tar -xf *.tar.*z
    ''', where, *options)
    try:
        paths = conftest.shell(
            machine, f'ls -d {where}/*/sos_commands/ceilometer_diagnostics/*'
        ).splitlines()
        return {path.rpartition('/')[2]: machine.path(path).read_text()
                for path in paths}
    finally:
        machine.run(['rm', '-r', where])


def processes(machine: machines.Machine) -> int:
    """How many processes of the daemon answer: three where one forks them."""
    return len(command.triggered(machine, POLLING))


def ids(machine: machines.Machine) -> list[str]:
    """The ids of all reports in the journal."""
    return [report.id for report in reports.find(machine)]


def test_what_is_there_is_collected(
        machine: machines.Machine, polling: str) -> None:
    """Whole reports, and what was found; nobody is asked for more."""
    before = ids(machine)
    assert len(before) >= 2
    found = collected(machine)
    assert ids(machine) == before
    for report in before:
        assert report in found['reports.txt']
        assert report in found['reports.json']
    told = '\n'.join(found)
    assert all(f'ceilometer-diagnostics_{verb}' in told
               for verb in ('check', 'list', 'findings'))
    assert 'trigger' not in told
    everything = '\n'.join(found.values())
    assert 'transport_url' in everything
    assert not [secret for secret in SECRETS if secret in everything]


def test_new_reports_are_collected_if_asked_for(
        machine: machines.Machine, polling: str) -> None:
    """They are the newest, and as many as asked for."""
    wanted = processes(machine)
    before = ids(machine)
    found = collected(machine, '-k', 'ceilometer_diagnostics.trigger=on',
                      '-k', f'ceilometer_diagnostics.reports={wanted}')
    new = [report for report in ids(machine) if report not in before]
    assert len(new) == wanted
    assert all(report in found['reports.txt'] for report in new)
    assert not [report for report in before
                if report in found['reports.txt']]


def test_script_for_other_tools_gathers_the_same(
        machine: machines.Machine, polling: str) -> None:
    """The one that the page about support has."""
    page = conftest.shell(
        machine, f'cat {packaging_bed.SOURCE}/doc/source/admin/support.rst')
    code = page.partition('.. code-block:: bash\n')[2]
    lines = itertools.takewhile(
        lambda line: not line or line.startswith('   '), code.splitlines())
    machine.write_file('/var/tmp/gather', textwrap.dedent('\n'.join(lines)))
    where = '/var/tmp/gathered'
    wanted = processes(machine)
    try:
        conftest.shell(machine, 'TRIGGER=1 bash /var/tmp/gather "$1"', where)
        last = ids(machine)[-wanted:]
        found = {path.name: path.read_text(errors='replace')
                 for path in machine.path(where).iterdir()}
    finally:
        machine.run(['rm', '-rf', '/var/tmp/gather', where])
    assert set(found) == {
        'check.txt', 'trigger.txt', 'list.txt', 'findings.txt',
        'reports.json', 'reports.export'}
    assert 'can write reports' in found['check.txt']
    assert (f'{wanted} of {wanted} processes have answered'
            in found['trigger.txt'])
    for report in last:
        assert report[:12] in found['list.txt']
        assert report in found['reports.json']
        assert f'REPORT_ID={report}' in found['reports.export']
