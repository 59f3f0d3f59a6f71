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

"""What is installed only if asked for does what it says, in real programs."""

from __future__ import annotations

import collections.abc

import pytest

from tests.system import command
from tests.system import machine as machines
from tests.system.packages import conftest
from tests.system import packaging_bed
from tests.system import reports

POLLING = 'ceilometer-polling'
FILES = f'{packaging_bed.SOURCE}/ceilometer/diagnostics/system_files'
#: A unit that tries what a unit of a daemon may do, and prints what it finds.
TRY = 'ceilometer-try'


@pytest.fixture(scope='module')
def extras(machine: machines.Machine, installed: str,
           ) -> collections.abc.Iterator[None]:
    """All of them, installed into the machine by the command."""
    command.run(machine, 'install-system', *(
        f'--with={name}' for name in ('sysusers', 'tmpfiles', 'udev',
                                      'polkit')))
    yield
    command.run(machine, 'install-system', '--uninstall')


def test_users_groups_and_directories(
        machine: machines.Machine, extras: None) -> None:
    """Groups are made; a file with passwords is not for everybody."""
    conf = '/etc/ceilometer/ceilometer.conf'
    machine.run(['chmod', '0644', conf])
    conftest.shell(machine, '''
        systemd-sysusers ceilometer-diagnostics.conf
        systemd-tmpfiles --create ceilometer-diagnostics.conf
        getent group ceilometer-ipmi ceilometer-diagnostics
    ''')
    assert conftest.shell(machine, f'stat --format "%a %U %G" {conf}') == (
        '640 root ceilometer\n')


def test_members_of_the_group_may_ask_for_reports(
        machine: machines.Machine, extras: None) -> None:
    """They, of services of Ceilometer, and nothing but signal these."""
    conftest.shell(machine, '''
        systemd-sysusers ceilometer-diagnostics.conf
        useradd --groups ceilometer-diagnostics,systemd-journal member
        useradd --groups systemd-journal nomember
    ''')
    machine.start(POLLING)
    try:
        reports.trigger(machine, POLLING)
        everyone = {answer['pid']
                    for answer in command.triggered(machine, POLLING)}
        since = reports.from_now()
        main = machine.show(POLLING, 'MainPID')
        pids = {int(main['MainPID']), *machine.workers(POLLING)}
        assert pids <= everyone
        machine.run(['systemctl', 'kill', '-s', 'USR1', POLLING],
                    user='member')
        reports.wait(machine, POLLING, everyone, since)
        told = command.triggered(machine, POLLING, user='member')
        # of a forkserver only root can see that it writes reports
        assert pids <= {answer['pid'] for answer in told} <= everyone
        for user, words in (
                ('nomember', ('kill', '-s', 'USR1', POLLING)),
                ('member', ('kill', '-s', 'USR1', 'systemd-journald')),
                ('member', ('stop', POLLING)),
                ('member', ('restart', POLLING))):
            done = machine.run(['systemctl', '--no-ask-password', *words],
                               user=user, check=False)
            assert done.returncode != 0
            # in words of each systemd
            assert 'interactive authentication' in done.stderr.lower()
        assert machine.show(POLLING, 'MainPID') == main
    finally:
        machine.systemctl('stop', POLLING)


def test_rules_of_udev_can_be_read(
        machine: machines.Machine, extras: None) -> None:
    """udev says of each that it has read it, or why not."""
    path = '/etc/udev/rules.d/60-ceilometer-ipmi.rules'
    told = conftest.shell(
        machine, f'udevadm test /sys/class/mem/null || true; cat {path}')
    assert f'Reading rules file: {path}' in told
    assert not [line for line in told.splitlines()
                if 'ceilometer-ipmi.rules:' in line]


