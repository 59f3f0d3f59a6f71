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

"""``ceilometer-diagnostics install-system``: what the system itself reads.

pip installs nothing that systemd or a shell reads by itself. This verb puts
the units, or drop-ins for the units that are there, the journal's catalog,
completions of shells and manual pages in their places, and takes them away.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import pwd
import shlex
import shutil
import sys
from typing import Any
from typing import NamedTuple

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.installing import changes
from ceilometer.diagnostics.command.installing import extras
from ceilometer.diagnostics.command.installing import inside_root
from ceilometer.diagnostics.command.installing import places
from ceilometer.diagnostics.command.installing import plan as plans
from ceilometer.diagnostics.command.installing import record
from ceilometer.diagnostics.command.installing import shipped
from ceilometer.diagnostics.command.installing import theirs
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics import escape

INSTALLED = 'installed'
REPLACED = 'replaced'
UNCHANGED = 'unchanged'
REMOVED = 'removed'
KEPT = 'kept'

USER = 'ceilometer'
_MAKE_USER = ("systemd-sysusers --inline 'u ceilometer - "
              '"OpenStack Ceilometer" /var/lib/ceilometer\'')
_RELOAD = ('systemctl daemon-reload', 'journalctl --update-catalog')
_NAMES_MAX = 3


class Done(NamedTuple):
    """What the verb did.

    :ivar what: ``units`` or ``drop-ins``
    :ivar why: why these, in a few words
    :ivar files: what was done to each file: its path, and one of the words
        above
    :ivar notes: what else the operator should know
    :ivar next: commands to run next
    """

    what: str
    why: str
    files: list[tuple[str, str]]
    notes: list[str]
    next: list[str]


def parser() -> command_line.Parser:
    """The parser of this verb's command line."""
    made = command_line.Parser(
        'install-system', 'Install what systemd, journald, shells and man '
        'read: units of Ceilometer, or drop-ins for the units that are there '
        'already; the message catalog, completions and manual pages. No file '
        'that is not of this command is overwritten or removed.', [
            ('', 'drop-ins if units of Ceilometer are there, units if not'),
            ('--with sysusers --with polkit', 'also users and permissions'),
            ('--dry-run', 'only say what would be done'),
            ('--uninstall', 'remove what was installed'),
            ('--root /mnt --prefix /usr --units --no-record',
             'for a package or an image'),
        ])
    made.add_argument('--units', action='store_true',
                      help='install units; refused if others are there')
    made.add_argument('--drop-ins', action='store_true',
                      help='install drop-ins for the units of others')
    made.add_argument('--with', metavar='WHAT', dest='extras',
                      action='append', default=[], choices=list(extras.EXTRAS),
                      help='also install WHAT; can be repeated: ' + '; '.join(
                          f'{name} ({extra.meaning})'
                          for name, extra in extras.EXTRAS.items()))
    made.add_argument('--root', metavar='DIR',
                      help='install into the system that is mounted at DIR')
    made.add_argument('--prefix', metavar='DIR', type=_prefix,
                      default=places.DEFAULT_PREFIX,
                      help='install below DIR (default: '
                      f'{places.DEFAULT_PREFIX}; packages: /usr)')
    made.add_argument('--dry-run', action='store_true',
                      help='change nothing, only say what would be done')
    made.add_argument('--no-record', action='store_true',
                      help='keep no record for --uninstall: the package '
                      'manager does')
    made.add_argument('--uninstall', action='store_true',
                      help='remove what was installed, and was not changed '
                      'since')
    command_line.add_output(made)
    return made


def _prefix(text: str) -> str:
    if not text.startswith('/') or '\n' in text or '..' in text.split('/'):
        raise argparse.ArgumentTypeError(
            f'{text!r}: expected the full path of a directory')
    return os.path.normpath(text).replace('//', '/')


def main(arguments: list[str]) -> int:
    """Run the verb; see :func:`cli.main`."""
    given = parser().parse(arguments)
    if given.units and given.drop_ins:
        raise command_line.UsageError('--units and --drop-ins exclude one '
                                      'another')
    if given.uninstall and (given.units or given.drop_ins or given.extras
                            or given.no_record):
        raise command_line.UsageError(
            '--uninstall removes all that was installed: it takes no --units, '
            '--drop-ins, --with or --no-record')
    if given.root is not None and not os.path.isdir(given.root):
        raise command_line.Failure(f'--root: {given.root!r} is no directory')
    root = pathlib.Path(given.root or '/').resolve()
    with destination.Output(given.output, pager=False) as out:
        done = (uninstall if given.uninstall else install)(root, given)
        if given.json == 'off':
            out.write(_text(done, root, given, out.style))
        else:
            out.write(destination.to_json(_data(done), given.json))
    return 0


