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

"""Section ``pipelines``: what ceilometer-agent-notification publishes.

Pipelines are read from the worker's live service; what their publishers did,
from :mod:`ceilometer.diagnostics.daemon.work`.
"""

from __future__ import annotations

from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import hooks
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import work
from ceilometer.diagnostics.daemon import work_told

#: Module of the daemon that is followed.
MODULE = 'ceilometer.pipeline.base'

#: How many pipelines and publishers are told of.
TOLD_MAX = 500


def collect(context: section.Context) -> section.Content:
    """Ask the worker's service, and what was counted."""
    managers = getattr(context.daemon.worker_service, 'managers', None)
    moments = work_told.Moments()
    data: contents.Pipelines = {
        'time_usec': moments.usec(moments.now), 'pipelines': [],
        'publishers': [], 'taken': 0, 'published': 0, 'unknown': []}
    if managers is None:
        return section.Content(data=data)
    for manager in list(managers):
        try:
            for pipeline in list(manager.pipelines)[:TOLD_MAX]:
                data['pipelines'].append(_pipeline(manager, pipeline))
        except Exception as error:
            data['unknown'].append(
                f'pipelines: {type(error).__name__}: {str(error)[:200]}')
    for loaded in work.works(work.LOAD):
        if len(data['publishers']) < TOLD_MAX:
            data['publishers'].append(_publisher(loaded, moments))
    data['taken'] = sum(one.items_ever for one in work.works(work.TAKE))
    data['published'] = sum(one.items_ever for one in work.works(work.PUBLISH))
    data['unknown'] += hooks.unknown(MODULE)
    return section.Content(data=data)


def _pipeline(manager: Any, pipeline: Any) -> contents.Pipeline:
    source = pipeline.source
    matches = getattr(source, 'meters', None) or getattr(
        source, 'events', None) or ()
    return {
        'pipeline': str(pipeline.name), 'kind': str(manager.pm_type),
        'matches': list(map(str, matches))[:TOLD_MAX],
        'publishers': list(map(str, pipeline.sink.cfg.get(
            'publishers') or ()))[:TOLD_MAX],
        'loaded': len(pipeline.sink.publishers)}


def _publisher(loaded: work.Work,
               moments: work_told.Moments) -> contents.Publisher:
    done = work.known(work.PUBLISH, loaded.key)
    return {
        **work_told.repeated(done, moments),
        'kind': loaded.key[0], 'url': loaded.key[1],
        'loaded': loaded.failing_since is None,
        'load_error': (
            None if loaded.failing_since is None
            else work_told.repeated(loaded, moments)['last_error']),
        'published': 0 if done is None else done.items_ever,
        'lost': 0 if done is None else done.lost}
