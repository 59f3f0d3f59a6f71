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

"""A worker of ceilometer-polling in this process, without a broker.

The classes are Ceilometer's own, of whatever version is installed; samples go
to oslo.messaging's driver for tests.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import pathlib
from typing import Any

from ceilometer import keystone_client
from ceilometer import messaging
from ceilometer import opts
from ceilometer.polling import manager
from ceilometer.polling import plugin_base
from ceilometer import sample
from futurist import periodics
from oslo_config import cfg
from stevedore import extension
import yaml

from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics.daemon import section

#: Gives the samples, of the resources that are asked for.
Polls = Callable[[list[Any]], Iterable[Any]]


def configuration(directory: pathlib.Path) -> cfg.ConfigOpts:
    """The configuration of a daemon of Ceilometer, with its defaults.

    :param directory: where its file is written
    """
    path = directory / 'ceilometer.conf'
    path.write_text('[DEFAULT]\nhost = node1\ntransport_url = fake://\n')
    conf = cfg.ConfigOpts()
    for group, options in opts.list_opts():
        conf.register_opts(list(options), group=(
            None if group == 'DEFAULT' else group))
    keystone_client.register_keystoneauth_opts(conf)
    if 'polling_namespaces' not in conf:
        # older versions do that in the program
        conf.register_cli_opts([cfg.MultiStrOpt(
            'polling-namespaces', default=['compute', 'central'])])
    conf([], project='ceilometer', default_config_files=[str(path)],
         default_config_dirs=[])
    messaging.setup()
    messaging.TRANSPORTS.clear()
    conf.set_override('polling_namespaces', ['nothing'])
    return conf


def samples(name: str, count: int) -> list[sample.Sample]:
    """Samples that a pollster may give."""
    return [sample.Sample(
        name=name, type=sample.TYPE_GAUGE, unit='x', volume=number,
        user_id=None, project_id=None, resource_id=f'resource-{number}',
        resource_metadata={}) for number in range(count)]


def pollster(name: str, polls: Polls, conf: cfg.ConfigOpts,
             discovery: str | None = None) -> extension.Extension:
    """A pollster, as stevedore loads one.

    :param polls: what it does
    :param discovery: its default discovery
    """
    class Pollster(plugin_base.PollsterBase):
        default_discovery = discovery

        def get_samples(self, manager: Any, cache: Any,
                        resources: list[Any]) -> Iterable[Any]:
            return polls(resources)

    return extension.Extension(name, None, Pollster, Pollster(conf))


class Agent:
    """A worker that polls when it is told to.

    :param directory: where its polling.yaml is written
    :param pollsters: what each does, by its name
    :param sources: of polling.yaml
    """

    def __init__(self, directory: pathlib.Path,
                 pollsters: Mapping[str, Polls],
                 sources: Iterable[dict[str, Any]]) -> None:
        self._planned = False
        self.conf = configuration(directory)
        path = directory / 'polling.yaml'
        path.write_text(yaml.safe_dump({'sources': list(sources)}))
        self.conf.set_override('cfg_file', str(path), group='polling')
        self.manager = manager.AgentManager(0, self.conf, ['nothing'])
        self.manager.extensions = [
            pollster(name, polls, self.conf)
            for name, polls in pollsters.items()]

    def start(self) -> None:
        """Read polling.yaml, as a worker does that begins to run."""
        self.manager.polling_manager = manager.PollingManager(self.conf)

    def plan(self) -> None:
        """Plan the work of each interval, without a thread that does it."""
        self.manager.polling_periodics = periodics.PeriodicWorker([])
        for interval, task in self.tasks().items():
            @periodics.periodic(spacing=interval, run_immediately=False)
            def run(task: Any) -> None:
                self.manager.interval_task(task)

            self.manager.polling_periodics.add(run, task)
        self._planned = True

    def stop(self) -> None:
        """Wait for the threads that poll to end."""
        if self._planned:
            # it waits for a thread that was never started
            self.manager.polling_periodics = None
        self.manager.stop_pollsters_tasks()

    def tasks(self) -> dict[float, Any]:
        """The work of each interval, by it."""
        found: dict[float, Any] = self.manager.setup_polling_tasks()
        return found

    def context(self) -> section.Context:
        """What sections are given in this worker."""
        daemon = process.Daemon('ceilometer-polling', self.conf)
        daemon.process = 'worker'
        daemon.worker_service = self.manager
        return section.Context(daemon)
