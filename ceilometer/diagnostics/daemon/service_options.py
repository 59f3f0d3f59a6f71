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

"""Reads the options of a service: values, defaults, and where each was set.

oslo.config offers values and locations, but no list of options and of which
are secret, nor a way to look at a value and leave no trace; :func:`read`
alone uses what it keeps to itself, as oslo.reports does too.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import glob
import operator
import os
from typing import Any

from oslo_config import cfg

from ceilometer.diagnostics import contents
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import patterns
from ceilometer.diagnostics import pauses


class Option(named_tuple.NamedTuple):
    """One option of a service.

    :ivar group: ``DEFAULT``, ``polling``
    :ivar name: ``batch_size``
    :ivar value: as the service sees it
    :ivar default: what it is if nobody sets it
    :ivar secret: whether oslo.config was told that it is secret
    :ivar location: one of :data:`contents.LOCATIONS`
    :ivar detail: the file, or the variable; None where there is none
    :ivar error: why it has no value, None if it has one
    :ivar multi: whether all values that files have for it count
    :ivar old_names: groups and names that it had before, and still may have
        in a file
    """

    group: str
    name: str
    value: Any
    default: Any
    secret: bool
    location: str
    detail: str | None
    error: str | None = None
    multi: bool = False
    old_names: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Groups and names that a file may have for it."""
        return (self.group, self.name), *self.old_names

    @property
    def changed(self) -> bool:
        """Whether the value is another than the default."""
        return self.error is not None or self.value != self.default


#: How often the options are listed again that changed while they were.
READS_MAX = 100

#: Of a setting that a file has more often the last ones are kept.
VALUES_MAX = 100

# lines of a configuration file
_HEADER = patterns.usual(r'\[([^\]]+)\]')
_SET = patterns.usual(r'([\w.-]+)\s*[=:]\s*(.*)')

_LOCATIONS = {
    cfg.Locations.opt_default: contents.SET_NOWHERE,
    cfg.Locations.set_default: contents.SET_BY_PROGRAM,
    cfg.Locations.set_override: contents.SET_BY_PROGRAM,
    cfg.Locations.user: contents.SET_IN_FILE,
    cfg.Locations.command_line: contents.SET_ON_COMMAND_LINE,
    cfg.Locations.environment: contents.SET_IN_ENVIRONMENT,
}


class _Read(named_tuple.NamedTuple):
    """Options that were read, and what their values depend on.

    :ivar same: objects, each of which must be the same one as before
    :ivar equal: copies of what may change in its place
    """

    same: list[Any]
    equal: list[Any]
    options: list[Option]


# by the last report
_read_before: _Read | None = None


def read_again(conf: cfg.ConfigOpts) -> list[Option]:
    """Each option, as :func:`read`, but not anew where nothing has changed.

    :param conf: the service's own configuration
    :returns: the very list of the report before, if it still holds
    """
    global _read_before
    before = _read_before
    state = _state(conf)
    if state is None:
        _read_before = None
        return list(read(conf))
    same, equal = state
    if (before is not None and len(same) == len(before.same)
            and all(map(operator.is_, same, before.same))
            and equal == before.equal):
        return before.options
    # what changes while they are read is noticed by the next one
    found = list(read(conf))
    _read_before = _Read(same, equal, found)
    return found


def _state(conf: cfg.ConfigOpts) -> tuple[list[Any], list[Any]] | None:
    """All that the values of the options depend on; None if more may.

    A value is one of an option's defaults, of a file that was read, of the
    command line, or of the environment; or of a source that only this
    oslo.config knows.
    """
    try:
        if conf._sources:
            return None
        same: list[Any] = [conf, conf._namespace, conf._mutable_ns,
                           conf._use_env]
        equal: list[Any] = [dict(os.environ), list(conf._args or ())]
        for info, group in conf._all_opt_infos():
            opt = info['opt']
            default = opt.default
            same += (group, opt, default, info.get('default'),
                     info.get('override'), info.get('location'),
                     opt._set_location)
            equal += [value.copy() for value in same[-5:-2]
                      if isinstance(value, (list, dict))]
    except Exception:
        return None
    return same, equal


def read(conf: cfg.ConfigOpts) -> Iterator[Option]:
    """Each option that is registered, by group and name.

    :param conf: the service's own configuration
    """
    for group, opt in sorted(
            _opts(conf), key=lambda item: (
                item[0] != 'DEFAULT', item[0], item[1].dest)):
        pauses.pause()
        yield _read(conf, group, opt)


def _opts(conf: cfg.ConfigOpts) -> list[tuple[str, Any]]:
    attempts = 0
    while True:
        try:
            return [(group.name if group else 'DEFAULT', info['opt'])
                    for info, group in conf._all_opt_infos()]
        except RuntimeError:
            # the daemon registered options meanwhile
            attempts += 1
            if attempts == READS_MAX:
                raise


