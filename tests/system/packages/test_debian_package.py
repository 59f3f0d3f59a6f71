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

"""The .deb that packaging/debian builds, beside Debian's own Ceilometer."""

from __future__ import annotations

import collections.abc

import pytest

from tests import limits
from tests.system import machine as machines
from tests.system.packages import conftest
from tests.system import reports

NAME = 'ceilometer-diagnostics'
POLLING = 'ceilometer-polling'
NOTIFICATION = 'ceilometer-agent-notification'
CENTRAL = 'ceilometer-agent-central'

#: Debian's packages of what this one is installed beside.
THEIRS = ('ceilometer-common', 'ceilometer-polling',
          'ceilometer-agent-central', 'ceilometer-agent-compute',
          'ceilometer-agent-ipmi', 'ceilometer-agent-notification',
          'python3-ceilometer')


@pytest.fixture(scope='module')
def later(machine: machines.Machine, deb: str) -> str:
    """The same as a later version."""
    path = f'{conftest.BUILD}/later.deb'
    conftest.shell(machine, '''
        dpkg-deb -R "$1" later
        sed -i 's/^Version: .*/&.1/' later/DEBIAN/control
        dpkg-deb --root-owner-group -b later "$2"
        rm -r later
    ''', deb, path)
    return path


def test_tree_can_be_built_again(machine: machines.Machine, deb: str) -> None:
    """A build leaves nothing that the next one would stumble over."""
    conftest.shell(machine, f'''
        cd {conftest.BUILD}/tree
        debian/rules clean
        dpkg-source --build .
    ''')


def test_lintian_finds_no_error(machine: machines.Machine, deb: str) -> None:
    """Nor a warning that a packager would have to explain."""
    told = conftest.shell(
        machine, 'lintian --allow-root --fail-on error,warning '
        '--suppress-tags initial-upload-closes-no-bugs '
        '"${1%_all.deb}"_*.changes || true', deb,
        # it looks at each file of the package, in programs of its own
        seconds=limits.EVENT_SECONDS * 5)
    assert [line for line in told.splitlines()
            if line.startswith(('E:', 'W:'))] == []


def test_package_has_what_its_page_lists(
        machine: machines.Machine, deb: str) -> None:
    """Drop-ins and no unit, nothing below /etc, the manual, all modules."""
    listed = conftest.shell(machine, 'dpkg-deb --fsys-tarfile "$1" | tar -t',
                            deb).split()
    files = {path.lstrip('.') for path in listed if not path.endswith('/')}
    assert not [path for path in files
                if path.startswith('/etc/') or path.endswith('.service')
                and '/system_files/' not in path]
    packages = '/usr/lib/python3/dist-packages'
    assert {
        '/usr/bin/ceilometer-diagnostics',
        f'{packages}/ceilometer_diagnostics.pth',
        f'{packages}/ceilometer_diagnostics.start',
        f'{packages}/ceilometer/diagnostics/daemon/waiter.py',
        '/usr/share/bash-completion/completions/ceilometer-diagnostics',
        '/usr/share/zsh/vendor-completions/_ceilometer-diagnostics',
        '/usr/share/man/man1/ceilometer-diagnostics.1.gz',
        '/usr/share/man/man7/ceilometer-diagnostics-fields.7.gz',
        '/usr/share/man/man7/ceilometer-diagnostics-units.7.gz',
        '/usr/lib/systemd/catalog/ceilometer-diagnostics.catalog',
    } <= files
    units = {path for path in files if path.endswith('.service.d/'
                                                     '50-diagnostics.conf')}
    # Debian 12 has them in /lib, which is a link there as well
    assert {path.removeprefix('/usr') for path in units} == {
        f'/lib/systemd/system/{school}ceilometer-.service.d/'
        '50-diagnostics.conf' for school in ('', 'openstack-')}
    assert f'{packages}/ceilometer/__init__.py' not in files


def theirs(machine: machines.Machine) -> str:
    """What dpkg finds changed in Ceilometer's packages, and their units."""
    return conftest.shell(
        machine, 'dpkg --verify "$@" || true; '
        'sha256sum /usr/lib/systemd/system/ceilometer*.service', *THEIRS)


