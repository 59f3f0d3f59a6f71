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

"""What shells offer is what the verbs' parsers take."""

from __future__ import annotations

from collections.abc import Iterator
import pathlib

import pytest

from ceilometer.diagnostics.command import verbs
from tests.unit import shells
from tools import completions


@pytest.fixture(scope='module', name='shell')
def _shell(tmp_path_factory: pytest.TempPathFactory,
           ) -> Iterator[shells.Shells]:
    """The shells that complete."""
    started = shells.Shells(tmp_path_factory.mktemp('shells'))
    yield started
    started.close()


def names(verb: str) -> set[str]:
    """The names of a verb's options, the long one where there is one."""
    return {action.option_strings[-1]
            for action in verbs.load(verb).parser().options.values()}


@pytest.mark.parametrize('path', completions.made(), ids=lambda path: str(
    path.relative_to(completions.COMPLETIONS)))
def test_files_are_those_that_the_parsers_make(path: pathlib.Path) -> None:
    """Packagers ship the files, and run nothing."""
    assert path.read_text() == completions.made()[path], (
        f'{path} is out of date; run: make completions')


def test_value_of_a_new_kind_is_refused(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Who adds one says how it is completed."""
    monkeypatch.delitem(completions.KINDS, 'TIME')
    with pytest.raises(completions.UnknownKind,
                       match=r'TIME, of -S/--since: .*completions\.py'):
        completions.made()


@pytest.mark.parametrize('verb', verbs.OF_COMMAND)
def test_bash_offers_every_option(verb: str, shell: shells.Shells) -> None:
    """And no other."""
    assert shell.bash(verb, '-') == names(verb)


@pytest.mark.parametrize('line', ['show ', 'show $', 'show --section '])
def test_what_others_have_written_is_not_run(
        line: str, shell: shells.Shells) -> None:
    """Anybody can write to the journal; root completes what is there."""
    assert shells.HOSTILE not in shell.bash(*line.split(' '))
    assert shells.HOSTILE not in shell.zsh(line)
    assert not (shell.directory / 'expanded').exists()


@pytest.mark.parametrize('line', ['show ', 'show --section '])
def test_what_others_have_written_is_no_option(
        line: str, shell: shells.Shells) -> None:
    """It would do what whoever completes an id does not want."""
    for offered in (shell.bash(*line.split(' ')), shell.zsh(line)):
        assert {shells.IDS[0], shells.SECTIONS[0]} & offered
        assert shells.HOSTILE_OPTION not in offered


@pytest.mark.parametrize('verb', verbs.OF_COMMAND)
def test_zsh_offers_every_option(verb: str, shell: shells.Shells) -> None:
    """And no other."""
    assert {name for name in shell.zsh(f'{verb} -')
            if name.startswith('--') or name == '-1'} == names(verb)


VERBS = {*(verb.name for verb in verbs.VERBS), *verbs.ALIASES}
UNITS = {*shells.UNITS, shells.OWN_UNIT, *shells.CONTAINERS}
MATCHES = {*UNITS, *shells.IDS}
DAEMONS = {'ceilometer-polling', 'ceilometer-agent-notification'}
FILES = {'bin', 'reports', 'reports.html'}
TIMES = {'now', 'today', 'yesterday'}
FORMATS = {'text', 'json', 'html', 'journal'}

#: What has been typed, and what is offered.
LINES = [
    ('', VERBS),
    ('st', {'stuck'}),
    ('--utc ', VERBS),
    ('-D reports ', VERBS),
    ('--output list ex', {'export'}),
    ('-b -1 ex', {'export'}),
    ('--section threads show --ch', {'--changed'}),
    ('--vers', {'--version'}),
    ('list --vers', set()),
    ('list ', MATCHES),
    ('list --utc ceilometer-p', {'ceilometer-polling'}),
    ('show ', MATCHES),
    ('info ', MATCHES),
    ('info --ch', {'--changed'}),
    ('list -u ', UNITS),
    ('export ', MATCHES),
    ('stuck 3ce', {shells.IDS[0]}),
    ('trigger ', UNITS),
    ('diff ', MATCHES),
    ('run ', DAEMONS),
    ('run --', {'--help'}),
    # what follows the name of a daemon is its own
    ('run ceilometer-polling --config-file rep', {'reports', 'reports.html'}),
    ('-D ', {'bin', 'reports'}),
    ('list --directory ', {'bin', 'reports'}),
    ('list --root ', {'bin', 'reports'}),
    ('install-system --prefix ', {'bin', 'reports'}),
    ('install-system --dr', {'--drop-ins', '--dry-run'}),
    ('ins', {'install-system'}),
    ('list --file ', FILES),
    ('export -o ', FILES),
    ('list -S ', TIMES),
    ('list --until yes', {'yesterday'}),
    ('list --json ', {'short', 'pretty', 'off', *MATCHES}),
    ('list --boot ', {'0', '-1', 'all', *MATCHES}),
    ('list -n ', set()),
    ('list --namespace ', set()),
    ('trigger --timeout ', set()),
    ('trigger --host con', {shells.HOST}),
    ('show --section ', set(shells.SECTIONS)),
    ('export --format ', FORMATS),
    ('export --format j', {'json', 'journal'}),
]

#: The same with a value behind "=".
EQUALS = [
    ('list --json=', {'short', 'pretty', 'off'}),
    ('list --json=s', {'short'}),
    ('list --boot=', {'0', '-1', 'all'}),
    ('list --since=', TIMES),
    ('list --directory=', {'bin', 'reports'}),
    ('show --section=q', {'queue-depth'}),
    ('export --format=', FORMATS),
    ('--format=json export --an', {'--anonymize'}),
]


@pytest.mark.parametrize(('line', 'offered'), LINES + EQUALS)
def test_bash_completes(line: str, offered: set[str],
                        shell: shells.Shells) -> None:
    """Verbs, options, and the values and words that they may take."""
    # bash parts words at "=", which makes a word of its own
    words = line.replace('=', ' = ').split(' ')
    if line.endswith('='):
        words.pop()
    assert shell.bash(*words) == offered


@pytest.mark.parametrize(('line', 'offered'), LINES + EQUALS)
def test_zsh_completes(line: str, offered: set[str],
                       shell: shells.Shells) -> None:
    """The same as bash."""
    assert {word.removesuffix('.service')
            for word in shell.zsh(line)} == offered
