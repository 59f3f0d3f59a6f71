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

"""Recognizes the secrets in command lines of known programs in a text.

In a text a command line has no marked beginning. So only what is known of a
program is looked for behind its name: the options and the verbs that a secret
follows. What a sentence says of a program is left as it is, ``vault kv put
failed``.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator
import functools
import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import command_lines
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import programs
from ceilometer.diagnostics.secrets import spans
from ceilometer.diagnostics.secrets import value_ends

_SECRETIVE = {name: known for name, known in programs.PROGRAMS.items()
              if known.secret or known.long or known.behind or known.last
              or known.values or known.in_text or known.slashed}
# What may be a program's name. All of them in one expression would take longer
# to compile than most texts to mask.
_NAME = patterns.usual(r'[\w.-]+')
_BETWEEN = r"""[\s"',]{1,6}"""
# Options may stand before an argument: openssl passwd -6 -salt x S
_OPTIONS = (r"""(?:--?(?:salt|type)[\s"',]{1,6}[^\s"',-]{1,40}[\s"',]{1,6}"""
            r"""|-[\w=/.-]{1,40}[\s"',]{1,6}){0,4}""")
_ASSIGNED = patterns.pattern(r"""["']?[\w./-]{1,100}=""")
# What may follow a program's name, and the arguments of a list.
_BEHIND_NAME = (' ', '\t', '"', "'")
#: So many arguments of a command line may be called like a program.
NAMES_MAX = 5
# What stands before a program, and not before an argument.
_COMMAND = patterns.pattern(
    r"""(?:[;|&({`\n\[:][ ]{0,9}["']?|-c[ ]{0,9}["']|[ ]--[ ]{1,9}
    |\b(?:sudo|exec|env|then|do|time|and|or|nohup|command)[ ]{1,9})\Z""",
    re.VERBOSE)
_ITEM = patterns.pattern(r"""[^\s"',\[\]]+""")
_IN_LIST = patterns.pattern(r"""["'],\s*[bu]?["']""")


def _find(text: spans.Text) -> Iterator[spans.Span]:
    """The secrets in command lines of known programs in a text."""
    at = 0
    for _, stop in text.windows():
        while at < stop:
            found = _program(text.lower, at, stop)
            if found is None:
                break
            at = found.end()
            yield from _options(text, _SECRETIVE[found[0]], at)
        at = max(at, stop)


def _program(lower: str, at: int, stop: int) -> re.Match[str] | None:
    """The name of the next known program."""
    for found in _NAME.finditer(lower, at, stop):
        if found[0] in _SECRETIVE and not lower.startswith('://', found.end()):
            return found
    return None


def _options(text: spans.Text, known: programs.Program,
             at: int) -> Iterator[spans.Span]:
    whole = text.whole
    end = _end(text, at)
    rest = whole[at:end]
    if any(verb.split()[0] in rest for verb in known.behind + known.last):
        for verb in _behind_verbs(known).finditer(whole, at, end):
            if not looks.is_complaint(whole, verb.end()):
                yield _argument(whole, verb.end(), end)
    if known.values:
        yield from _values(whole, known, at, end)
    if known.in_text:
        yield from _words(whole, known, at, end)
    if known.verb and not re.search(rf'\b{known.verb}\b', rest):
        return
    if '-' not in rest and '/' not in rest:
        return
    option = _option(known)
    while (found := option.search(whole, at, end)) is not None:
        at = start = found.end()
        joined = whole[at:at + 1] not in ('', ' ', '\t', '\n', '"', "'", '\\')
        if not joined:
            if found['short'] and found['short'] in known.joined and (
                    whole[at:at + 1] not in ('"', "'")
                    or whole[at + 1:at + 2] in ('', ' ', ',', ']')):
                continue
            listed = _IN_LIST.match(whole, at)
            start = (listed.end() - 1 if listed
                     else value_ends.skip_space(whole, at))
        first, last = _argument(whole, start, end)
        at = max(at, last)
        if not whole.startswith('--', first):
            yield first, last


def _values(whole: str, known: programs.Program, at: int,
            end: int) -> Iterator[spans.Span]:
    """All that stands behind a verb and what it is done to."""
    verb = _value_verbs(known).search(whole, at, end)
    if verb is None:
        return
    last = verb.end()
    for argument in _tokens(whole, at).finditer(whole, last, end):
        gap = whole[last:argument.start()]
        if '\n' in gap and '\\' not in gap:
            return
        last = argument.end()
        if argument[0][0] in command_lines.OPERATORS or (
                looks.is_complaint(argument[0])):
            return
        if argument[0].startswith(('-', '\\')):
            continue
        assigned = _ASSIGNED.match(whole, *argument.span())
        start = assigned.end() if assigned else argument.start()
        yield value_ends.token(whole, start)


def _tokens(whole: str, at: int) -> re.Pattern[str]:
    """How arguments are told: ``a b``, or ``'a', 'b'``."""
    return (_ITEM if whole[at:at + 1] in ('"', "'")
            else command_lines.ARGUMENT)


def _words(whole: str, known: programs.Program, at: int,
           end: int) -> Iterator[spans.Span]:
    """The arguments that are no options, from the first that is secret."""
    # another character is no command line: mkpasswd: failed
    if known.hidden_from is None or whole[at:at + 1] not in _BEHIND_NAME:
        return
    count = 0
    flags = ''
    skip = False
    for token in _tokens(whole, at).finditer(whole, at, end):
        argument = token[0]
        if argument[0] in command_lines.OPERATORS or '\n' in whole[
                at:token.start()] or looks.is_complaint(argument):
            return
        if skip:
            skip = False
        elif argument[0] == '-':
            letters = argument[1:] if argument[1:2] != '-' else ''
            flags += letters
            skip = len(letters) == 1 and letters in (
                known.shown + known.secret)
        else:
            count += 1
            fewer = bool(known.fewer) and known.fewer in flags
            if count > known.hidden_from - fewer and known.needs in flags:
                yield _argument(whole, token.start(), end)
        at = token.end()


def _end(text: spans.Text, at: int) -> int:
    """Where a command line ends: with its line, or where another begins."""
    end = text.line_end(at)
    chars_max = command_lines.COMMAND_CHARS_MAX
    while end < len(text.whole) and end - at < chars_max and (
            text.whole[end - 1] in '\\,'):
        newline = text.whole.find('\n', end + 1, end + chars_max)
        end = len(text.whole) if newline < 0 else newline
    end = min(end, at + chars_max)
    begin = at
    for _ in range(NAMES_MAX):
        following = _program(text.lower, begin, end)
        if following is None:
            return end
        start = following.start()
        if _COMMAND.search(text.lower[max(at, start - 20):start]):
            return start
        # an argument is called like a program: add_user openstack S
        begin = following.end()
    return start


@functools.cache
def _behind_verbs(known: programs.Program) -> re.Pattern[str]:
    behind, last = map(_alternatives, (known.behind, known.last))
    return re.compile(
        rf"""(?<=[\s"'])(?:(?:{behind}){_BETWEEN}{_OPTIONS}"""
        rf"""|(?:{last}){_BETWEEN}{_OPTIONS}[^\s"',:]{{1,200}}{_BETWEEN})"""
        r"""(?=[^\s"',-])""")


@functools.cache
def _value_verbs(known: programs.Program) -> re.Pattern[str]:
    return re.compile(
        rf"""(?<=[\s"'])(?:{_alternatives(known.values)}){_BETWEEN}"""
        rf"""{_OPTIONS}[^\s"',:]{{1,200}}{_BETWEEN}""")


def _alternatives(verbs: tuple[str, ...]) -> str:
    return '|'.join(
        _BETWEEN.join(map(re.escape, verb.split())) for verb in sorted(
            verbs, key=len, reverse=True)) or '(?!)'


@functools.cache
def _option(known: programs.Program) -> re.Pattern[str]:
    flags = f'[{re.escape(known.flags)}]{{0,10}}' if known.flags else ''
    long = '|'.join((*map(re.escape, known.long), '(?!)'))
    short = re.escape(known.secret) or '~'
    slashed = '|'.join((*map(re.escape, known.slashed), '(?!)'))
    return re.compile(
        rf"""(?<=[\s"'])(?:-(?:-?(?:{long})(?:=|(?=[\s"']))"""
        rf'|{flags}(?P<short>[{short}]))|/(?:{slashed}):)')


def _argument(whole: str, start: int, end: int) -> spans.Span:
    first, last = value_ends.token(whole, start)
    # a quote that was opened before the option: sh -c "mysql -pS"
    if whole[start:start + 1] not in ('"', "'"):
        for quote in '"\'':
            stop = whole.find(quote, first, last)
            if stop >= 0:
                last = stop
    user = command_lines.USER.match(whole, first, last)
    if user is not None:
        first = user.end()
    return first, last


# Of these only options are secret.
_OF_OPTIONS = tuple(
    name for name, known in _SECRETIVE.items()
    if not (known.behind or known.last or known.values or known.in_text
            or known.slashed))
NAMED_COMMANDS = spans.Recognizer(
    'options of known programs',
    tuple(name for name in _SECRETIVE if name not in _OF_OPTIONS), _find,
    dashed=_OF_OPTIONS)
