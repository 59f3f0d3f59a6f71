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

"""The table of sections, in the order in which a report has them."""

from __future__ import annotations


from ceilometer.diagnostics.daemon import added_sections
from ceilometer.diagnostics.daemon import messaging_text
from ceilometer.diagnostics.daemon import notification_text
from ceilometer.diagnostics.daemon import polling_text
from ceilometer.diagnostics.daemon import running_out
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon.sections import asyncio_tasks
from ceilometer.diagnostics.daemon.sections import configuration
from ceilometer.diagnostics.daemon.sections import coordination
from ceilometer.diagnostics.daemon.sections import definition_files
from ceilometer.diagnostics.daemon.sections import green_threads
from ceilometer.diagnostics.daemon.sections import log_levels
from ceilometer.diagnostics.daemon.sections import messaging
from ceilometer.diagnostics.daemon.sections import notifications
from ceilometer.diagnostics.daemon.sections import package
from ceilometer.diagnostics.daemon.sections import pipelines
from ceilometer.diagnostics.daemon.sections import polling
from ceilometer.diagnostics.daemon.sections import processes
from ceilometer.diagnostics.daemon.sections import recent_problems
from ceilometer.diagnostics.daemon.sections import resources
from ceilometer.diagnostics.daemon.sections import summary
from ceilometer.diagnostics.daemon.sections import threads
from ceilometer.diagnostics.daemon.sections import workers
from ceilometer.diagnostics.daemon import sockets
from ceilometer.diagnostics.daemon import threads_text
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries

SECTIONS = (
    section.Kind('package', 'Package', package.collect, package.render,
                 findings=package.find, steady=True),
    section.Kind(threads.NAME, 'Threads', threads.collect,
                 threads_text.render, threads.snapshot, threads.measure,
                 load=sockets.load, findings=threads_text.find,
                 wait_left=threads.wait_left),
    section.Kind(green_threads.NAME, 'Green threads', green_threads.collect,
                 green_threads.render, green_threads.snapshot),
    section.Kind(asyncio_tasks.NAME, 'Asyncio tasks', asyncio_tasks.collect,
                 asyncio_tasks.render, asyncio_tasks.snapshot),
    section.Kind('processes', 'Processes', processes.collect,
                 processes.render, findings=running_out.of_processes),
    section.Kind('workers', 'Workers', workers.collect, workers.render,
                 findings=workers.findings_of),
    section.Kind('recent-problems', 'Recent problems',
                 recent_problems.collect, recent_problems.render,
                 findings=recent_problems.findings_of, instant=True),
    section.Kind('configuration', 'Configuration', configuration.collect,
                 configuration.render, findings=configuration.find,
                 steady=True),
    section.Kind('logging', 'Logging', log_levels.collect,
                 log_levels.render, steady=True, instant=True),
    section.Kind('resources', 'Resources', resources.collect,
                 resources.render, load=sockets.load,
                 findings=running_out.of_resources, instant=True),
    section.Kind('polling', 'Polling', polling.collect, polling_text.render,
                 findings=polling_text.find, instant=True),
    section.Kind('messaging', 'Messaging', messaging.collect,
                 messaging_text.render, findings=messaging_text.find,
                 instant=True),
    section.Kind('notifications', 'Notifications', notifications.collect,
                 notification_text.render_notifications,
                 findings=notification_text.find_notifications,
                 instant=True),
    section.Kind('pipelines', 'Pipelines', pipelines.collect,
                 notification_text.render_pipelines,
                 findings=notification_text.find_pipelines, instant=True),
    section.Kind('coordination', 'Coordination', coordination.collect,
                 coordination.render, findings=coordination.find,
                 instant=True),
    section.Kind('files', 'Files', definition_files.collect,
                 definition_files.render, findings=definition_files.find),
)

SUMMARY = section.Kind(fields.SECTION_SUMMARY, 'Summary', summary.no_content,
                       summary.render)


def kinds() -> list[section.Kind]:
    """Ours, then what others have added; no name stands twice."""
    names = {SUMMARY.name}
    found = []
    for kind in (*SECTIONS, *added_sections.kinds()):
        name = kind.name
        number = 1
        while name in names:
            number += 1
            name = f'{kind.name}-{number}'
        names.add(name)
        found.append(kind._replace(name=name))
    # the summary follows; of more no reader would read any
    return found[:journal_entries.SECTIONS_MAX - 1]
