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

"""All recognizers of secrets, one for each kind.

sos has its cleaner made so: one parser a kind, each alone, in one list. What a
recognizer finds is masked where it stands, and, in what the configuration or
the environment holds, known by its value from then on. Both ask :func:`find`,
so that there is nothing of which only one is true.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator
import functools
from urllib import parse

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics.secrets import announced_commands
from ceilometer.diagnostics.secrets import call_arguments
from ceilometer.diagnostics.secrets import changed_values
from ceilometer.diagnostics.secrets import decoded
from ceilometer.diagnostics.secrets import described_values
from ceilometer.diagnostics.secrets import directives
from ceilometer.diagnostics.secrets import elements
from ceilometer.diagnostics.secrets import fed_passwords
from ceilometer.diagnostics.secrets import frames
from ceilometer.diagnostics.secrets import hints
from ceilometer.diagnostics.secrets import http_credentials
from ceilometer.diagnostics.secrets import known_forms
from ceilometer.diagnostics.secrets import listed_values
from ceilometer.diagnostics.secrets import named_commands
from ceilometer.diagnostics.secrets import named_rows
from ceilometer.diagnostics.secrets import named_values
from ceilometer.diagnostics.secrets import ruled_columns
from ceilometer.diagnostics.secrets import sentences
from ceilometer.diagnostics.secrets import spaced_values
from ceilometer.diagnostics.secrets import spans
from ceilometer.diagnostics.secrets import tables
from ceilometer.diagnostics.secrets import url_credentials

#: By form and by place: also in what was made of masked data.
PLACES: tuple[spans.Recognizer, ...] = (
    known_forms.PRIVATE_KEYS,
    known_forms.TOKENS,
    url_credentials.URLS,
    url_credentials.BARE,
    http_credentials.HTTP_CREDENTIALS,
    frames.FRAMES,
)

#: By name: not in lines of a program, which are full of names.
NAMES: tuple[spans.Recognizer, ...] = (
    named_values.NAMED_VALUES,
    described_values.DESCRIBED_VALUES,
    elements.ELEMENTS,
    named_commands.NAMED_COMMANDS,
    announced_commands.ANNOUNCED_COMMANDS,
    call_arguments.CALL_ARGUMENTS,
    listed_values.LISTED_VALUES,
    tables.TABLES,
    ruled_columns.RULED_COLUMNS,
    named_rows.NAMED_ROWS,
    spaced_values.SPACED_VALUES,
    sentences.SENTENCES,
    changed_values.CHANGED_VALUES,
    directives.DIRECTIVES,
    fed_passwords.FED_PASSWORDS,
)

RECOGNIZERS = PLACES + NAMES

#: By form and by place in a text that is one word: all others need a space, a
#: quote, or one of the signs ``:@%+$``.
OF_WORDS: tuple[spans.Recognizer, ...] = (known_forms.TOKENS,)

# No name and its value stand in a text of these: a word, a path, the name that
# Python gives a thread, of which a token could only be that of its function.
# Of other scripts a sentence may be one.
_WORD = patterns.usual(
    r'[A-Za-z0-9_./-]*|Thread-\d{1,9} \((?P<function>[A-Za-z0-9_]+)\)')
_QUOTED = patterns.pattern(r"""["']([^"']+)["']""")
_SCHEME = patterns.pattern(r'(?i:basic|bearer|digest|negotiate|token)\s+(\S+)')

# What our own texts have where something was left out: no letter of a name.
_LEFT_OUT = '…'


def find(whole: str, names: bool = True,
         is_escaped: bool = True) -> Iterator[spans.Span]:
    """The secrets of a text that can be told from the text alone.

    :param whole: the text
    :param names: whether to look for them by name as well
    :param is_escaped: whether to read what is escaped in it as well
    """
    word = _WORD.fullmatch(whole)
    is_word = word is not None
    if word is not None and len(
            word['function'] or whole) < known_forms.TOKEN_CHARS_MIN:
        return
    # names in other scripts have no hints
    is_ascii = whole.isascii() or whole.replace(_LEFT_OUT, '').isascii()
    text = spans.Text(whole)
    for recognizer in _plan(is_word, names).promising(text, not is_ascii):
        # of a long text each takes its time
        pauses.pause()
        yield from recognizer.find(text)
    if is_escaped and ('%' in whole or '\\' in whole or '&' in whole) and (
            pieces := decoded.read(whole)) is not None:
        for start, end in find(pieces.text, names, False):
            if end > start:
                yield pieces.span(start, end)


@functools.cache
def _plan(is_word: bool, names: bool) -> hints.Plan:
    return hints.Plan(OF_WORDS if is_word else RECOGNIZERS if names
                      else PLACES)


def values(whole: str) -> Iterator[str]:
    """The secrets of a text by value, to be known wherever they turn up.

    :param whole: what an option, a variable or an argument holds
    """
    for start, end in spans.join(find(whole)):
        yield from forms(whole[start:end])
    if '://' in whole:
        yield from url_credentials.passwords(whole)


def forms(secret: str) -> Iterator[str]:
    """What a secret may be where it stands without quotes and brackets.

    :param secret: as it was found
    """
    for form in (secret, secret.strip(), secret.strip('\'"'),
                 secret.rstrip(',;)]}>'),
                 *(_QUOTED.findall(secret) if '"' in secret or "'" in secret
                   else ()),
                 *(_SCHEME.findall(secret) if len(secret.split()) > 1
                   else ())):
        if form:
            yield form
            if '%' in form:
                yield parse.unquote(form)
