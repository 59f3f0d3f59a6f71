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

"""install-system: files in their places, and nobody else's touched."""

from __future__ import annotations

import collections.abc
import json
import os
import pathlib
import sys
import typing

import pytest

from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command.installing import changes
from ceilometer.diagnostics.command.installing import inside_root
from ceilometer.diagnostics.command.installing import places
from ceilometer.diagnostics.command.installing import shipped
from tests.unit import reference

UNITS = 'usr/local/lib/systemd/system'
RECORD = 'var/lib/ceilometer-diagnostics/installed-files.json'
CATALOG = 'usr/local/lib/systemd/catalog/ceilometer-diagnostics.catalog'
EXAMPLES = 'usr/local/share/doc/ceilometer-diagnostics/examples'
DROP_INS = [f'{UNITS}/{name}-.service.d/50-diagnostics.conf'
            for name in ('ceilometer', 'openstack-ceilometer')]

Told = tuple[int, str, str]


class System:
    """A system below a directory, into which things are installed."""

    def __init__(self, root: pathlib.Path,
                 capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys

    def run(self, *arguments: str) -> Told:
        """Exit code and both outputs of the verb."""
        code = cli.main(['install-system', f'--root={self.root}', *arguments])
        return (code, *self._capsys.readouterr())

    def done(self, *arguments: str) -> dict[str, typing.Any]:
        """What the verb says it has done."""
        code, out, err = self.run('--json', *arguments)
        assert (code, err) == (0, '')
        told: dict[str, typing.Any] = json.loads(out)
        return told

    def refused(self, *arguments: str) -> str:
        """Why the verb does nothing; and it does nothing."""
        before = self.tree()
        code, out, err = self.run(*arguments)
        assert (code, out, err.count('\n')) == (1, '', 1)
        assert self.tree() == before
        return err

    def tree(self) -> dict[str, bytes | str | None]:
        """Everything in it."""
        return {str(path.relative_to(self.root)):
                os.readlink(path) if path.is_symlink()
                else path.read_bytes() if path.is_file() else None
                for path in self.root.rglob('*')}

    def files(self) -> set[str]:
        """Its files."""
        return {path for path, data in self.tree().items()
                if isinstance(data, bytes)}

    def write(self, path: str, text: str = 'theirs\n') -> pathlib.Path:
        """Somebody else's file."""
        at = self.root / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(text)
        return at

    def did(self, told: dict[str, typing.Any]) -> dict[str, str]:
        """What was done to each file, by its path below the root."""
        return {one['path'][1:]: one['did'] for one in told['files']}


@pytest.fixture
def machine(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
            monkeypatch: pytest.MonkeyPatch) -> System:
    """An empty system; no other program is found."""
    monkeypatch.setenv('PATH', str(tmp_path / 'bin'))
    (tmp_path / 'bin').mkdir()
    root = tmp_path / 'root'
    root.mkdir()
    return System(root, capsys)


@pytest.fixture
def program(tmp_path: pathlib.Path,
            machine: System) -> collections.abc.Callable[[str, str], None]:
    """Have a program be found: its name, and a script."""
    def write(name: str, script: str) -> None:
        path = tmp_path / 'bin' / name
        path.write_text(f'#!/bin/sh\n{script}\n')
        path.chmod(0o755)
    return write


def test_units_are_installed_where_there_are_none(machine: System) -> None:
    """With all else; and what is next is told."""
    told = machine.done()
    assert told['what'] == 'units'
    assert told['why'] == 'no unit of Ceilometer is there yet'
    wanted = {f'{UNITS}/{name}' for name in shipped.unit_names()} | {
        CATALOG,
        'usr/local/share/bash-completion/completions/ceilometer-diagnostics',
        'usr/local/share/zsh/site-functions/_ceilometer-diagnostics'} | {
        f'{EXAMPLES}/{path.name}' for path in (
            shipped.DIRECTORY / 'examples').iterdir()}
    assert {path for path in machine.files() if '/man/' not in path} == (
        wanted | {RECORD})
    assert machine.did(told) == dict.fromkeys(
        machine.files() - {RECORD}, 'installed')
    assert told['next'][1:3] == ['systemctl daemon-reload',
                                 'journalctl --update-catalog']
    # there is no user ceilometer
    assert told['next'][0].startswith('systemd-sysusers ')


def test_json_has_the_documented_keys(machine: System) -> None:
    """And no other."""
    told = machine.done()
    assert set(told) == reference.keys('install-system')
    assert set(told['files'][0]) | set(machine.did(told).values()) <= (
        reference.inner_keys('list', 'files'))


def test_text_says_what_was_done(machine: System) -> None:
    """Each file, why, and what to run."""
    code, out, err = machine.run()
    assert (code, err) == (0, '')
    lines = out.splitlines()
    assert lines[0] == 'units: no unit of Ceilometer is there yet'
    assert f'  installed  /{CATALOG}' in lines
    assert '  systemctl daemon-reload' in lines[
        lines.index('Then run, in that system:'):]


def test_everyone_may_read_what_is_installed(machine: System) -> None:
    """Whatever umask root has."""
    mask = os.umask(0o077)
    try:
        machine.done()
    finally:
        os.umask(mask)
    for path in machine.root.rglob('*'):
        assert path.stat().st_mode & 0o777 == (
            0o755 if path.is_dir() else 0o644), path


@pytest.mark.parametrize('unit', [
    *(f'{place}/ceilometer-polling.service'.lstrip('/')
      for place in places.UNIT_PATH),
    'usr/lib/systemd/system/openstack-ceilometer-central.service',
    'lib/systemd/system/ceilometer-agent-central.service',
    'etc/systemd/system/ceilometer-of-the-site.service'])
def test_drop_ins_are_installed_where_units_are(
        machine: System, unit: str) -> None:
    """Theirs stay as they are, and are restarted."""
    theirs = machine.write(unit)
    told = machine.done()
    assert (told['what'], told['why']) == (
        'drop-ins', f'units of Ceilometer are there already: /{unit}')
    assert theirs.read_text() == 'theirs\n'
    assert {path for path in machine.files() if UNITS in path
            and path != unit} == set(DROP_INS)
    for path in DROP_INS:
        lines = (machine.root / path).read_text().splitlines()
        # no copy of anybody's ExecStart
        assert [line for line in lines if line and line[0] != '#'] == [
            '[Service]', 'Environment=CEILOMETER_DIAGNOSTICS=1',
            'RuntimeDirectory=ceilometer-diagnostics/%N']
    assert f'systemctl try-restart {theirs.stem}' in told['next']


@pytest.mark.parametrize('unit', [
    'etc/systemd/system/ceilometer-polling.service',
    'usr/lib/systemd/system/ceilometer-agent-ipmi.service',
    'usr/lib/systemd/system/openstack-ceilometer-notification.service',
    'lib/systemd/system/openstack-ceilometer-agent-central.service'])
def test_units_are_not_installed_beside_others(
        machine: System, unit: str) -> None:
    """One of the two would hide the other, or all be polled twice."""
    machine.write(unit)
    assert machine.refused('--units') == (
        'ceilometer-diagnostics: nothing was written: units of Ceilometer '
        f'are there already: /{unit}: use --drop-ins\n')


def test_units_may_stand_beside_those_of_a_site(machine: System) -> None:
    """Whoever asks for units gets them if they hide none."""
    machine.write('etc/systemd/system/ceilometer-of-the-site.service')
    assert machine.done('--units')['what'] == 'units'


@pytest.mark.parametrize('merged', [True, False])
def test_owner_of_a_file_is_named(
        machine: System, merged: bool,
        program: collections.abc.Callable[[str, str], None]) -> None:
    """dpkg may know it below /lib only, where /lib is a link."""
    (machine.root / 'usr/lib').mkdir(parents=True)
    if merged:
        (machine.root / 'lib').symlink_to('usr/lib')
    machine.write('lib/systemd/system/ceilometer-polling.service')
    program('dpkg', f'[ "$1 $2" = "--root={machine.root} -S" ] || exit 2\n'
            '[ "$3" = /lib/systemd/system/ceilometer-polling.service ] '
            '|| exit 1\necho "ceilometer-polling: $3"')
    assert '(package ceilometer-polling): use --drop-ins' in machine.refused(
        '--units', '--prefix=/usr')


def test_owner_is_asked_of_rpm(
        machine: System,
        program: collections.abc.Callable[[str, str], None]) -> None:
    """Where dpkg is not there, or does not know."""
    machine.write(CATALOG)
    program('rpm', 'echo openstack-ceilometer-common')
    assert (f'/{CATALOG} (package openstack-ceilometer-common) is there '
            'already, and is not of this command') in machine.refused()


def _text(path: pathlib.Path) -> None:
    path.write_text('theirs')


def _link(path: pathlib.Path) -> None:
    path.symlink_to('/dev/null')


@pytest.mark.parametrize('make', [_text, _link, pathlib.Path.mkdir])
@pytest.mark.parametrize('name', [CATALOG, *DROP_INS])
def test_file_of_somebody_else_is_not_overwritten(
        machine: System, name: str,
        make: collections.abc.Callable[[pathlib.Path], None]) -> None:
    """A link to /dev/null is an administrator's wish as well."""
    path = machine.root / name
    path.parent.mkdir(parents=True)
    make(path)
    assert f'nothing was written: /{name} is there' in machine.refused(
        '--drop-ins')


def test_same_file_of_somebody_else_stays_theirs(machine: System) -> None:
    """As that of our own package is: it is not removed either."""
    machine.done()
    data = (machine.root / CATALOG).read_text()
    machine.done('--uninstall')
    path = machine.write(CATALOG, data)
    assert machine.did(machine.done())[CATALOG] == 'unchanged'
    machine.done('--uninstall')
    assert path.read_text() == data
    assert machine.files() == {CATALOG}


@pytest.mark.parametrize('what', ['--units', '--drop-ins'])
def test_uninstall_leaves_nothing(machine: System, what: str) -> None:
    """Not even a directory that was not there before."""
    machine.write('usr/local/share/man/man1/other.1')
    before = machine.tree()
    machine.done(what)
    told = machine.done('--uninstall')
    assert told['what'] == what[2:]
    assert set(machine.did(told).values()) == {'removed'}
    assert machine.tree() == before
    assert 'nothing is installed' in machine.refused('--uninstall')


def test_uninstall_keeps_what_was_changed_since(machine: System) -> None:
    """And says so, and what somebody has put beside it."""
    machine.done('--units')
    changed = f'{UNITS}/ceilometer-polling.service'
    beside = f'{UNITS}/ceilometer-.service.d/mine.conf'
    machine.write(changed)
    machine.write(beside)
    (machine.root / CATALOG).unlink()
    code, out, _ = machine.run('--uninstall')
    assert code == 0
    assert f'  kept       /{changed}: it has been changed since\n' in out
    assert CATALOG not in out
    assert machine.files() == {changed, beside}


@pytest.mark.parametrize('name', [
    'multi-user.target.wants/ceilometer-polling.service',
    'openstack-ceilometer-polling.service'])
def test_unit_that_is_enabled_is_not_removed(
        machine: System, name: str) -> None:
    """Its links would lead nowhere; and they are no units of others."""
    machine.done('--units')
    link = machine.root / 'etc/systemd/system' / name
    link.parent.mkdir(parents=True)
    link.symlink_to(f'/{UNITS}/ceilometer-polling.service')
    for arguments in (['--uninstall'], ['--drop-ins']):
        assert ('run "systemctl disable --now ceilometer-polling.service" '
                'first') in machine.refused(*arguments)
    assert machine.done('--units')['what'] == 'units'
    link.unlink()
    machine.done('--uninstall')


def upgraded(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Have this package be a later one, with other files."""
    later = tmp_path / 'later'
    for path in shipped.DIRECTORY.rglob('*'):
        if path.is_file():
            at = later / path.relative_to(shipped.DIRECTORY)
            at.parent.mkdir(parents=True, exist_ok=True)
            at.write_text(path.read_text() + '# later\n')
    (later / 'units/ceilometer-agent-ipmi.service').rename(
        later / 'units/ceilometer-renamed.service')
    monkeypatch.setattr(shipped, 'DIRECTORY', later)


def test_upgrade_replaces_what_is_as_it_was_written(
        machine: System, monkeypatch: pytest.MonkeyPatch,
        tmp_path: pathlib.Path) -> None:
    """And removes what is no longer wanted."""
    machine.done('--units')
    upgraded(monkeypatch, tmp_path)
    told = machine.done()
    assert (told['what'], told['why']) == (
        'units', 'as they were installed before')
    did = machine.did(told)
    assert did.pop(f'{UNITS}/ceilometer-renamed.service') == 'installed'
    assert did.pop(f'{UNITS}/ceilometer-agent-ipmi.service') == 'removed'
    assert set(did.values()) == {'replaced'}
    assert (machine.root / CATALOG).read_text().endswith('# later\n')
    machine.done('--uninstall')
    assert machine.tree() == {}


def test_upgrade_does_not_replace_what_was_changed(
        machine: System, monkeypatch: pytest.MonkeyPatch,
        tmp_path: pathlib.Path) -> None:
    """The administrator's change would be lost."""
    machine.done()
    machine.write(CATALOG)
    upgraded(monkeypatch, tmp_path)
    assert f'/{CATALOG} has been changed since it was installed' in (
        machine.refused())


def test_dry_run_changes_nothing(machine: System) -> None:
    """It says the same."""
    told = machine.done('--dry-run')
    assert machine.tree() == {}
    assert machine.done() == told
    before = machine.tree()
    told = machine.done('--dry-run', '--uninstall')
    assert machine.tree() == before
    assert machine.done('--uninstall') == told


def test_units_give_way_to_drop_ins(machine: System) -> None:
    """If that is asked for."""
    machine.done('--units')
    told = machine.done('--drop-ins')
    assert {path for path in machine.files() if UNITS in path} == set(
        DROP_INS)
    assert f'{UNITS}/ceilometer.target' in machine.did(told)
    machine.done('--uninstall')
    assert machine.tree() == {}


@pytest.mark.parametrize('written', [1, 4, 9])
@pytest.mark.parametrize('before', [True, False])
def test_failure_leaves_all_as_it_was(
        machine: System, monkeypatch: pytest.MonkeyPatch,
        tmp_path: pathlib.Path, before: bool, written: int) -> None:
    """Whatever was already in its place."""
    if before:
        machine.done('--units')
        upgraded(monkeypatch, tmp_path)
    replace = os.replace
    left = [written]

    def full(source: str, target: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, 'No space left on device', str(target))
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, 'replace', full)
        assert 'No space left on device' in machine.refused('--units')
    machine.done('--units')
    machine.done('--uninstall')
    assert machine.tree() == {}


def test_what_was_interrupted_can_be_done_again(
        machine: System, monkeypatch: pytest.MonkeyPatch,
        tmp_path: pathlib.Path) -> None:
    """A process that is killed takes nothing back."""
    machine.done('--units')
    upgraded(monkeypatch, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(changes._Changes, 'undo', lambda self: None)
        patched.setattr(changes._Changes, 'remove', _killed)
        assert machine.run('--units')[0] == 1
    assert (machine.root / CATALOG).read_text().endswith('# later\n')
    assert set(machine.did(machine.done()).values()) == {
        'unchanged', 'removed'}
    machine.done('--uninstall')
    assert machine.tree() == {}


def _killed(self: object, name: str) -> None:
    raise OSError(5, 'killed')


def test_without_record_nothing_is_ours(machine: System) -> None:
    """For a package, whose manager removes its files."""
    told = machine.done('--no-record', '--units', '--prefix=/usr')
    assert told['next'] == []
    assert RECORD not in machine.files()
    assert f'{UNITS.replace("/local", "")}/ceilometer-polling.service' in (
        machine.files())


@pytest.mark.parametrize('text', ['', '{', '[]', '{"version": 1}',
                                  '{"version": 1, "what": "units", "files": '
                                  '{"x": []}}'])
def test_damaged_record_is_named(machine: System, text: str) -> None:
    """And nothing is done by it."""
    machine.write(RECORD, text)
    for arguments in ([], ['--uninstall']):
        assert f'{machine.root}/{RECORD} is damaged' in machine.refused(
            *arguments)


def test_record_of_a_later_version_is_not_understood(machine: System) -> None:
    """It is not thrown away."""
    machine.write(RECORD, '{"version": 2}')
    assert 'later version' in machine.refused()


@pytest.mark.parametrize('arguments', [
    ['--units', '--drop-ins'], ['--uninstall', '--units'],
    ['--uninstall', '--drop-ins'], ['--uninstall', '--no-record'],
    ['--prefix=usr'], ['--prefix=/usr/../etc'], ['--prefix='], ['word']])
def test_command_line_that_makes_no_sense(
        machine: System, arguments: list[str]) -> None:
    """One line says why."""
    code, out, err = machine.run(*arguments)
    assert (code, out, err.count('\n')) == (2, '', 1)
    assert machine.tree() == {}


@pytest.mark.parametrize('root', ['', '/nonexistent', '/dev/null'])
def test_root_that_is_no_directory(
        root: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named."""
    assert cli.main(['install-system', f'--root={root}']) == 1
    assert f"--root: '{root}' is no directory" in capsys.readouterr().err


def exec_start(machine: System, name: str) -> str:
    """How a unit that was installed starts its daemon."""
    text = (machine.root / UNITS / f'{name}.service').read_text()
    line, = (line for line in text.splitlines()
             if line.startswith('ExecStart='))
    return line


def test_unit_starts_the_program_of_the_prefix(machine: System) -> None:
    """As a package has it."""
    machine.done()
    assert exec_start(machine, 'ceilometer-agent-central').endswith(
        ' /usr/local/bin/ceilometer-polling --polling-namespaces central')
    assert exec_start(machine, 'ceilometer-agent-notification').endswith(
        ' /usr/local/bin/ceilometer-agent-notification')
    assert exec_start(machine, 'ceilometer-upgrade') == (
        'ExecStart=/usr/local/bin/ceilometer-upgrade')
    assert 'Environment=PATH' not in (
        machine.root / UNITS / 'ceilometer-polling.service').read_text()


@pytest.mark.parametrize(('directory', 'program', 'path'), [
    ('/opt/ceilometer/bin', '/opt/ceilometer/bin/ceilometer-polling',
     'PATH=/opt/ceilometer/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:'
     '/usr/bin'),
    ('/opt/a b/100%/$x', '"/opt/a b/100%%/$$x/ceilometer-polling"',
     '"PATH=/opt/a b/100%%/$x:/usr/local/sbin:/usr/local/bin:/usr/sbin:'
     '/usr/bin"'),
    ('/usr/bin', '/usr/bin/ceilometer-polling', None)])
def test_unit_starts_the_program_beside_the_interpreter(
        machine: System, monkeypatch: pytest.MonkeyPatch, directory: str,
        program: str, path: str | None) -> None:
    """A virtual environment's; with what it starts itself in PATH."""
    machine.write(f'{directory[1:]}/ceilometer-polling')
    monkeypatch.setattr(sys, 'executable', f'{directory}/python3')
    machine.done()
    assert exec_start(machine, 'ceilometer-polling').endswith(f' {program}')
    lines = (machine.root / UNITS / 'ceilometer-polling.service'
             ).read_text().splitlines()
    assert [line for line in lines if 'PATH=' in line] == (
        [] if path is None else [f'Environment={path}'])


@pytest.mark.parametrize(('directory', 'home', 'temporary'), [
    ('/opt/ceilometer/bin', 'yes', 'yes'),
    ('/home/stack/venv/bin', 'read-only', 'yes'),
    ('/homes/stack/venv/bin', 'yes', 'yes'),
    ('/var/tmp/venv/bin', 'yes', 'no')])
def test_unit_does_not_hide_its_own_program(
        machine: System, monkeypatch: pytest.MonkeyPatch, directory: str,
        home: str, temporary: str) -> None:
    """Where the daemon is, the unit lets it look."""
    for name in ('polling', 'agent-notification', 'upgrade'):
        machine.write(f'{directory[1:]}/ceilometer-{name}')
    monkeypatch.setattr(sys, 'executable', f'{directory}/python3')
    machine.done()
    for name in ('polling', 'agent-ipmi', 'agent-notification', 'upgrade'):
        text = (machine.root / UNITS / f'ceilometer-{name}.service'
                ).read_text()
        assert f'\nProtectHome={home}\n' in text
        assert f'\nPrivateTmp={temporary}\n' in text


@pytest.mark.parametrize(('script', 'prefix', 'units'), [
    ('exit 1', '/usr', '/usr/lib/systemd/system'),
    ('echo', '/usr', '/usr/lib/systemd/system'),
    ('echo relative', '/usr', '/usr/lib/systemd/system'),
    ('echo /lib/systemd/system', '/usr', '/lib/systemd/system'),
    # a module that does not know of prefixes
    ('echo /lib/systemd/system', '/usr/local',
     '/usr/local/lib/systemd/system'),
    ('case $* in *=rootprefix=/usr/local*|*=prefix=/usr/local*) '
     'echo /usr/local/units ;; esac', '/usr/local', '/usr/local/units')])
def test_places_are_those_of_pkg_config(
        machine: System, script: str, prefix: str, units: str,
        program: collections.abc.Callable[[str, str], None]) -> None:
    """Where it says something that can be."""
    program('pkg-config', script)
    assert str(places.below(prefix).units) == units


def test_note_says_where_systemd_does_not_look(machine: System) -> None:
    """Files there are good for a package at most."""
    _, out, _ = machine.run('--prefix=/opt/x')
    assert 'systemd does not read /opt/x/lib/systemd/system.' in out


def test_links_do_not_lead_out_of_the_root(
        machine: System, tmp_path: pathlib.Path) -> None:
    """They mean what they mean in that system."""
    outside = tmp_path / 'outside'
    outside.mkdir()
    (machine.root / 'usr/local').mkdir(parents=True)
    (machine.root / 'usr/local/lib').symlink_to(outside)
    (machine.root / 'usr/local/share').symlink_to('../../../../../../shared')
    machine.done()
    assert list(outside.iterdir()) == []
    at = machine.root / str(outside)[1:]
    assert (at / 'systemd/system/ceilometer-polling.service').exists()
    assert (machine.root / 'shared/zsh').is_dir()


def test_links_in_a_circle(machine: System) -> None:
    """They are named."""
    (machine.root / 'usr').symlink_to('usr')
    assert 'Too many levels of symbolic links' in machine.refused('--units')


def test_path_is_named_as_the_system_has_it(tmp_path: pathlib.Path) -> None:
    """Whatever it is called here."""
    (tmp_path / 'usr/lib').mkdir(parents=True)
    (tmp_path / 'lib').symlink_to('usr/lib')
    at = inside_root.resolve(tmp_path, pathlib.PurePosixPath('/lib/./x/../y'))
    assert inside_root.named(tmp_path, at) == '/usr/lib/y'


#: Where each extra is, for an administrator and in a package.
EXTRAS = {
    'sysusers': ('etc/sysusers.d', 'usr/lib/sysusers.d',
                 'ceilometer-diagnostics.conf'),
    'tmpfiles': ('etc/tmpfiles.d', 'usr/lib/tmpfiles.d',
                 'ceilometer-diagnostics.conf'),
    'udev': ('etc/udev/rules.d', 'usr/lib/udev/rules.d',
             '60-ceilometer-ipmi.rules'),
    'polkit': ('etc/polkit-1/rules.d', 'usr/share/polkit-1/rules.d',
               '50-ceilometer-diagnostics.rules'),
}


def is_extra(path: str) -> bool:
    """Whether a file is one that is installed only if asked for."""
    return any(path.startswith(place) for places_of in EXTRAS.values()
               for place in places_of[:2]) or '/sos/' in path


def test_nobody_gets_permissions_unasked(machine: System) -> None:
    """No user, group, device or permission changes by itself."""
    machine.done('--units')
    assert machine.files()
    assert not [path for path in machine.files() if is_extra(path)]


@pytest.mark.parametrize('name', EXTRAS)
@pytest.mark.parametrize(('prefix', 'index'), [('/usr/local', 0),
                                               ('/usr', 1)])
def test_extra_is_where_its_program_looks(
        machine: System, name: str, prefix: str, index: int) -> None:
    """All versions look into /etc, and into /usr for what packages have."""
    machine.done('--with', name, '--prefix', prefix)
    assert {path for path in machine.files() if is_extra(path)} == {
        f'{EXTRAS[name][index]}/{EXTRAS[name][2]}'}


def test_places_of_extras_are_those_of_pkg_config(
        machine: System,
        program: collections.abc.Callable[[str, str], None]) -> None:
    """For a package."""
    program('pkg-config', 'case $* in '
            '"--variable=udevdir udev") echo /lib/udev ;; '
            '"--variable=sysusersdir systemd") echo /usr/users ;; esac')
    machine.done('--with=udev', '--with=sysusers', '--prefix=/usr')
    assert {path for path in machine.files() if path.startswith(
        ('lib/', 'usr/users'))} == {
            'lib/udev/rules.d/60-ceilometer-ipmi.rules',
            'usr/users/ceilometer-diagnostics.conf'}


def test_extras_stay_until_all_is_removed(
        machine: System, monkeypatch: pytest.MonkeyPatch,
        tmp_path: pathlib.Path) -> None:
    """What was asked for once is replaced by the next version, and removed."""
    path = 'etc/polkit-1/rules.d/50-ceilometer-diagnostics.rules'
    machine.done('--with=polkit')
    upgraded(monkeypatch, tmp_path)
    assert machine.did(machine.done())[path] == 'replaced'
    assert machine.did(machine.done('--with=sysusers'))[path] == 'unchanged'
    assert machine.did(machine.done('--uninstall'))[path] == 'removed'
    assert not [path for path in machine.files() if is_extra(path)]


def test_file_of_an_extra_of_somebody_else_is_not_overwritten(
        machine: System) -> None:
    """As all other files."""
    path = machine.write('etc/tmpfiles.d/ceilometer-diagnostics.conf')
    assert 'is not of this command' in machine.refused('--with=tmpfiles')
    assert path.read_text() == 'theirs\n'


def test_what_is_next_after_extras(machine: System) -> None:
    """Users first, because directories belong to them."""
    assert machine.done('--with=udev', '--with=tmpfiles',
                        '--with=sysusers')['next'][:5] == [
        'systemd-sysusers ceilometer-diagnostics.conf',
        'systemd-tmpfiles --create ceilometer-diagnostics.conf',
        'udevadm trigger --subsystem-match=ipmi',
        'systemctl daemon-reload', 'journalctl --update-catalog']


def test_plugin_is_where_sos_is(machine: System) -> None:
    """sos reads plugins from its own directory only."""
    assert 'install sos first' in machine.refused('--with=sos')
    directory = 'usr/lib/python3/dist-packages/sos/report/plugins'
    machine.write(f'{directory}/__init__.py')
    machine.done('--with=sos')
    path = machine.root / directory / 'ceilometer_diagnostics.py'
    compile(path.read_text(), str(path), 'exec')


@pytest.mark.parametrize('arguments', [
    ['--with=everything'], ['--uninstall', '--with=udev'], ['--with']])
def test_extras_that_cannot_be(machine: System, arguments: list[str]) -> None:
    """The command line is wrong."""
    code, out, err = machine.run(*arguments)
    assert (code, out, err.count('\n')) == (2, '', 1)
