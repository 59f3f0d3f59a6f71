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

"""What real shells complete a command line to.

Programs that the completions ask are replaced: they answer what the constants
here have. The administrator's files are others, too.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
import pathlib
import pty
import shlex
import subprocess
import threading

TREE = pathlib.Path(__file__).resolve().parents[2]
SHIPPED = TREE / 'ceilometer/diagnostics/system_files'
BASH = SHIPPED / 'completions/bash/ceilometer-diagnostics'
ZSH = SHIPPED / 'completions/zsh/_ceilometer-diagnostics'

#: What the journal and the system have, in these tests.
UNITS = ('ceilometer-polling', 'ceilometer-agent-central')
#: A unit that is Ceilometer's because the administrator says so.
OWN_UNIT = 'telemetry-own'
#: The same of a container; and one that has to do with neither.
OWN_CONTAINER = 'my-telemetry'
OTHER_CONTAINER = 'nova_compute'
PODMAN = ('ceilometer_compute', OTHER_CONTAINER, OWN_CONTAINER)
DOCKER = ('ceilometer-central', f'a-{OWN_CONTAINER}')
CONTAINERS = ('ceilometer-central', *(
    ('ceilometer_compute', OWN_CONTAINER) if os.geteuid() == 0 else ()))
IDS = ('3ceceb0261204322abe548ffeecaa197', '001fc0fb320e4f7c8fd1b1a5b7a0a6d7')
SECTIONS = ('threads', 'configuration', 'queue-depth')
HOST = 'controller-2'

#: Anybody can write this as the id or the section of a report.
HOSTILE = '$(echo>expanded)'
#: This too: an option that whoever completes an id would give.
HOSTILE_OPTION = '--hostile'

#: Guards against a shell that hangs.
_SECONDS_MAX = 600


class Shells:
    """Shells in a directory, with a few files to complete.

    One zsh serves all lines, until :meth:`close`: it is slow to start.

    :param directory: an empty one
    """

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        programs = directory / 'bin'
        programs.mkdir()
        for name, script in (
                ('journalctl', 'case "$*" in\n'
                 f'*--field=REPORT_ID*) printf "%s\\n" {" ".join(IDS)} ;;\n'
                 '*--field=REPORT_SECTION*) '
                 f'printf "%s\\n" {" ".join(SECTIONS)} ;;\nesac\n'
                 f"printf '%s\\n' '{HOSTILE}' {HOSTILE_OPTION}\n"),
                ('systemctl', 'printf "%s.service loaded active running A '
                 f'unit\\n" {" ".join(UNITS)}\n'
                 'case " $* " in *" ceilometer-?*.service "*)\n'
                 'case " $* " in *" telemetry-*.service "*)\n'
                 f'echo {OWN_UNIT}.service loaded active running One ;;\n'
                 'esac ;; esac\n'),
                ('podman', f'printf "%s\\n" {" ".join(PODMAN)}\n'),
                ('docker', f'printf "%s\\n" {" ".join(DOCKER)}\n')):
            (programs / name).write_text(f'#!/bin/sh\n{script}')
            (programs / name).chmod(0o755)
        added = directory / 'bin/units.d'
        added.mkdir()
        (added / 'site.conf').write_text(
            '# ours\n\n  telemetry-*.service\n'
            'container: my-tele[!x]*\n #container: *\n')
        for shipped in (BASH, ZSH):
            (programs / shipped.name).write_text(shipped.read_text().replace(
                '/etc/ceilometer-diagnostics/units.d', str(added)))
        (programs / 'hosts').write_text(f'192.0.2.1 {HOST}\n')
        (directory / 'reports').mkdir()
        (directory / 'reports.html').touch()
        self._environment = {
            'PATH': f'{programs}:{os.environ["PATH"]}', 'TERM': 'dumb',
            'HOME': str(directory), 'ZDOTDIR': str(programs),
            'HOSTFILE': str(programs / 'hosts'), 'LC_ALL': 'C.UTF-8'}
        self._stack = contextlib.ExitStack()
        self._zsh: tuple[int, Iterator[str]] | None = None

    def close(self) -> None:
        """End what has been started."""
        self._stack.close()

    def bash(self, *words: str) -> set[str]:
        """What bash offers for the last of some words.

        :param words: those behind the command, as bash parts them
        """
        done = subprocess.run(
            ['bash', '-c', _BASH, str(self.directory / 'bin' / BASH.name),
             'ceilometer-diagnostics', *words],
            cwd=self.directory, env=self._environment, timeout=_SECONDS_MAX,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert (done.returncode, done.stderr) == (0, '')
        return set(done.stdout.split())

    def zsh(self, line: str) -> set[str]:
        """What an interactive zsh offers at the end of a line.

        :param line: what has been typed behind the command
        """
        if self._zsh is None:
            self._zsh = self._start_zsh()
        terminal, answers = self._zsh
        # ^U forgets the line before
        os.write(terminal, f'\x15ceilometer-diagnostics {line}\t'.encode())
        return set(_answer(answers)) - {''}

    def _start_zsh(self) -> tuple[int, Iterator[str]]:
        reading, writing = os.pipe()
        (self.directory / 'bin/.zshrc').write_text(_ZSHRC.format(
            completions=shlex.quote(str(self.directory / 'bin')),
            channel=writing, host=HOST))
        leader, terminal = pty.openpty()
        shell = subprocess.Popen(
            ['zsh', '-d', '-i'], cwd=self.directory, env=self._environment,
            stdin=terminal, stdout=terminal, stderr=terminal,
            pass_fds=[writing], start_new_session=True)
        os.close(terminal)
        os.close(writing)
        answers = self._stack.enter_context(open(reading))
        self._stack.enter_context(_ended(shell, leader))
        assert list(_answer(answers)) == []
        return leader, answers


# What bash's own compopt would do: it works only while bash completes.
_BASH = """
source "$0"
compopt() { asked=$2; }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_ceilometer_diagnostics
if [[ $asked == default && ${#COMPREPLY[@]} == 0 ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
fi
printf '%s\\n' "${COMPREPLY[@]}"
"""

# All that completes calls compadd in the end; ours writes down what fits.
_ZSHRC = r"""
PROMPT='' RPROMPT=''
unsetopt AUTO_LIST AUTO_MENU
bindkey -e
bindkey '^I' complete-word
fpath=({completions} $fpath)
autoload -Uz compinit
compinit -D -u
zstyle ':completion:*' hosts {host}
compadd() {{
    builtin compadd "$@"
    local code=$?
    # what is only filtered is added by a later call
    if [[ ${{@[1,(i)(-|--)]}} != *-(O|A|D)\ * ]]; then
        local -a fit
        builtin compadd -O fit "$@"
        print -u {channel} -rl -- $fit
    fi
    return $code
}}
say_done() {{ print -u {channel} -- '.'; comppostfuncs=(say_done) }}
comppostfuncs=(say_done)
precmd() {{ print -u {channel} -- '.' }}
"""


def _answer(lines: Iterator[str]) -> Iterator[str]:
    """The lines up to the one that ends an answer."""
    for line in lines:
        if line == '.\n':
            return
        yield line.rstrip()
    raise AssertionError('the shell has ended')


@contextlib.contextmanager
def _ended(shell: subprocess.Popen[bytes], leader: int) -> Iterator[None]:
    """A context in which a shell's output is drained, and then it is ended."""
    def drain() -> None:
        with contextlib.suppress(OSError):
            while os.read(leader, 4096):
                pass

    drainer = threading.Thread(target=drain)
    drainer.start()
    limit = threading.Timer(_SECONDS_MAX, shell.kill)
    limit.start()
    try:
        yield
    finally:
        limit.cancel()
        shell.kill()
        shell.wait()
        drainer.join()
        os.close(leader)
