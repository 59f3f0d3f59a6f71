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

"""The manual and the completions know every option that the verbs have."""

from __future__ import annotations

import importlib
import pathlib
import re
import subprocess

import pytest

from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command import command_line

TREE = pathlib.Path(__file__).resolve().parents[2]
MANUAL = TREE / 'doc/source/cli/ceilometer-diagnostics.rst'
BASH = TREE / 'etc/completions/bash/ceilometer-diagnostics'
ZSH = TREE / 'etc/completions/zsh/_ceilometer-diagnostics'


def parser(verb: str) -> command_line.Parser:
    """The parser of a verb."""
    module = importlib.import_module(
        f'ceilometer.diagnostics.command.{cli.VERBS[verb]}')
    made: command_line.Parser = module.parser()
    return made


def option_names(verb: str) -> set[str]:
    """The long options of a verb."""
    return {name for action in parser(verb)._actions
            for name in action.option_strings if name.startswith('--')}


def test_manual_has_every_option() -> None:
    """And no other."""
    text = MANUAL.read_text()
    documented = set(re.findall(r'\*\*(--[a-z-]+)\*\*', text))
    known = set().union(*map(option_names, cli.VERBS)) | {'--version'}
    assert documented == known
    assert all(f'**{verb}**' in text for verb in [*cli.VERBS, 'run'])


def test_every_option_with_a_value_is_known_to_the_search_for_the_verb(
) -> None:
    """The verb may stand behind options and their values."""
    for verb in cli.VERBS:
        for action in parser(verb)._actions:
            if action.nargs == 0 or not action.option_strings:
                continue
            for name in action.option_strings:
                if name in ('-b', '--boot', '--json'):
                    continue
                assert name in command_line.LONG_WITH_VALUE or (
                    command_line.SHORT_WITH_VALUE.fullmatch(name)), name


def complete_in_bash(*words: str) -> set[str]:
    """What bash offers for the last word."""
    script = (f'source {BASH}\ncompopt() {{ :; }}\n'
              'COMP_WORDS=("$@")\nCOMP_CWORD=$(($# - 1))\n'
              '_ceilometer_diagnostics\nprintf "%s\\n" "${COMPREPLY[@]}"\n')
    done = subprocess.run(
        ['bash', '-c', script, 'bash', 'ceilometer-diagnostics', *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, '')
    return set(done.stdout.split())


@pytest.mark.parametrize('verb', cli.VERBS)
def test_bash_knows_every_option(verb: str) -> None:
    """And no other; of list, also what stands for the command itself."""
    offered = {word for word in complete_in_bash(verb, '-')
               if word.startswith('--')}
    assert offered - {'--version'} == option_names(verb)


def test_bash_completes_words() -> None:
    """Verbs, and the values that an option may take."""
    assert complete_in_bash('') == {*cli.VERBS, 'run'}
    assert complete_in_bash('st') == {'stuck'}
    assert complete_in_bash('export', '--format', 'j') == {'json', 'journal'}
    assert complete_in_bash('-q', 'export', '--an') == {'--anonymize'}


def test_zsh_accepts_its_completion() -> None:
    """The file parses, and names every option."""
    subprocess.run(['zsh', '-n', str(ZSH)], check=True)


@pytest.mark.parametrize('verb', cli.VERBS)
def test_zsh_knows_every_option(verb: str) -> None:
    """Each option of a verb stands in the file."""
    text = ZSH.read_text()
    for name in option_names(verb):
        assert re.search(rf'{name}\b', text), name