def main_pid(machine: machines.Machine, unit: str) -> int:
    """The main process of a unit that is running."""
    told = machine.show(unit, 'MainPID', 'ActiveState')
    assert told['ActiveState'] == 'active', machine.journal_tail(unit)
    return int(told['MainPID'])


def armed(machine: machines.Machine, unit: str) -> bool:
    """Whether the main process of a daemon writes reports."""
    return reports.is_armed(machine, main_pid(machine, unit))


def restarted(machine: machines.Machine, unit: str, before: int) -> None:
    """Assert that a unit has another main process, and wait for workers."""
    assert main_pid(machine, unit) != before
    machine.wait_for(lambda: machine.workers(unit),
                     what=f'workers of {unit}', unit=unit)


@pytest.fixture
def nothing_left(machine: machines.Machine,
                 ) -> collections.abc.Iterator[None]:
    """However the test ends, the next one finds the machine as it was."""
    yield
    machine.systemctl('stop', CENTRAL, POLLING, NOTIFICATION)
    machine.run(['dpkg', '--purge', NAME])


def test_a_life_beside_debians_ceilometer(
        machine: machines.Machine, deb: str, later: str,
        nothing_left: None) -> None:
    """Installed, asked, upgraded, removed and purged under running daemons."""
    before = theirs(machine)
    assert before.count('ceilometer-polling.service') == 1
    for unit in (CENTRAL, POLLING, NOTIFICATION):
        machine.start(unit)
    untouched = main_pid(machine, CENTRAL)
    pids = {unit: main_pid(machine, unit) for unit in (POLLING, NOTIFICATION)}

    # a daemon that runs, and may hang, is not touched
    conftest.shell(machine, 'dpkg --install "$1"', deb)
    assert conftest.shell(machine, 'dpkg --verify "$1"', NAME) == ''
    assert {unit: main_pid(machine, unit) for unit in pids} == pids
    assert theirs(machine) == before
    for unit, pid in pids.items():
        # one after the other: Debian's units share a RuntimeDirectory=, which
        # one that ends removes while another one is being started
        machine.systemctl('restart', unit)
        restarted(machine, unit, pid)
        reports.trigger(machine, unit)
        assert armed(machine, unit)
    pids = {unit: main_pid(machine, unit) for unit in pids}

    # daemons that write reports come back with the new modules
    told = conftest.shell(machine, 'dpkg --install "$1"', later)
    assert 'Unpacking' in told and 'over' in told
    for unit, pid in pids.items():
        restarted(machine, unit, pid)
        reports.trigger(machine, unit)
        assert armed(machine, unit)
    pids = {unit: main_pid(machine, unit) for unit in pids}
    # one that does not, stays; so does one that is stopped
    assert main_pid(machine, CENTRAL) == untouched
    assert machine.show('ceilometer-agent-compute', 'ActiveState') == {
        'ActiveState': 'inactive'}

    # without the package they go on as Debian has them
    files = conftest.shell(machine, 'dpkg --listfiles "$1"', NAME).split()
    conftest.shell(machine, 'dpkg --remove "$1"', NAME)
    for unit, pid in pids.items():
        restarted(machine, unit, pid)
        assert not armed(machine, unit)
    assert main_pid(machine, CENTRAL) == untouched
    left = [path for path in files if not machine.path(path).is_dir()
            and machine.path(path).exists()]
    assert left == []
    conftest.shell(machine, 'dpkg --purge "$1"', NAME)
    assert theirs(machine) == before
    assert conftest.shell(
        machine, 'find /usr /etc /var/lib -name "*ceilometer*diagnostics*" '
        '-not -path "/usr/src/*"').split() == []


def test_the_packages_own_test_passes(
        machine: machines.Machine, deb: str) -> None:
    """The one for autopkgtest: it asks the daemon for a report."""
    conftest.shell(machine, 'dpkg --install "$1"', deb)
    try:
        told = conftest.shell(
            machine, f'sh {conftest.BUILD}/tree/debian/tests/report')
    finally:
        conftest.shell(machine, 'dpkg --purge "$1"', NAME)
        machine.systemctl('stop', POLLING)
    assert 'SIGUSR1' in told