def install(root: pathlib.Path, given: argparse.Namespace) -> Done:
    """Install, or say what would be done.

    :param root: the system's root directory
    :param given: the command line
    :raises command_line.Failure: a file of somebody else is in the way
    :raises OSError: a file cannot be written
    """
    before = None if given.no_record else record.load(root)
    others = theirs.units(root, before)
    what, why = _choice(given, before, others)
    if what == shipped.UNITS and (there := theirs.in_the_way(others)):
        raise command_line.Failure(
            'nothing was written: units of Ceilometer are there already: '
            f'{_some(theirs.described(root, path) for path in there)}: use '
            '--drop-ins')
    where = places.below(given.prefix)
    # what was asked for once is there to stay
    asked = {*given.extras, *(before.extras if before else ())}
    also = tuple(name for name in extras.EXTRAS if name in asked)
    plan = plans.to_install(
        root, shipped.files(what, root, given.prefix, where, also), before)
    if not given.dry_run:
        changes.apply(root, plan, before, what, not given.no_record, also)
    notes = []
    if where.units not in places.UNIT_PATH:
        notes.append(f'systemd does not read {where.units}.')
    if not shipped.has_manual():
        notes.append('There are no manual pages: this package was built '
                     'without Sphinx.')
    # a package has scripts of its own for what is to be run
    following = [] if given.no_record else [
        *extras.following(given.extras),
        *_next(root, what, plan, others, 'sysusers' in also)]
    return Done(what, why, _files(plan), notes, following)


def _choice(given: argparse.Namespace, before: record.Record | None,
            others: list[str]) -> tuple[str, str]:
    """Units or drop-ins, and why."""
    if given.units or given.drop_ins:
        return (shipped.UNITS if given.units else shipped.DROP_INS,
                'as the command line says')
    if before is not None:
        return before.what, 'as they were installed before'
    if others:
        return (shipped.DROP_INS, 'units of Ceilometer are there already: '
                f'{_some(others)}')
    return shipped.UNITS, 'no unit of Ceilometer is there yet'


def uninstall(root: pathlib.Path, given: argparse.Namespace) -> Done:
    """Remove what the record has, or say what would be removed.

    :param root: the system's root directory
    :param given: the command line
    :raises command_line.Failure: there is no record, or a unit is enabled
    :raises OSError: a file cannot be removed
    """
    before = record.load(root)
    if before is None:
        raise command_line.Failure(
            f'nothing is installed: there is no '
            f'{inside_root.resolve(root, record.PATH)}')
    plan = plans.to_uninstall(root, before)
    if not given.dry_run:
        changes.apply(root, plan, before, '')
    return Done(before.what, 'as the record says', _files(plan), [], [
        *_RELOAD, *_restart(theirs.units(root, before))])


def _files(plan: plans.Plan) -> list[tuple[str, str]]:
    found = [(path, INSTALLED) for path in plan.new]
    found += [(path, REPLACED) for path in plan.replaced]
    found += [(path, UNCHANGED) for path in plan.unchanged]
    found += [(path, REMOVED) for path in plan.removed]
    found += [(path, KEPT) for path in plan.kept]
    return found


def _next(root: pathlib.Path, what: str, plan: plans.Plan,
          others: list[str], makes_user: bool) -> list[str]:
    commands = list(_RELOAD)
    if what == shipped.DROP_INS:
        return [*commands, *_restart(others),
                f'{_own_program()} check']
    if not makes_user and not _has_user(root):
        commands.insert(0, _MAKE_USER)
    if plan.replaced:
        return [*commands, "systemctl try-restart 'ceilometer-*.service'"]
    return [*commands, 'systemctl enable --now ceilometer-polling '
            'ceilometer-agent-notification']


def _restart(units: list[str]) -> list[str]:
    # a template cannot be restarted
    names = sorted({os.path.basename(path).removesuffix('.service')
                    for path in units if '@' not in path})
    return [f'systemctl try-restart {" ".join(map(shlex.quote, names))}'
            ] if names else []


def _own_program() -> str:
    if shutil.which(command_line.PROGRAM):
        return command_line.PROGRAM
    return os.path.join(os.path.dirname(sys.executable), command_line.PROGRAM)


def _has_user(root: pathlib.Path) -> bool:
    if root == pathlib.Path('/'):
        try:
            pwd.getpwnam(USER)
        except KeyError:
            return False
        return True
    path = inside_root.resolve(root, pathlib.PurePosixPath('/etc/passwd'))
    try:
        lines = path.read_text(errors='replace').splitlines()
    except OSError:
        return False
    return any(line.startswith(f'{USER}:') for line in lines)


def _some(words: Any) -> str:
    """The first of many words."""
    found = list(words)
    rest = len(found) - _NAMES_MAX
    return ', '.join(found[:_NAMES_MAX]) + (
        f' and {rest} more' if rest > 0 else '')


def _data(done: Done) -> dict[str, Any]:
    return {'what': done.what, 'why': done.why,
            'files': [{'path': path, 'did': did} for path, did in done.files],
            'notes': done.notes, 'next': done.next}


def _text(done: Done, root: pathlib.Path, given: argparse.Namespace,
          style: destination.Style) -> str:
    paint = {INSTALLED: style.good, REPLACED: style.good,
             UNCHANGED: style.faint, REMOVED: style.odd, KEPT: style.bad}
    lines = [f'{done.what}: {escape.line(done.why)}'
             + (' (dry run: nothing is changed)' if given.dry_run else '')]
    for path, did in done.files:
        note = ': it has been changed since' if did == KEPT else ''
        lines.append(f'  {paint[did](f"{did:<9}")}  {escape.line(path)}{note}')
    if not given.quiet:
        lines += map(escape.line, done.notes)
    if done.next and not given.no_legend:
        where = '' if root == pathlib.Path('/') else ', in that system'
        lines.append(style.bold(f'Then run{where}:'))
        lines += [f'  {escape.line(command)}' for command in done.next]
    return '\n'.join(lines) + '\n'
