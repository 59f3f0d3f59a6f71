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

"""The .rpm that packaging/rpm builds, by the rpmbuild that Debian has."""

from __future__ import annotations

import pytest

from tests.system import machine as machines
from tests.system.packages import conftest
from tests.system import packaging_bed
from tests.system import reports

TOP = '/var/tmp/rpm'
EXAMPLE = f'{packaging_bed.SOURCE}/packaging/rpm'
POLLING = 'ceilometer-polling'


@pytest.fixture(scope='module')
def rpm(machine: machines.Machine) -> str:
    """The package: its path."""
    conftest.shell(machine, '''
        mkdir --parents "$1/SOURCES"
        cd "${2%/packaging/rpm}"
        # whatever setuptools calls it
        tar -czf "$1/SOURCES/ceilometer_diagnostics-0.1.0.tar.gz" \
            --transform 's,^[.],ceilometer_diagnostics-0.1.0,' .
        # what it needs came with packages of Debian
        rpmbuild -ba --nodeps --define "_topdir $1" "$2"/*.spec
    ''', TOP, EXAMPLE)
    return conftest.shell(machine, f'echo {TOP}/RPMS/noarch/*.rpm').strip()


def test_rpmlint_finds_no_error(machine: machines.Machine, rpm: str) -> None:
    """In the package, its source and the specification."""
    told = conftest.shell(
        machine, 'rpmlint --config "$2/rpmlint.toml" "$1" '
        f'{TOP}/SRPMS/*.rpm "$2"/*.spec || true', rpm, EXAMPLE)
    assert 'packages and 1 specfiles checked; 0 errors' in told, told


def test_package_has_what_its_page_lists(
        machine: machines.Machine, rpm: str) -> None:
    """Drop-ins and no unit, nothing below /etc, no directory of others."""
    files = set(conftest.shell(machine, 'rpm -qpl "$1"', rpm).splitlines())
    assert {'/usr/bin/ceilometer-diagnostics',
            '/usr/share/zsh/site-functions/_ceilometer-diagnostics',
            '/usr/lib/systemd/catalog/ceilometer-diagnostics.catalog'} < files
    assert any(path.endswith('/systemd/system/ceilometer-.service.d/'
                             '50-diagnostics.conf') for path in files)
    packages = '/usr/lib/python3/dist-packages'
    assert {f'{packages}/ceilometer_diagnostics.pth',
            f'{packages}/ceilometer/diagnostics/daemon/waiter.py',
            f'{packages}/sos/report/plugins/ceilometer_diagnostics.py'
            } < files
    assert not files & {packages, f'{packages}/ceilometer', f'{packages}/sos',
                        '/usr/bin', '/usr/share/man/man1'}
    assert not [path for path in files
                if path.startswith('/etc/') or path.endswith('.service')
                and '/system_files/' not in path]


def test_scripts_restart_armed_daemons(
        machine: machines.Machine, rpm: str) -> None:
    """Not as it is installed, but after an upgrade and after removal."""
    def run(action: str, *options: str) -> None:
        conftest.shell(machine, f'rpm {action} --nodeps "$@"', *options)

    def pid() -> str:
        return machine.show(POLLING, 'MainPID')['MainPID']

    name = 'ceilometer-diagnostics'
    machine.start(POLLING)
    try:
        before = pid()
        run('--install', rpm)
        assert pid() == before
        machine.systemctl('restart', POLLING)
        machine.wait_for(lambda: machine.workers(POLLING), unit=POLLING)
        reports.trigger(machine, POLLING)
        before = pid()
        # an upgrade to the same version runs the same scripts
        run('--upgrade', '--force', rpm)
        assert pid() != before
        machine.wait_for(lambda: machine.workers(POLLING), unit=POLLING)
        reports.trigger(machine, POLLING)
        before = pid()
        run('--erase', name)
        assert pid() != before
    finally:
        machine.systemctl('stop', POLLING)
    assert conftest.shell(
        machine, 'find /usr -name "*ceilometer*diagnostics*" '
        '-not -path "/usr/src/*"').split() == []
