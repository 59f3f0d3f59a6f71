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

"""The command in the machine, run as its users run it."""

from __future__ import annotations

import json
import typing

from tests import limits
from tests.system import machine as machines

NAME = 'ceilometer-diagnostics'


def run(machine: machines.Machine, *arguments: str,
        user: str | None = None) -> str:
    """What the command prints; it must not complain.

    :param arguments: verb and options
    :param user: run it as this user instead of root
    :raises AssertionError: it fails, or writes to standard error
    """
    done = machine.run([NAME, *arguments], user=user)
    assert done.stderr == '', done.stderr
    return done.stdout


def refused(machine: machines.Machine, *arguments: str,
            user: str | None = None) -> list[str]:
    """The lines with which the command fails.

    :param arguments: verb and options
    :param user: run it as this user instead of root
    :raises AssertionError: it does not exit with 1, or prints something else
    """
    done = machine.run([NAME, *arguments], user=user, check=False)
    assert (done.returncode, done.stdout) == (1, ''), done
    return done.stderr.splitlines()


def listed(machine: machines.Machine,
           *arguments: str) -> list[dict[str, typing.Any]]:
    """The rows of list as data, all that was sent so far included.

    :param arguments: matches and options
    """
    machine.run(['journalctl', '--sync'])
    rows: list[dict[str, typing.Any]] = json.loads(
        run(machine, 'list', '--json', *arguments))
    return rows


def triggered(machine: machines.Machine, unit: str, *arguments: str,
              user: str | None = None) -> list[dict[str, typing.Any]]:
    """What trigger tells of each process of a unit; all have answered.

    :param arguments: options
    :param user: run it as this user instead of root
    """
    told: list[dict[str, typing.Any]] = json.loads(
        run(machine, 'trigger', '--json', f'--timeout={limits.EVENT_SECONDS}',
            *arguments, unit, user=user))
    assert all(answer['answered'] for answer in told)
    return told