def tried(machine: machines.Machine, unit: str, program: str,
          *examples: str) -> str | None:
    """What a program prints in the place of a daemon; None if it fails.

    :param unit: the shipped unit that says what it may do
    :param program: what ExecStart= has
    :param examples: the example drop-ins that the unit has
    """
    directory = f'/etc/systemd/system/{TRY}.service.d'
    conftest.shell(machine, '''
        directory=$1 source=$2 unit=$3; shift 3
        mkdir --parents "$directory"
        cp "$source/units/$unit.service" "${directory%.d}"
        for example; do
            cp "$source/examples/$example.conf" "$directory"
        done
    ''', directory, FILES, unit, *examples)
    machine.write_file(f'{directory}/zz.conf', f'''[Unit]
AssertPathExists=
[Service]
Type=oneshot
Restart=no
ExecStart=
ExecStart={program}
''')
    since = reports.from_now()
    try:
        machine.systemctl('daemon-reload')
        done = machine.systemctl('start', TRY, check=False)
        told = machine.entries('-u', TRY, since, '_TRANSPORT=stdout')
    finally:
        machine.run(['rm', '-r', directory, directory.removesuffix('.d')])
        machine.systemctl('daemon-reload')
    return None if done.returncode else '\n'.join(
        str(entry['MESSAGE']) for entry in told)


@pytest.mark.parametrize('example', [
    'credentials', 'ipmi-device-group', 'ipmi-sudo', 'journal-namespace',
    'virtualenv'])
def test_systemd_understands_an_example(
        machine: machines.Machine, installed: str, extras: None,
        example: str) -> None:
    """Beside Debian's units."""
    directory = f'/etc/systemd/system/{POLLING}.service.d'
    conftest.shell(machine, '''
        systemd-sysusers ceilometer-diagnostics.conf
        mkdir "$1"
        cp "/usr/share/doc/ceilometer-diagnostics/examples/$2.conf" "$1"
    ''', directory, example)
    try:
        done = machine.run(['systemd-analyze', 'verify', '--man=no',
                            f'{POLLING}.service'], check=False)
    finally:
        machine.run(['rm', '-r', directory])
    assert f'{example}.conf' not in done.stdout + done.stderr


def test_sudo_works_with_its_example_only(
        machine: machines.Machine, installed: str) -> None:
    """The unit confines its daemon; the example gives back what sudo needs."""
    rule = '/etc/sudoers.d/ceilometer-try'
    machine.write_file(rule, 'ceilometer ALL = (root) NOPASSWD: '
                       '/usr/bin/id\n', mode=0o440)
    program = '/usr/bin/sudo -n /usr/bin/id -u'
    try:
        unit = 'ceilometer-agent-ipmi'
        assert tried(machine, unit, program, 'ipmi-sudo') == '0'
        assert tried(machine, unit, program) is None
    finally:
        machine.run(['rm', rule])


def test_group_of_the_device_is_given_by_its_example(
        machine: machines.Machine, extras: None) -> None:
    """Without root: what belongs to the group can be opened."""
    path = '/etc/ceilometer/bmc'
    conftest.shell(machine, '''
        systemd-sysusers ceilometer-diagnostics.conf
        echo works >"$1"
        chgrp ceilometer-ipmi "$1"
        chmod 0640 "$1"
    ''', path)
    try:
        unit = 'ceilometer-agent-ipmi'
        program = f'/bin/cat {path}'
        assert tried(machine, unit, program, 'ipmi-device-group') == 'works'
        assert tried(machine, unit, program) is None
    finally:
        machine.run(['rm', path])


def test_password_comes_from_a_file_of_root(
        machine: machines.Machine, installed: str) -> None:
    """The daemon itself cannot read it; systemd gives it a copy."""
    path = '/etc/ceilometer/secrets.conf'
    machine.write_file(path, 'works\n', mode=0o600)
    try:
        unit = 'ceilometer-agent-notification'
        assert tried(
            machine, unit, '/bin/cat ${CREDENTIALS_DIRECTORY}/90-secrets.conf',
            'credentials') == 'works'
        assert tried(machine, unit, f'/bin/cat {path}') is None
    finally:
        machine.run(['rm', path])


def test_programs_of_a_virtualenv_are_found(
        machine: machines.Machine, installed: str) -> None:
    """By env, as the units start them."""
    machine.write_file('/opt/ceilometer/bin/only-here',
                       '#!/bin/sh\necho works\n', mode=0o755)
    try:
        program = '/usr/bin/env only-here'
        assert tried(machine, POLLING, program, 'virtualenv') == 'works'
        assert tried(machine, POLLING, program) is None
    finally:
        machine.run(['rm', '-r', '/opt/ceilometer'])
