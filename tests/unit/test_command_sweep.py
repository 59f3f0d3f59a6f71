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

"""Every verb, every option, and values that nobody means."""

from __future__ import annotations

import pytest

from ceilometer.diagnostics.command import verbs
from tests.unit import commands

pytestmark = pytest.mark.any_python

#: What no shell refuses to pass on; the last is what Python makes of a byte
#: that is no UTF-8.
HOSTILE = ['', ' ', '-', '--', '---', '-1', '--help=x', '=', 'A=', 'A=\udcff',
           '_=', '=A', '\udcff', 'x' * 5000, '1' * 5000, '9' * 9,
           '-' + '9' * 30, '@nan', '@1e999', '-1e99y', '0001-01-01',
           '9999-12-31 23:59:59', '/', '/dev/null', '..', '*', '[', '[!]',
           '?' * 255, '\n', '\x1b[2J', '%s', '{}', '$(x)', '\u202e', '٣',
           'a' * 32, 'f' * 32 + '+1', '+NAME', '+', 'json', 'list']

OPTIONS = [(verb, name) for verb in verbs.OF_COMMAND
           for name in verbs.load(verb).parser().options
           # asks for its help
           if name not in ('-h', '--help')]


def check(command: commands.Command, *arguments: str) -> None:
    """It ends as it should, and says why in one line."""
    code, out, err = command(*arguments)
    assert code in (0, 1, 2), arguments
    assert 'Traceback' not in out + err, arguments
    if code == 2:
        assert (out, err.count('\n')) == ('', 1), arguments
        assert err.startswith('ceilometer-diagnostics: '), arguments
    assert not set(err) & set('\x1b\u202e\udcff'), arguments


@pytest.fixture
def nowhere(command: commands.Command,
            monkeypatch: pytest.MonkeyPatch) -> commands.Command:
    """The command, which finds no other program, and writes here."""
    monkeypatch.setenv('PATH', str(command.directory))
    monkeypatch.chdir(command.directory)
    return command


@pytest.mark.parametrize(('verb', 'name'), OPTIONS)
def test_hostile_value_of_an_option(nowhere: commands.Command, verb: str,
                                    name: str) -> None:
    """In the next word, in the same one, and before the verb."""
    for value in HOSTILE:
        joined = name + '=' * name.startswith('--') + value
        for arguments in ([verb, name, value], [verb, joined],
                          [joined, verb]):
            if verb == 'trigger':
                # it reads no journal before it has asked systemctl
                arguments.append('--timeout=1')
            check(nowhere, *arguments)


@pytest.mark.parametrize('verb', verbs.OF_COMMAND)
def test_hostile_words(nowhere: commands.Command, verb: str) -> None:
    """As a match, or unit, and instead of the verb."""
    for value in HOSTILE:
        check(nowhere, verb, value)
        check(nowhere, verb, '--', value)
        check(nowhere, verb, '-q', value, value)
        check(nowhere, value)
        check(nowhere, value, verb)