def _read(conf: cfg.ConfigOpts, group: str, opt: Any) -> Option:
    value = None
    error = None
    location: str = contents.SET_UNKNOWN
    detail = None
    try:
        # Not conf[group][name]: that remembers what it has read, and could
        # so undo a reload which the daemon makes at that moment.
        value, found = conf._do_get(
            opt.dest, None if group == 'DEFAULT' else cfg.OptGroup(group))
        location = contents.SET_NOWHERE
        if found is not None:
            location = _LOCATIONS.get(
                found.location, contents.SET_BY_PROGRAM)
            if found.location.is_user_controlled and found.detail:
                detail = str(found.detail)
            if location == contents.SET_IN_FILE and _on_command_line(
                    conf, group, opt):
                location = contents.SET_ON_COMMAND_LINE
                detail = None
    except Exception as raised:
        # one wrong value must not hide all others
        error = f'{type(raised).__name__}: {raised}'
    # all by position: that takes a third of the time
    return Option(
        group, opt.dest, value, opt.default,
        bool(getattr(opt, 'secret', False)), location, detail, error,
        bool(getattr(opt, 'multi', False)), tuple(_old_names(group, opt)))


def _on_command_line(conf: cfg.ConfigOpts, group: str, opt: Any) -> bool:
    """Whether a value is of the command line that a file has as well.

    oslo.config says then that it is the file's.
    """
    name = opt.name if group == 'DEFAULT' else f'{group}-{opt.name}'
    flags = (f'--{name}'.replace('_', '-'), f'--no{name}'.replace('_', '-'))
    last_file = last_flag = -1
    for number, argument in enumerate(conf._args or ()):
        word = str(argument).partition('=')[0]
        if word in ('--config-file', '--config-dir'):
            last_file = number
        elif word.replace('_', '-') in flags:
            last_flag = number
    # a file that is named behind it counts more
    return last_flag > last_file


def _old_names(group: str, opt: Any) -> Iterator[tuple[str, str]]:
    # what it is called may differ from where its value is put
    yield group, str(opt.name).replace('-', '_')
    for old in getattr(opt, 'deprecated_opts', None) or ():
        yield (str(old.group or group),
               str(old.name or opt.name).replace('-', '_'))


class Setting(named_tuple.NamedTuple):
    """A line of a configuration file that sets an option.

    :ivar file: path
    :ivar line: its number; of several that set the same, the last counts
    :ivar group: ``DEFAULT``, ``polling``
    :ivar name: as the line has it
    :ivar value: what stands behind it on that line, and on those that
        continue it
    :ivar others: values that other lines of the file give it
    """

    file: str
    line: int
    group: str
    name: str
    value: str
    others: tuple[str, ...] = ()


def key(group: str, name: str) -> tuple[str, str]:
    """What settings of one option have in common.

    :param group: as a line or an option has it
    :param name: the same
    """
    # the case of a group does not matter, but for this one
    return (group if group == 'DEFAULT' else group.lower(), name)


# those of the report before, and the list that they are of
_keys: tuple[list[Option], frozenset[tuple[str, str]]] | None = None


def keys(options: list[Option]) -> frozenset[tuple[str, str]]:
    """What settings may be called that these options read, see :func:`key`.

    :param options: as :func:`read_again` gives them
    """
    global _keys
    known = _keys
    if known is None or known[0] is not options:
        known = _keys = options, frozenset(
            key(*name) for option in options for name in option.names)
    return known[1]


def files(conf: cfg.ConfigOpts) -> list[str]:
    """The configuration files of the service, in the order of reading.

    :param conf: the service's own configuration
    """
    if named := _named_files(conf):
        return named
    paths = [str(path) for path in conf.config_file or []]
    # the first has each --config-dir, in their order; the second the last one
    # of them, or those of the default
    for directory in dict.fromkeys([
            *map(str, conf.config_dirs), *map(str, conf.config_dir or ())]):
        paths += _files_in(directory)
    return paths


def _named_files(conf: cfg.ConfigOpts) -> list[str]:
    """The files that the command line names, if it names both kinds.

    oslo.config reads them in the order in which they stand there.
    """
    paths: list[str] = []
    kinds = set()
    words = list(map(str, conf._args or ()))
    for number, word in enumerate(words):
        name, equals, value = word.partition('=')
        if name not in ('--config-file', '--config-dir'):
            continue
        if not equals:
            value = words[number + 1] if number + 1 < len(words) else ''
        kinds.add(name)
        # as oslo.config has it
        value = os.path.abspath(os.path.expanduser(value))
        paths += _files_in(value) if name == '--config-dir' else [value]
    return paths if len(kinds) == 2 else []


def _files_in(directory: str) -> list[str]:
    # oslo.config reads these alone, in this order
    return sorted(glob.glob(os.path.join(glob.escape(directory), '*.conf')))


def settings(paths: Iterable[str]) -> list[Setting]:
    """What stands in configuration files now.

    :param paths: the files; one that cannot be read is passed over
    """
    found: dict[tuple[str, str, str], Setting] = {}
    for path in paths:
        group = 'DEFAULT'
        last = None
        try:
            with open(path, errors='backslashreplace') as file:
                for number, line in enumerate(file, 1):
                    if header := _HEADER.match(line):
                        group = header[1].strip()
                        last = None
                    elif set_ := _SET.match(line):
                        last = path, group, set_[1].replace('-', '_')
                        others = (*found[last].others, found[last].value) if (
                            last in found) else ()
                        found[last] = Setting(
                            path, number, group, last[2], set_[2].strip(),
                            others[-VALUES_MAX:])
                    elif line[:1].isspace() and line.strip() and last:
                        found[last] = found[last]._replace(
                            value=f'{found[last].value}\n{line.strip()}')
                    elif not line.strip():
                        last = None
        except OSError:
            continue
    return list(found.values())
