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

"""Whose reports are believed: by patterns, and by the word of engines."""

from __future__ import annotations

import collections.abc
import dataclasses
import fnmatch
import json
import os
import pathlib
import time
import types
import typing

import pytest

from ceilometer.diagnostics.command import answers
from ceilometer.diagnostics.command import asked_units
from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.reports import container_records
from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import engines
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import sender
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.command.reports import unit_patterns
from ceilometer.diagnostics.command import system
from ceilometer.diagnostics.command import unit_processes
from tests import limits
from tests.unit import journals

ID = '981b7ae2c4eb' + 'a1' * 26
SCOPE = f'libpod-{ID}.scope'
OTHER_ID = '0123456789ab' + 'b2' * 26
OTHER = f'libpod-{OTHER_ID}.scope'
NAME = 'ceilometer_agent_compute'

Engine = collections.abc.Callable[..., None]


@pytest.fixture(autouse=True)
def no_memory(monkeypatch: pytest.MonkeyPatch,
              tmp_path: pathlib.Path) -> collections.abc.Iterator[None]:
    """Each test asks anew, and has files of the administrator of its own."""
    monkeypatch.setattr(unit_patterns, 'DIRECTORY', tmp_path / 'units.d')
    forget()
    yield
    forget()


def forget() -> None:
    """What a command has found out ends with it."""
    containers._ask.cache_clear()
    containers._by_journals.clear()
    container_records._searched.clear()
    unit_patterns._added.cache_clear()
    unit_patterns.is_unit.cache_clear()
    sender.is_of_ceilometer.cache_clear()


