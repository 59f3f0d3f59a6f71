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

"""The help, the manual and the parsers tell of the same verbs and options."""

from __future__ import annotations

import argparse
import pathlib
import re
import subprocess
import sys

import pytest

from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command import options_of_line
from ceilometer.diagnostics.command import verbs
from ceilometer.diagnostics import run

TREE = pathlib.Path(__file__).resolve().parents[2]
MANUAL = TREE / 'doc/source/cli/ceilometer-diagnostics.rst'
JSON = TREE / 'doc/source/reference/json.rst'


def chapter(name: str) -> str:
    """The text below a heading of the manual."""
    return re.split(r'^[A-Z][a-z ]+\n==+$', MANUAL.read_text().partition(
        f'\n{name}\n{"=" * len(name)}\n')[2], flags=re.MULTILINE)[0]


def plain(text: str) -> str:
    """Words without the marks that set them in bold or italics."""
    return re.sub(r'\\ |\*', '', text).replace(' ...', '...')


def documented_verbs() -> dict[str, tuple[str, set[str]]]:
    """What the manual has of each verb: its words, and its own options."""
    parts = re.split(r'^(\*\*.*)$', chapter('Verbs'), flags=re.MULTILINE)
    found = {}
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        name, _, words = plain(heading).partition(' ')
        found[name] = words, options_in(text)
    return found


def options_in(text: str) -> set[str]:
    """The options that a text explains, each as the help names it."""
    found = set()
    for line in re.findall(r'^ *(\*\*-.*)$', text, re.MULTILINE):
        names: list[str] = []
        for name, value in re.findall(
                r'(-[\w-]+)(?: ([^,]+))?', plain(line)):
            names.append(name)
            if value:
                found |= {f'{one} {value}' for one in names}
                names = []
        found |= set(names)
    return found


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """The options that a parser takes, each as the help names it."""
    return {name + (f' {value_of(action)}' if action.nargs != 0 else '')
            for action in parser._actions for name in action.option_strings}


def value_of(action: argparse.Action) -> str:
    """What the help calls the value of an option."""
    return str(action.metavar or action.dest.upper())


@pytest.mark.parametrize('verb', verbs.OF_COMMAND)
def test_manual_explains_every_option_of_a_verb(verb: str) -> None:
    """With all its names and its value; the verb's own at the verb."""
    shared = options_in(chapter('Options'))
    _, own = documented_verbs()[verb]
    parser = options_of(verbs.load(verb).parser())
    assert parser <= own | shared
    assert own <= parser
    assert not own & shared


def test_manual_explains_no_option_that_is_gone() -> None:
    """What stands among the shared options is an option of several verbs."""
    shared = options_in(chapter('Options'))
    assert '-n N' in shared and '--lines N' in shared
    known = [option for verb in verbs.OF_COMMAND
             for option in options_of(verbs.load(verb).parser())]
    assert all(known.count(option) > 1 for option in shared - {'--version'})


def test_manual_has_every_verb() -> None:
    """In the synopsis and below it, with the words that may follow."""
    synopsis = [plain(line).replace(' [OPTIONS]', '').replace('[list]', 'list')
                for line in re.findall(r'^\| (.*)$', chapter('Synopsis'),
                                       re.MULTILINE)]
    wanted = [plain(f'{verb.name} {verb.words}').rstrip()
              for verb in verbs.VERBS]
    assert synopsis == [f'ceilometer-diagnostics {one}' for one in wanted]
    assert [f'{name} {words}'.rstrip() for name, (words, _)
            in documented_verbs().items()] == wanted


def test_verbs_are_registered() -> None:
    """Each module of the command that has a parser is a verb's, once."""
    folder = pathlib.Path(verbs.__file__).parent
    modules = [path.stem for path in folder.glob('*.py')
               if re.search(r'^def parser\(', path.read_text(), re.MULTILINE)]
    assert sorted(modules) == sorted(
        verb.module for verb in verbs.VERBS if verb.module)
    assert len({verb.name for verb in verbs.VERBS}) == len(verbs.VERBS)


@pytest.mark.parametrize('verb', verbs.OF_COMMAND)
def test_reference_has_the_json_of_every_verb(verb: str) -> None:
    """A heading with its name, for each that takes --json."""
    headings = ' '.join(re.findall(r'^(.*)\n=+$', JSON.read_text(),
                                   re.MULTILINE)).split()
    if '--json' in verbs.load(verb).parser().options:
        assert verb in headings


@pytest.mark.parametrize('verb', verbs.VERBS, ids=lambda verb: verb.name)
def test_help_has_every_verb(verb: verbs.Verb,
                             capsys: pytest.CaptureFixture[str]) -> None:
    """What it takes and does; the words are those of its own help."""
    assert cli.main(['--help']) == 0
    help_of_all = capsys.readouterr().out
    assert re.search(rf'^  {re.escape(f"{verb.name} {verb.words}")}  +'
                     rf'{re.escape(verb.help)}$', help_of_all, re.MULTILINE)
    assert max(map(len, help_of_all.splitlines())) < 80
    if verb.module is None:
        own = run.USAGE
    else:
        parser = verbs.load(verb.name).parser()
        own = parser.format_help()
        assert set(re.findall('[A-Z]+', verb.words)) == {
            action.metavar for action in parser._actions
            if not action.option_strings}
    assert f'usage: ceilometer-diagnostics {verb.name} ' in own
    assert set(re.findall('[A-Z]+', verb.words)) <= set(
        re.findall('[A-Z]+', own.partition('\n\n')[0]))


def test_an_option_means_the_same_in_every_verb() -> None:
    """It may stand before the verb, so it may not depend on it."""
    known = verbs.options()
    for verb in verbs.OF_COMMAND:
        for name, action in verbs.load(verb).parser().options.items():
            assert (type(action), action.nargs, action.option_strings) == (
                type(known[name]), known[name].nargs,
                known[name].option_strings), name


def test_shared_options_are_found_without_the_verbs() -> None:
    """The command starts as fast if such options stand before the verb."""
    script = ('from ceilometer.diagnostics.command import cli\n'
              'words = ["-q", "-D", "/x", "--since=now", "--boot", "show"]\n'
              'print(cli.split_verb(words))\n'
              'import sys\nprint(*sys.modules)\n')
    done = subprocess.run([sys.executable, '-c', script], text=True,
                          capture_output=True, timeout=600, check=True)
    found, modules = done.stdout.splitlines()
    assert found.startswith("('show', ")
    assert not {f'ceilometer.diagnostics.command.{verb.module}'
                for verb in verbs.VERBS} & set(modules.split())


OPTIONS = [(verb, name) for verb in verbs.OF_COMMAND
           for name, action in verbs.load(verb).parser().options.items()]


@pytest.mark.parametrize(('verb', 'name'), OPTIONS)
def test_every_option_may_stand_before_the_verb(verb: str, name: str) -> None:
    """Its value is not taken for the verb, even if it is the name of one."""
    action = verbs.load(verb).parser().options[name]
    words = [name]
    if action.nargs != 0 and not isinstance(
            action, options_of_line.OptionalValue):
        words.append('show' if verb != 'show' else 'list')
    assert cli.split_verb([*words, verb, 'x']) == (verb, [*words, 'x'])
    # behind a flag, in one word
    if len(name) == 2:
        words[0] = f'-q{name[1]}'
        assert cli.split_verb([*words, verb, 'x']) == (verb, [*words, 'x'])
