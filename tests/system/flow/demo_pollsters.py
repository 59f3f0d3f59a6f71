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
"""Pollsters that do what the system tests need, and one that just polls."""

from __future__ import annotations

from concurrent import futures
import os
import socket
import subprocess
import threading
import typing

from ceilometer import keystone_client
from ceilometer.polling import plugin_base
from ceilometer import sample

#: Where a server accepts connections and never answers.
SILENT = ('127.0.0.1', 15999)
#: What is to be taken, and not given back.
LEAK = '/var/lib/ceilometer/leak'


class Plain(plugin_base.PollsterBase):
    """Gives 120 samples of each resource."""

    @property
    def default_discovery(self) -> str:
        """None."""
        return ''

    def get_samples(self, manager: typing.Any, cache: typing.Any,
                    resources: list[typing.Any],
                    ) -> typing.Iterator[sample.Sample]:
        """Give them."""
        for resource in resources:
            for number in range(120):
                yield sample.Sample(
                    name='demo.plain', type=sample.TYPE_GAUGE, unit='x',
                    volume=number,
                    user_id='2222222222224222a222222222222222',
                    project_id='3333333333334333a333333333333333',
                    resource_id=f'{resource}-{number}', resource_metadata={})


class Raising(Plain):
    """Raises."""

    def get_samples(self, manager: typing.Any, cache: typing.Any,
                    resources: list[typing.Any],
                    ) -> typing.Iterator[sample.Sample]:
        """Raise."""
        raise ValueError('device is gone')


class Permanent(Plain):
    """Switches itself off."""

    def get_samples(self, manager: typing.Any, cache: typing.Any,
                    resources: list[typing.Any],
                    ) -> typing.Iterator[sample.Sample]:
        """Say so."""
        raise plugin_base.PollsterPermanentError(resources)


class Hanging(Plain):
    """Waits for an answer that does not come."""

    def get_samples(self, manager: typing.Any, cache: typing.Any,
                    resources: list[typing.Any],
                    ) -> typing.Iterator[sample.Sample]:
        """Wait."""
        with socket.create_connection(SILENT) as connection:
            connection.recv(1)
        return iter(())


class Child(Plain):
    """Waits for a program that does not end."""

    def get_samples(self, manager: typing.Any, cache: typing.Any,
                    resources: list[typing.Any],
                    ) -> typing.Iterator[sample.Sample]:
        """Wait."""
        subprocess.run(['sleep', '10000'], check=True)
        return iter(())


class Future(Plain):
    """Waits for what another thread never does."""

    def get_samples(self, manager: typing.Any, cache: typing.Any,
                    resources: list[typing.Any],
                    ) -> typing.Iterator[sample.Sample]:
        """Wait."""
        with futures.ThreadPoolExecutor(1) as executor:
            executor.submit(threading.Event().wait).result()
        return iter(())


class Locked(Plain):
    """Waits for a lock that nobody releases."""

    def get_samples(self, manager: typing.Any, cache: typing.Any,
                    resources: list[typing.Any],
                    ) -> typing.Iterator[sample.Sample]:
        """Wait."""
        lock = threading.Lock()
        lock.acquire()
        with lock:
            return iter(())


class Leaking(Plain):
    """Takes at once what a file names, and never gives it back."""

    taken: typing.ClassVar[list[typing.Any]] = []

    def get_samples(self, manager: typing.Any, cache: typing.Any,
                    resources: list[typing.Any],
                    ) -> typing.Iterator[sample.Sample]:
        """Take it, if the file has not been read before."""
        if os.path.exists(LEAK):
            with open(LEAK, encoding='utf-8') as file:
                wanted = file.read()
            if wanted not in self.taken:
                self.taken += [wanted, getattr(self, wanted)()]
        return iter(())

    def memory(self) -> typing.Any:
        """Of 100 MiB each page."""
        return bytearray(b'x' * 100 * 1024 * 1024)

    def descriptors(self) -> typing.Any:
        """Two hundred."""
        return [open(os.devnull, 'rb') for _ in range(200)]

    def zombies(self) -> typing.Any:
        """Five children that have ended."""
        # subprocess takes up those that it has forgotten
        return [os.posix_spawn('/bin/true', ['/bin/true'], {})
                for _ in range(5)]

    def threads(self) -> typing.Any:
        """Three thousand."""
        made = [threading.Thread(target=threading.Event().wait, daemon=True)
                for _ in range(3000)]
        for thread in made:
            thread.start()
        return made


class Cloud(plugin_base.DiscoveryBase):
    """Needs Keystone to find resources."""

    def discover(self, manager: typing.Any,
                 param: typing.Any = None) -> list[str]:
        """Ask it."""
        keystone_client.get_session(manager.conf).get_token()
        return ['r1']