@pytest.fixture
def engine(tmp_path: pathlib.Path,
           monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Install an engine that knows some containers, or a script instead."""
    directory = tmp_path / 'bin'
    directory.mkdir()
    monkeypatch.setenv('PATH', f'{directory}:/usr/bin:/bin')
    monkeypatch.setattr(os, 'geteuid', lambda: 0)

    def install(known: dict[str, str], name: str = 'podman',
                script: str | None = None) -> None:
        lines = ''.join(f'{one} {other}\n' for one, other in known.items())
        path = directory / name
        path.write_text('#!/bin/sh\n' + (
            script if script is not None else f'cat <<END\n{lines}END\n'))
        path.chmod(0o755)
        forget()

    return install


@pytest.fixture
def journal(tmp_path: pathlib.Path) -> str:
    """An option that names a journal: a container's report, and others."""
    reports = [
        journals.entries(
            journals.make_report(process='master', report_id=digit * 32),
            journals.Sender(pid=pid, unit=unit), journals.TIME_USEC + pid)
        for digit, pid, unit in (
            ('a', 100, SCOPE), ('b', 200, OTHER),
            ('c', 300, f'libpod-conmon-{ID}.scope'),
            ('d', 400, f'docker-{ID}.scope'))]
    (tmp_path / 'journal').mkdir()
    journals.write(tmp_path / 'journal/x.journal', sum(reports, []))
    return f'--directory={tmp_path}/journal'


def listed(capsys: pytest.CaptureFixture[str], *arguments: str,
           ) -> dict[str, tuple[bool, str | None]]:
    """Whether list believes reports, and their containers, by unit."""
    assert cli.main(['list', '--json', *arguments]) == 0
    return {row['unit']: (row['trusted'], row['container'])
            for row in json.loads(capsys.readouterr().out)}


# Patterns.

@pytest.mark.any_python
@pytest.mark.parametrize(('unit', 'ours'), [
    ('ceilometer-polling.service', True),
    ('openstack-ceilometer-central.service', True),
    ('kolla-ceilometer_compute-container.service', True),
    ('edpm_ceilometer_agent_compute.service', True),
    ('ceilometer-polling@compute.service', True),
    ('ceilometer-.service', False), ('ceilometer-polling.scope', False),
    ('xceilometer-polling.service', False),
    ('ceilometer-polling.service\n', False),
    ('ceilometer-\n.service', False), ('ceilometer-a b.service', False),
    ('ceilometer-ä.service', False), ('libpod-x.scope', False),
    ('ceilometer.slice', False), ('', False)])
def test_default_patterns_of_units(unit: str, ours: bool) -> None:
    """As Ceilometer, distributions and deployments call them."""
    assert unit_patterns.is_unit(unit) is ours


@pytest.mark.any_python
@pytest.mark.parametrize(('name', 'ours'), [
    ('ceilometer_compute', True), ('ceilometer', True),
    ('ceilometer-central-agent', True), ('ceilometer_agent_ipmi', True),
    ('evil', False), ('not_ceilometer_compute', False),
    ('ceilometers', False), ('Ceilometer_x', False)])
def test_default_patterns_of_containers(name: str, ours: bool) -> None:
    """As kolla-ansible and the operators call them."""
    assert unit_patterns.is_container(name) is ours


@pytest.mark.any_python
def test_administrator_adds_patterns() -> None:
    """In files that are read in their order; others are none of them."""
    directory = unit_patterns.DIRECTORY
    directory.mkdir()
    (directory / 'a.conf').write_text(
        '# ours\n\n  meter-[a-c]?.service \ncontainer: telemetry_*\n')
    (directory / 'b.conf').write_text('crio-*.scope\ncontainer:evil')
    (directory / 'b.conf~').write_text('all of it\n')
    assert unit_patterns.read(directory) == (
        ('meter-[a-c]?.service', 'crio-*.scope'), ('telemetry_*', 'evil'))
    assert unit_patterns.is_unit('meter-b1.service')
    assert not unit_patterns.is_unit('meter-d1.service')
    assert unit_patterns.is_container('telemetry_polling')
    assert unit_patterns.is_unit('ceilometer-polling.service')


@pytest.mark.any_python
@pytest.mark.parametrize('line', [
    'ceilometer polling.service', 'ceilometer-polling', '*', 'meter.slice',
    'container:', 'container:a b', 'container:-x', 'meter-[.service',
    '[units]', 'meter.service # ours', 'x/y.service', 'container:k8s/x'])
def test_invalid_line_is_named(line: str) -> None:
    """With file, line, and what was expected; nothing is believed then."""
    directory = unit_patterns.DIRECTORY
    directory.mkdir()
    (directory / 'site.conf').write_text(f'# one\n\n{line}\n')
    with pytest.raises(source.JournalError) as failed:
        unit_patterns.is_unit('ceilometer-polling.service')
    assert str(failed.value) == (
        f'{directory}/site.conf:3: {line!r}: expected a pattern of the full '
        'names of units, which end in .service or .scope, or "container:" '
        'and a pattern of the names of containers')


def test_invalid_file_ends_the_command(
        journal: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, with exit code 1."""
    unit_patterns.DIRECTORY.mkdir()
    path = unit_patterns.DIRECTORY / 'site.conf'
    path.write_bytes(b'\xff\n')
    assert cli.main(['list', journal]) == 1
    out, err = capsys.readouterr()
    assert out == '' and err.count('\n') == 1
    assert f'{path}: not UTF-8; expected' in err
    path.unlink()
    path.mkdir()
    forget()
    assert cli.main(['list', journal]) == 1
    assert f'{path}: Is a directory' in capsys.readouterr().err


# Containers.

def test_containers_of_ceilometer_are_believed(
        engine: Engine, journal: str,
        capsys: pytest.CaptureFixture[str]) -> None:
    """By the word of the engine that has started them, each of its own."""
    engine({ID: NAME, OTHER_ID: 'evil'})
    engine({ID: 'nova_compute'}, 'docker')
    assert listed(capsys, journal) == {
        SCOPE: (True, NAME), OTHER: (False, 'evil'),
        f'libpod-conmon-{ID}.scope': (False, None),
        f'docker-{ID}.scope': (False, 'nova_compute')}
    engine({ID: 'ceilometer_central'}, 'docker')
    assert listed(capsys, journal)[f'docker-{ID}.scope'] == (
        True, 'ceilometer_central')


def test_administrator_has_the_last_word(
        engine: Engine, journal: str,
        capsys: pytest.CaptureFixture[str]) -> None:
    """Scopes may match a pattern, and containers of any name."""
    engine({OTHER_ID: 'telemetry'})
    unit_patterns.DIRECTORY.mkdir()
    path = unit_patterns.DIRECTORY / 'x.conf'
    path.write_text('container:tele*\n')
    told = listed(capsys, journal)
    assert told[OTHER] == (True, 'telemetry') and told[SCOPE] == (False, None)
    path.write_text('libpod-*.scope\n')
    forget()
    told = listed(capsys, journal)
    assert told[SCOPE] == (True, None) and told[OTHER] == (True, 'telemetry')


def test_name_stands_for_the_scope(
        engine: Engine, journal: str,
        capsys: pytest.CaptureFixture[str]) -> None:
    """It is shown, and is a match, as is the unit that starts it."""
    engine({ID: NAME, OTHER_ID: 'evil'})
    assert cli.main(['list', journal]) == 0
    out = capsys.readouterr().out
    assert f' {NAME} ' in out and ' ! evil ' in out and ID not in out
    assert f' ! docker-{ID[:12]}.scope ' in out
    assert f' ! libpod-conmon-{ID[:12]}.scope ' in out
    for word in (NAME, f'edpm_{NAME}', f'kolla-{NAME}-container', SCOPE,
                 'ceilometer_agent*', f'--unit={NAME}'):
        assert list(listed(capsys, journal, word)) == [SCOPE]
    assert list(listed(capsys, journal, 'evil')) == [OTHER]
    assert cli.main(['show', journal, NAME]) == 0
    out = capsys.readouterr().out
    assert f'Unit: {SCOPE}\n' in out and f'Container: {NAME}\n' in out
    assert cli.main(['export', '--format=html', journal, NAME]) == 0
    assert NAME in capsys.readouterr().out
    assert cli.main(['show', journal, 'b' * 32]) == 0
    out = capsys.readouterr().out
    assert f'not from a Ceilometer unit but from {OTHER} (container evil)' in (
        out)


def test_only_reports_of_containers_ask_an_engine(
        engine: Engine, tmp_path: pathlib.Path,
        capsys: pytest.CaptureFixture[str]) -> None:
    """It may take long, and no other report needs it."""
    asked = tmp_path / 'asked'
    engine({}, script=f'touch {asked}\n')
    directory = tmp_path / 'other'
    directory.mkdir()
    journals.write(directory / 'x.journal',
                   journals.entries(journals.make_report()))
    assert cli.main(['list', f'--directory={directory}']) == 0
    assert not asked.exists()


@pytest.mark.parametrize(('script', 'why'), [
    ('echo oops >&2; exit 125\n', 'podman fails with exit code 125'),
    ('exit 0\n', 'podman has no such container'),
    (f'echo {ID[:12]} {NAME}\n', 'podman has no such container'),
    (f'echo {ID} "{NAME} x"\n', 'podman has no such container'),
    (f'echo "{ID} -{NAME}"\n', 'podman has no such container'),
    (f"printf '{ID} {NAME}\\033[2J\\n'\n", 'podman has no such container'),
    (f'echo x{ID} {NAME}\n', 'podman has no such container'),
    (f'echo {OTHER_ID} {NAME}\n', 'podman has no such container'),
    ('head -c 9000000 /dev/zero\n', 'podman has no such container'),
    ('kill -9 $$\n', 'podman fails with exit code -9'),
    (None, 'podman is not installed')])
def test_engine_that_does_not_tell(
        engine: Engine, journal: str, capsys: pytest.CaptureFixture[str],
        script: str | None, why: str) -> None:
    """Nothing is believed then, and the reason is told."""
    if script is not None:
        engine({}, script=script)
    assert listed(capsys, journal)[SCOPE] == (False, None)
    assert cli.main(['list', journal]) == 0
    assert f'! {why}\n' in capsys.readouterr().out
    assert cli.main(['show', journal, 'a' * 32]) == 0
    assert f'{SCOPE} ({why})' in capsys.readouterr().out


def test_engine_that_hangs(
        engine: Engine, journal: str, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """It is ended with what it has started, and asked once a command."""
    monkeypatch.setattr(engines, 'ENGINE_SECONDS_MAX', 1)
    pids = tmp_path / 'pids'
    engine({}, script=f'sleep 600 &\necho $! >> {pids}\n'
           f'echo {ID} {NAME}\nwait\n')
    assert cli.main(['list', journal]) == 0
    out = capsys.readouterr().out
    # what it has told until then counts
    assert f' {NAME} ' in out
    assert '! podman did not answer within 1 s, and was ended' in out
    pid, = pids.read_text().split()
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while os.path.exists(f'/proc/{pid}/exe') and (
            unit_processes.look_at(int(pid)) is not None):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_engine_is_asked_of_this_machine(
        engine: Engine, journal: str, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Whatever the environment of who runs the command says."""
    for name in ('DOCKER_HOST', 'DOCKER_CONTEXT', 'CONTAINER_HOST',
                 'CONTAINER_CONNECTION', 'CONTAINERS_CONF'):
        monkeypatch.setenv(name, 'elsewhere')
    told = tmp_path / 'told'
    for name in ('podman', 'docker'):
        engine({}, name, f'env >> {told}; echo "$@" >> {told}\n')
    listed(capsys, journal)
    assert 'elsewhere' not in told.read_text()
    assert '--remote=false ps --all --no-trunc' in told.read_text()
    assert '--host=unix:///run/docker.sock ps --all' in told.read_text()


def test_somebody_else_than_root_asks_no_podman(
        engine: Engine, journal: str, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """It would tell of that user's own containers, of any name."""
    engine({ID: NAME})
    monkeypatch.setattr(os, 'geteuid', lambda: 1000)
    assert listed(capsys, journal)[SCOPE] == (False, None)
    assert 'only root can ask podman' in (containers.why_unknown(SCOPE) or '')


CONMON = {'CONTAINER_ID_FULL': ID, 'CONTAINER_NAME': NAME}
EVENT = {'PODMAN_ID': ID, 'PODMAN_NAME': NAME, 'PODMAN_EVENT': 'start'}
STARTER = f'edpm_{NAME}.service'


@pytest.mark.parametrize(('unit', 'group', 'told', 'uid', 'known'), [
    (f'libpod-conmon-{ID}.scope', 'x', CONMON, 0, True),
    (f'libpod-conmon-{ID}.scope', 'x', EVENT, 0, True),
    (STARTER, f'/system.slice/{STARTER}', EVENT, 0, True),
    # who is not root, or may be in a container
    (f'libpod-conmon-{ID}.scope', 'x', CONMON, 998, False),
    (f'libpod-conmon-{OTHER_ID}.scope', 'x', CONMON, 0, False),
    (SCOPE, 'x', CONMON, 0, False), (OTHER, 'x', EVENT, 0, False),
    (STARTER, f'/system.slice/{STARTER}/libpod-payload-x', EVENT, 0, False),
    ('ssh.service', '/system.slice/ssh.service', EVENT, 0, False),
    (f'libpod-conmon-{ID}.scope', 'x', {**CONMON, 'CONTAINER_NAME': 'a\x1bb'},
     0, False)])
def test_journal_tells_of_containers_that_are_gone(
        journal: str, tmp_path: pathlib.Path, unit: str, group: str,
        told: dict[str, str], uid: int, known: bool,
        capsys: pytest.CaptureFixture[str]) -> None:
    """By the word of conmon and podman, which are not in the container."""
    own = journals.Sender(pid=9, uid=uid, unit=unit)
    journals.write(tmp_path / 'journal/y.journal', [{
        **own.fields(journals.TIME_USEC - 1000), 'MESSAGE': 'x',
        '_SYSTEMD_CGROUP': group, **told}])
    rows = listed(capsys, journal)
    assert rows[SCOPE] == ((True, NAME) if known else (False, None))
    assert rows[OTHER] == (False, None)
    if known:
        assert list(listed(capsys, journal, NAME)) == [SCOPE]


def test_others_do_not_hide_who_tells_of_a_container(
        journal: str, tmp_path: pathlib.Path,
        capsys: pytest.CaptureFixture[str]) -> None:
    """Neither any user, nor root in a container, however much they write."""
    user = journals.Sender(pid=8, uid=1000, unit='session-1.scope')
    # as root of the machine would tell of the processes of containers
    entries = [{
        **user.fields(journals.TIME_USEC - 9000 + number), 'MESSAGE': 'x',
        'OBJECT_PID': '1',
        'OBJECT_SYSTEMD_UNIT': f'libpod-{number:064x}.scope'}
        for number in range(container_records.CONTAINERS_MAX + 9)]
    other = journals.Sender(pid=7, uid=0, unit=OTHER)
    entries += [{
        **other.fields(journals.TIME_USEC - 5000 + number), 'MESSAGE': 'x',
        **CONMON, 'CONTAINER_NAME': 'forged'}
        for number in range(container_records.ENTRIES_MAX + 9)]
    own = journals.Sender(pid=9, uid=0, unit=f'libpod-conmon-{ID}.scope')
    entries.append({**own.fields(journals.TIME_USEC - 1000), 'MESSAGE': 'x',
                    **CONMON})
    # it is read before that with the report
    journals.write(tmp_path / 'journal/a.journal', entries)
    assert listed(capsys, journal)[SCOPE] == (True, NAME)


def test_other_machines_do_not_tell(
        journal: str, tmp_path: pathlib.Path,
        capsys: pytest.CaptureFixture[str]) -> None:
    """Only of containers of their own."""
    own = journals.Sender(pid=9, uid=0, unit=f'libpod-conmon-{ID}.scope',
                          hostname='other', machine_id='0b' * 16)
    journals.write(tmp_path / 'journal/y.journal', [{
        **own.fields(journals.TIME_USEC), 'MESSAGE': 'x', **CONMON}])
    assert listed(capsys, journal)[SCOPE] == (False, None)


# What a container claims.

FORGED = {'OBJECT_PID': '100', 'OBJECT_UID': '998',
          'OBJECT_SYSTEMD_UNIT': 'ceilometer-polling.service',
          'SYSTEMD_UNIT': 'ceilometer-polling.service',
          'UNIT': 'ceilometer-polling.service', 'CONTAINER_NAME': NAME,
          'CONTAINER_ID_FULL': OTHER_ID, 'PODMAN_NAME': NAME,
          'PODMAN_ID': OTHER_ID, 'PODMAN_EVENT': 'start'}


@pytest.mark.parametrize(('unit', 'group'), [
    (OTHER, f'/machine.slice/{OTHER}/container'),
    (OTHER, None),
    (f'docker-{OTHER_ID}.scope', f'/system.slice/docker-{OTHER_ID}.scope'),
    (f'cri-containerd-{OTHER_ID}.scope', f'/kubepods.slice/x/{OTHER_ID}'),
    (f'crio-{OTHER_ID}.scope', None), (None, f'/docker/{OTHER_ID}'),
    (None, '/kubepods/besteffort/podx'), ('machine-x.scope', None),
    ('containerd.service', '/system.slice/containerd.service/kubepods-x:cri'),
    ('web.service', f'/system.slice/web.service/libpod-payload-{OTHER_ID}'),
    ('systemd-nspawn@x.service',
     '/machine.slice/systemd-nspawn@x.service/payload/init.scope')])
def test_root_in_a_container_is_not_root(
        engine: Engine, tmp_path: pathlib.Path, unit: str | None,
        group: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever it sends: journald takes it for root, and this does not."""
    engine({OTHER_ID: 'evil'})
    engine({OTHER_ID: 'evil'}, 'docker')
    own = journals.Sender(pid=666, uid=0, unit=unit)
    more = FORGED if group is None else {**FORGED, '_SYSTEMD_CGROUP': group}
    (tmp_path / 'j').mkdir()
    journals.write(tmp_path / 'j/x.journal', [
        {**entry, **more}
        for entry in journals.entries(journals.make_report(), own)])
    assert cli.main(['list', '--json', f'--directory={tmp_path}/j']) == 0
    row, = json.loads(capsys.readouterr().out)
    assert not row['trusted'] and row['pid'] == 666 and row['unit'] == unit
    assert cli.main(['findings', f'--directory={tmp_path}/j']) == 1


@pytest.mark.parametrize(('unit', 'group'), [
    ('session-1.scope', '/user.slice/user-0.slice/session-1.scope'),
    ('cron.service', '/system.slice/cron.service'),
    ('run-r12ab.scope', '/system.slice/run-r12ab.scope'),
    (None, '/'), (None, '/../..'), (None, None)])
def test_root_of_the_machine_is_believed(
        engine: Engine, tmp_path: pathlib.Path, unit: str | None,
        group: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    """From a login, or from a service; so trigger writes what it sees."""
    own = journals.Sender(pid=666, uid=0, unit=unit)
    more = FORGED if group is None else {**FORGED, '_SYSTEMD_CGROUP': group}
    (tmp_path / 'j').mkdir()
    journals.write(tmp_path / 'j/x.journal', [
        {**entry, **more}
        for entry in journals.entries(journals.make_report(), own)])
    assert cli.main(['list', '--json', f'--directory={tmp_path}/j']) == 0
    row, = json.loads(capsys.readouterr().out)
    assert row['trusted'] and row['pid'] == 100


# Which processes are asked.

@dataclasses.dataclass
class Systemd:
    """A systemctl that knows the main processes of some units."""

    main: dict[str, int]

    def __call__(self, *arguments: str) -> str:
        if arguments[0] == 'list-units':
            return ''.join(
                f'{unit} loaded active running x\n' for unit in self.main
                if any(fnmatch.fnmatchcase(unit, word) for word in arguments))
        unit = arguments[-1]
        if unit not in self.main:
            return 'LoadState=not-found\n'
        return (f'Id={unit}\nLoadState=loaded\nActiveState=active\n'
                f'ControlGroup=/{unit}\nMainPID={self.main[unit] or ""}\n')


def process(pid: int, name: str, command: str = '',
            **more: int) -> unit_processes.Process:
    """A process."""
    return dataclasses.replace(
        unit_processes.Process(
            pid, name, command or name, 0, 'armed' not in more),
        started=pid, **more)


@pytest.fixture
def machine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a container, the unit that starts it, and another."""
    engine({ID: NAME, OTHER_ID: 'evil'})
    known = {one.pid: one for one in (
        process(1, 'conmon'), process(10, 'dumb-init', 'dumb-init -- '
                                      'ceilometer-polling', inner_pid=1),
        process(20, 'ceilometer-poll', 'ceilometer-polling: master process',
                start_stack=5, armed=True, inner_pid=7),
        process(21, 'ceilometer-poll', 'ceilometer-polling: AgentManager '
                'worker(0)', start_stack=5, armed=True, inner_pid=9),
        process(30, 'bash'), process(40, 'ceilometer-poll'))}
    pids = {f'/edpm_{NAME}.service': [1], f'/{SCOPE}': [10, 20, 21, 30],
            f'/{OTHER}': [40]}
    monkeypatch.setattr(system, '_systemctl', Systemd(
        {f'edpm_{NAME}.service': 1, SCOPE: 0, OTHER: 0, 'ssh.service': 30}))
    monkeypatch.setattr(system, '_pids', lambda group: pids[group])
    monkeypatch.setattr(unit_processes, 'look_at', known.get)


@pytest.mark.parametrize('words', [
    [], [NAME], [SCOPE], [f'edpm_{NAME}'], [ID[:12]], [ID],
    ['ceilometer_*'], ['edpm_*'], [NAME, SCOPE],
    [f'kolla-{NAME}-container.service']])
@pytest.mark.usefixtures('machine')
def test_container_is_asked_in_its_scope(words: list[str]) -> None:
    """Whatever it was called by; neither conmon nor dumb-init is."""
    unit, = asked_units.find(words)
    assert unit.name == SCOPE and unit.contained and unit.main_pid == 20
    assert [one.pid for one in unit.signalled] == [20, 21]
    assert asked_units.title(unit.name) == f'container {NAME}'


@pytest.fixture
def quadlet(machine: None, monkeypatch: pytest.MonkeyPatch,
            tmp_path: pathlib.Path) -> str:
    """That the container runs in the unit that starts it, as a Quadlet's."""
    unit = f'edpm_{NAME}.service'
    (tmp_path / unit / f'libpod-payload-{ID}').mkdir(parents=True)
    monkeypatch.setattr(system, '_CGROUP_ROOTS', (f'{tmp_path}/',))
    monkeypatch.setattr(system, '_systemctl', Systemd(
        {unit: 1, f'container-{NAME}.service': 30, 'ssh.service': 30}))
    monkeypatch.setattr(system, '_pids', {
        f'/{unit}': [1], f'/{unit}/libpod-payload-{ID}': [10, 20, 21, 30],
        f'/container-{NAME}.service': [30]}.__getitem__)
    return unit


@pytest.mark.parametrize('words', [
    [], [NAME], [f'edpm_{NAME}'], [ID[:12]], ['ceilometer_*'], ['edpm_*'],
    [NAME, f'edpm_{NAME}']])
def test_container_is_asked_in_the_unit_that_holds_it(
        quadlet: str, words: list[str],
        capsys: pytest.CaptureFixture[str]) -> None:
    """It has no scope; podman is neither asked nor signalled."""
    unit, = asked_units.find(words)
    assert unit.name == quadlet and unit.contained and unit.main_pid == 20
    assert [one.pid for one in unit.signalled] == [20, 21]
    assert cli.main(['check', *words[:1]]) in (0, 1)
    assert '2 of 2 are armed' in capsys.readouterr().out


def test_name_stands_for_the_unit_that_holds_it(
        engine: Engine, tmp_path: pathlib.Path,
        capsys: pytest.CaptureFixture[str]) -> None:
    """Reports of that unit are found by it; the engine need not be asked."""
    engine({}, script='exit 3\n')
    unit = f'edpm_{NAME}.service'
    (tmp_path / 'journal').mkdir()
    journals.write(tmp_path / 'journal/x.journal', sum((
        journals.entries(journals.make_report(report_id=digit * 32),
                         journals.Sender(unit=name), journals.TIME_USEC)
        for digit, name in (('a', unit), ('b', 'ceilometer-polling.service'))),
        []))
    place = f'--directory={tmp_path}/journal'
    for word in (NAME, 'ceilometer_*', f'--unit={NAME}', f'edpm_{NAME}'):
        assert listed(capsys, place, word) == {unit: (True, None)}
    assert cli.main(['show', place, NAME]) == 0
    assert f'Unit: {unit}\n' in capsys.readouterr().out


@pytest.fixture
def pods(machine: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """That the administrator believes the pods of a node: their scopes."""
    unit_patterns.DIRECTORY.mkdir()
    (unit_patterns.DIRECTORY / 'x.conf').write_text('cri-containerd-*.scope\n')
    forget()
    scopes = [f'cri-containerd-{one}.scope' for one in (ID, OTHER_ID)]
    monkeypatch.setattr(system, '_systemctl', Systemd(
        dict.fromkeys(scopes, 0)))
    monkeypatch.setattr(system, '_pids', dict(zip(
        (f'/{one}' for one in scopes), ([10, 20, 21, 30], [30]),
        strict=True)).__getitem__)
    return scopes


@pytest.mark.parametrize('named', [True, False])
def test_scopes_that_the_administrator_names_are_asked(
        pods: list[str], named: bool,
        capsys: pytest.CaptureFixture[str]) -> None:
    """A pattern also means pods that are not Ceilometer's."""
    assert asked_units.find(['cri-*']) == asked_units.find([])
    unit, = asked_units.find(pods[:1] * named)
    assert unit.name == pods[0] and unit.contained and unit.main_pid == 20
    assert [one.pid for one in unit.signalled] == [20, 21]
    assert cli.main(['check', *pods[:1] * named]) in (0, 1)
    out = capsys.readouterr().out
    assert f'{pods[0]}: ' in out and '2 of 2 are armed' in out
    assert pods[1] not in out
    with pytest.raises(command_line.Failure, match='no daemon of Ceilometer '
                       f'runs in {pods[1]}'):
        asked_units.find([pods[1]])


@pytest.mark.parametrize(('pid', 'told_of', 'whose'), [
    (9, 9, 21), (20, None, 20), (20, 20, None), (9, None, None)])
@pytest.mark.usefixtures('machine')
def test_told_of_is_by_the_numbers_of_who_tells(
        pid: int, told_of: int | None, whose: int | None) -> None:
    """A process in the container has those there, and root the host's."""
    unit, = asked_units.find([NAME])
    given = [answers.Answer(unit.name, one) for one in unit.daemons]
    found = typing.cast(read.Found, types.SimpleNamespace(
        pid=pid, told_of=told_of))
    answers._assign_told(given, [found])
    assert [one.process.pid for one in given if one.told is found] == [
        one for one in (whose,) if one is not None]


@pytest.mark.parametrize(('word', 'says'), [
    ('evil', r'container evil: .*units\.d can say that it is one'),
    (OTHER, r'container evil: .*units\.d can say that it is one'),
    (f'libpod-{"0" * 64}.scope', 'podman has no such container'),
    ('ssh', 'ssh.service is not a Ceilometer service$'),
    ('ev*', r'no running Ceilometer service matches ev\*')])
@pytest.mark.usefixtures('machine')
def test_other_containers_are_not_asked(word: str, says: str) -> None:
    """It is told why, and what to do."""
    with pytest.raises(command_line.Failure, match=says):
        asked_units.find([word])


@pytest.mark.usefixtures('machine')
def test_nothing_is_asked_if_the_engine_does_not_tell(
        engine: Engine) -> None:
    """Which containers are Ceilometer's nobody knows then."""
    engine({}, script='exit 3\n')
    with pytest.raises(command_line.Failure, match='no Ceilometer service is '
                       'running; podman fails with exit code 3'):
        asked_units.find([])


@pytest.mark.usefixtures('machine')
def test_check_knows_containers(capsys: pytest.CaptureFixture[str]) -> None:
    """Whose they are, and what they lack."""
    assert cli.main(['check', f'edpm_{NAME}']) in (0, 1)
    out = capsys.readouterr().out
    assert out.startswith(f'container {NAME}: ')
    assert f'its reports are believed: it is {NAME}, id {ID[:12]}' in out
    assert '2 of 2 are armed' in out
    assert cli.main(['check', OTHER]) == 1
    out = capsys.readouterr().out
    assert 'its reports are not believed: container evil; ' in out
