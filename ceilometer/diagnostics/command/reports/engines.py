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

"""Asks the engines of this machine, podman and docker, for their containers.

An engine may be absent, slow, or hang; its answer is limited in time and
size. It is asked of this machine only, whatever the environment says.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import signal
import subprocess
import tempfile

#: So long an engine may take to name its containers, seconds.
ENGINE_SECONDS_MAX = 10

#: So much of what it prints is read: tens of thousands of containers.
_PRINTED_BYTES_MAX = 4 * 1024 * 1024

_ASKED = ('ps', '--all', '--no-trunc', '--format', '{{.ID}} {{.Names}}')

#: How to ask each engine on this machine.
_COMMANDS = {
    'podman': ('podman', '--remote=false', *_ASKED),
    'docker': ('docker', '--host=unix:///run/docker.sock', *_ASKED),
}

# These have an engine ask one of another machine, or of a file.
_ELSEWHERE = ('CONTAINER_HOST', 'CONTAINER_CONNECTION', 'CONTAINER_SSHKEY',
              'DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG',
              'CONTAINERS_CONF', 'CONTAINERS_CONF_OVERRIDE',
              'CONTAINERS_STORAGE_CONF')

#: What containers may be called.
NAME = re.compile(r'[A-Za-z0-9][\w.-]*', re.ASCII)

_LINE = re.compile(rf'([0-9a-f]{{64}}) ({NAME.pattern})', re.ASCII)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What an engine has answered.

    :ivar names: of its containers, running or not, by their ids
    :ivar problem: why it has not told all; None if it has
    """

    names: dict[str, str]
    problem: str | None = None


def ask(engine: str) -> Answer:
    """Ask an engine for its containers.

    :param engine: its name, a key of the table above
    """
    if engine == 'podman' and os.geteuid():
        # it would tell of this user's own containers, and set up a place
        # for them
        return Answer({}, 'only root can ask podman for its containers')
    environment = {name: value for name, value in os.environ.items()
                   if name not in _ELSEWHERE}
    # a file, and no pipe: what the engine has started may hold a pipe open
    with tempfile.TemporaryFile() as printed:
        try:
            process = subprocess.Popen(
                _COMMANDS[engine], stdin=subprocess.DEVNULL, stdout=printed,
                stderr=subprocess.DEVNULL, cwd='/', env=environment,
                start_new_session=True)
        except FileNotFoundError:
            return Answer({}, f'{engine} is not installed')
        except OSError as error:
            return Answer({}, f'{engine}: {error.strerror or error}')
        problem = None
        try:
            code = process.wait(ENGINE_SECONDS_MAX)
            if code:
                problem = f'{engine} fails with exit code {code}'
        except subprocess.TimeoutExpired:
            problem = (f'{engine} did not answer within '
                       f'{ENGINE_SECONDS_MAX} s, and was ended')
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        printed.seek(0)
        text = printed.read(_PRINTED_BYTES_MAX).decode(errors='replace')
    found = map(_LINE.fullmatch, text.splitlines())
    return Answer({match[1]: match[2] for match in found if match is not None},
                  problem)
