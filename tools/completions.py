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

"""Makes the completions of shells from the parsers of the verbs.

``make completions`` writes them to ``system_files/completions`` in the
package, from where they are installed as they are. What is the same whatever
the verbs are stands in ``completions.bash.in`` and ``completions.zsh.in``;
each line ``@NAME@`` of those is replaced here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Iterator
import pathlib

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command import options_of_line
from ceilometer.diagnostics.command.reports import unit_patterns
from ceilometer.diagnostics.command import verbs

HERE = pathlib.Path(__file__).resolve().parent
COMPLETIONS = HERE.parent / 'ceilometer/diagnostics/system_files/completions'

#: How values and words are completed, by what the help calls them. A list of
#: values needs no line: ``a|b|c``, or the choices of the option. All else is
#: a list of words here, or one of _ZSH_ACTIONS.
KINDS = {
    '[ID][±N]': '0 -1 all',
    '[USER@]HOST[:PORT]': 'hosts',
    'DIR': 'directories',
    'FIELD': 'nothing',
    'FILE': 'files',
    'GLOB': 'files',
    'MATCH': 'matches',
    'METER': 'nothing',
    'N': 'nothing',
    'NAME': 'nothing',
    'SECONDS': 'nothing',
    'SECTION': 'sections',
    'TIME': 'now today yesterday',
    'UNIT': 'units',
}

#: What completes each kind in zsh; completions.bash.in has a case for each.
_ZSH_ACTIONS = {
    'directories': '_directories',
    'files': '_files',
    'hosts': '_hosts',
    'ids': '_ceilometer_diagnostics_ids',
    'matches': '_ceilometer_diagnostics_matches',
    'nothing': ' ',
    'sections': '_ceilometer_diagnostics_sections',
    'units': '_ceilometer_diagnostics_units',
}


class UnknownKind(Exception):
    """Nothing is known of how to complete a value; the message says which."""


def main() -> None:
    """Write both files."""
    for path, text in made().items():
        path.write_text(text)


def made() -> dict[pathlib.Path, str]:
    """The text of each file, by its path.

    :raises UnknownKind: a value or word of a verb is new to :data:`KINDS`
    """
    return {
        COMPLETIONS / 'bash/ceilometer-diagnostics': _fill(
            'bash', verbs=_bash_verbs, values=_bash_values,
            options=_bash_options, words=_bash_words, units=_units,
            containers=_containers),
        COMPLETIONS / 'zsh/_ceilometer-diagnostics': _fill(
            'zsh', verbs=_zsh_verbs, names=_zsh_names, values=_zsh_values,
            specs=_zsh_specs, units=_units, containers=_containers),
    }


def _fill(shell: str, **makers: Callable[[], Iterator[str]]) -> str:
    """A template with its lines ``@NAME@`` replaced, as deep as they are."""
    lines = []
    for line in (HERE / f'completions.{shell}.in').read_text().splitlines():
        name = line.strip().strip('@').lower()
        if line.strip() == f'@{name.upper()}@':
            deep = line[:len(line) - len(line.lstrip())]
            lines += [deep + made for made in makers[name]()]
        else:
            lines.append(line)
    return '\n'.join(lines) + '\n'


def _parsers() -> dict[str, command_line.Parser]:
    return {name: verbs.load(name).parser() for name in verbs.OF_COMMAND}


def _label(verb: str) -> str:
    """The case of a verb, by each of its names."""
    return '|'.join([verb, *(alias for alias, meant in verbs.ALIASES.items()
                             if meant == verb)])


def _names() -> list[str]:
    return [*(verb.name for verb in verbs.VERBS), *verbs.ALIASES]


def _options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if action.option_strings]


def _kind(action: argparse.Action) -> str:
    """How the value of an option is completed, or a word of a verb."""
    if action.choices is not None:
        return ' '.join(map(str, action.choices))
    called = str(action.metavar)
    if '|' in called:
        return called.replace('|', ' ')
    if called not in KINDS:
        raise UnknownKind(
            f'{called}, of {"/".join(action.option_strings) or "a verb"}: '
            'say in KINDS in tools/completions.py how to complete it')
    return KINDS[called]


def _value_options() -> dict[str, argparse.Action]:
    """The options of all verbs that have a value, by their first name."""
    return {action.option_strings[0]: action for parser in _parsers().values()
            for action in _options(parser) if action.nargs != 0}


def _words(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """What may follow a verb beside options; one kind of word, or none."""
    return [action for action in parser._actions
            if not action.option_strings][:1]


def _units() -> Iterator[str]:
    """The patterns of units that nobody has to name."""
    yield from map(_quoted, unit_patterns.UNITS)


def _containers() -> Iterator[str]:
    """The patterns of the names of containers that nobody has to name."""
    yield from map(_quoted, unit_patterns.CONTAINERS)


def _bash_verbs() -> Iterator[str]:
    yield f"local verbs='{' '.join(_names())}'"


def _bash_values() -> Iterator[str]:
    """A case for each option with a value, which says its kind."""
    for action in _value_options().values():
        names = action.option_strings
        long = [f'{name}=' for name in names if name.startswith('--')]
        if isinstance(action, options_of_line.OptionalValue):
            if action.apart is not None:
                yield f"{'|'.join(names)}) may='{_kind(action)}' ;;"
            names = []
        yield f"{'|'.join([*names, *long])}) kind='{_kind(action)}' ;;"


def _bash_options() -> Iterator[str]:
    for verb, parser in _parsers().items():
        # the long name, where there is one
        yield f'{_label(verb)})'
        yield from _wrapped("    words='", [
            action.option_strings[-1] for action in _options(parser)], "' ;;")


def _wrapped(start: str, words: list[str], end: str) -> Iterator[str]:
    line = start
    for word in words:
        if len(line) + len(word) > 60:
            yield line.rstrip()
            line = ' ' * 8
        line += f'{word} '
    yield line.rstrip() + end


def _bash_words() -> Iterator[str]:
    for verb, parser in _parsers().items():
        for action in _words(parser):
            yield f"{_label(verb)}) kind='{_kind(action)}' ;;"


def _zsh_verbs() -> Iterator[str]:
    for verb in verbs.VERBS:
        yield _quoted(f'{verb.name}:{verb.help}')
    for alias, meant in verbs.ALIASES.items():
        yield _quoted(f'{alias}:the same as {meant}')


def _zsh_values() -> Iterator[str]:
    """A case for each option whose value may be the word behind it."""
    for action in _value_options().values():
        if not isinstance(action, options_of_line.OptionalValue):
            yield f'({"|".join(action.option_strings)}) (( at++ )) ;;'


def _zsh_names() -> Iterator[str]:
    yield f'({"|".join(_names())})'


def _zsh_specs() -> Iterator[str]:
    """For each verb the arguments of _arguments."""
    for verb, parser in _parsers().items():
        yield f'{_label(verb)})'
        yield '    specs=('
        for action in _options(parser):
            yield '        ' + _zsh_option(parser, action)
        for action in _words(parser):
            yield '        ' + _quoted(f'*:{_zsh_value(action)}')
        yield '    ) ;;'


def _zsh_option(parser: argparse.ArgumentParser,
                action: argparse.Action) -> str:
    names = action.option_strings
    told = parser._get_formatter()._expand_help(action)
    for character in '\\[]':
        told = told.replace(character, f'\\{character}')
    behind = f'[{told}]'
    if action.nargs != 0:
        # the value may stand in the next word as well, and must be there
        marks, colons = ('+', '='), ':'
        if isinstance(action, options_of_line.OptionalValue):
            colons = '::'
            if action.apart is None:
                marks = ('-', '=-')
        names = [name + marks[name.startswith('--')] for name in names]
        behind += colons + _zsh_value(action)
    repeated = '*' if isinstance(action, argparse._AppendAction) else ''
    if len(names) == 1:
        return _quoted(repeated + names[0] + behind)
    # one name excludes the others
    before = repeated or f'({" ".join(action.option_strings)})'
    return _quoted(before) + f'{{{",".join(names)}}}' + _quoted(behind)


def _zsh_value(action: argparse.Action) -> str:
    """What a value or word is called, and what completes it."""
    kind = _kind(action)
    called = str(action.metavar or action.dest).replace(':', '\\:')
    return f'{called}:{_ZSH_ACTIONS.get(kind, f"({kind})")}'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


if __name__ == '__main__':
    main()
