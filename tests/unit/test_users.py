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

"""Users are named without the name service."""

from __future__ import annotations

import os
import pwd

import pytest

from ceilometer.diagnostics.daemon import known_secrets
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon.sections import processes
from ceilometer.diagnostics.daemon import users


@pytest.fixture
def no_name_service(monkeypatch):
    """Nobody may ask it: a fork meanwhile would leave its lock locked.

    Gives what was asked for, because whoever asks may swallow the error.
    """
    asked = []

    def fail(*args):
        asked.append(args)
        raise AssertionError('the name service was asked')

    for name in ('getpwuid', 'getpwnam', 'getpwall'):
        monkeypatch.setattr(pwd, name, fail)
    return asked


def passwd(monkeypatch, tmp_path, text):
    """Have a file in the place of /etc/passwd."""
    file = tmp_path / 'passwd'
    file.write_bytes(text)
    monkeypatch.setattr(users, 'PASSWD', str(file))


def user_of_this_process():
    """The user that the section tells for this very process."""
    data = processes.collect(section.Context(daemons.Daemon('example'))).data
    (own,) = [found for found in data['processes'] if found['self']]
    assert 'uid' not in own
    return own['user']


def test_user_has_the_name_that_the_system_knows():
    """For a local user."""
    assert user_of_this_process() == pwd.getpwuid(os.getuid()).pw_name


def test_name_service_is_not_asked(no_name_service):
    """Neither for the processes nor for what is no secret."""
    assert user_of_this_process() is not None
    known_secrets.redactor(section.Context(daemons.Daemon('example')))
    assert no_name_service == []


def test_user_that_is_not_local_has_a_number(monkeypatch, tmp_path):
    """And so have all where there is no file."""
    passwd(monkeypatch, tmp_path, b'other:x:4242:1::/:/bin/sh\n')
    assert user_of_this_process() == str(os.getuid())
    monkeypatch.setattr(users, 'PASSWD', str(tmp_path / 'none'))
    assert user_of_this_process() == str(os.getuid())


def test_lines_that_name_nobody_are_passed_over(monkeypatch, tmp_path):
    """The file may hold anything."""
    passwd(monkeypatch, tmp_path, b'root:x:0:0::/:\n+::::::\n\n#x\na:b\n:x:7:'
           b'\ntoor:x:0:0\n\xff:x:5:5\nminus:x:-1:\nhigh:x:\xb2:\n')
    assert users.names() == {0: 'root', 5: '\\xff'}
