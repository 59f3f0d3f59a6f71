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

"""Section ``coordination``: whether the agents can divide their work.

tooz' coordinator and its hash rings are read from the worker's live service;
why it does not answer, from what was logged
(:mod:`ceilometer.diagnostics.daemon.coordination_watch`).
"""

from __future__ import annotations

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import coordination_watch
from ceilometer.diagnostics.daemon import phrases
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import work_told
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import without_ids

#: How many groups are told of.
GROUPS_MAX = 200


def collect(context: section.Context) -> section.Content:
    """Ask the coordinator, and what was logged."""
    moments = work_told.Moments()
    service = context.daemon.worker_service
    coordinator = getattr(service, 'partition_coordinator', None)
    trouble = coordination_watch.trouble
    lasts = trouble.last is not None and (
        moments.now - trouble.last <= coordination_watch.GAP_SECONDS)
    heart = getattr(coordinator, 'heart', None)
    data: contents.Coordination = {
        'time_usec': moments.usec(moments.now),
        'used': coordinator is not None,
        'driver': None if coordinator is None else (
            f'{type(coordinator).__module__}.{type(coordinator).__name__}'),
        'started': getattr(coordinator, '_started', None),
        'heart_alive': None if heart is None else bool(heart.is_alive()),
        'beats': getattr(heart, 'beats', None),
        'groups': [],
        'failing_since_usec': moments.maybe_usec(
            trouble.since if lasts else None),
        'failed_in_a_row': trouble.times if lasts else 0,
        'last_error': None if trouble.error is None or (
            trouble.last is None) else {
            'time_usec': moments.usec(trouble.last),
            'text': without_ids.text(trouble.error), 'kind': None}}
    own = getattr(coordinator, '_member_id', None)
    for group, partitioner in list((getattr(
            service, 'hashrings', None) or {}).items())[:GROUPS_MAX]:
        nodes = list(partitioner.ring.nodes)
        data['groups'].append({
            'group': without_ids.text(str(group)), 'members': len(nodes),
            'member': own in nodes})
    return section.Content(data=data)


def find(data: contents.Coordination) -> list[contents.Finding]:
    """Whether coordination is lost."""
    since, error = data['failing_since_usec'], data['last_error']
    if since is not None and error is not None:
        return [findings.finding(
            'coordination-lost', 'coordination does not answer since '
            f'{phrases.when(since, data["time_usec"])}, '
            f'{findings.count(data["failed_in_a_row"], "try", "tries")}: '
            f'{error["text"]}', since=phrases.since(since))]
    if data['started'] and data['heart_alive'] is False:
        return [findings.finding(
            'coordination-lost', 'the heart of coordination has ended: the '
            'others do not count on this agent any more')]
    return []


def render(data: contents.Coordination) -> str:
    """The coordinator, and its groups."""
    if not data['used']:
        return 'This process uses no coordination.'
    heart = {True: 'beats', False: 'does not beat'}.get(
        bool(data['heart_alive']))
    lines = [f'{data["driver"]}: the heart {heart}, {data["beats"]} beats']
    error = data['last_error']
    if error is not None:
        lines.append(
            'last error '
            f'{phrases.when(error["time_usec"], data["time_usec"])}: '
            f'{error["text"]}')
    lines += [f'group {group["group"]}: '
              f'{findings.count(group["members"], "member")}'
              + ('' if group['member'] else ', this one is none of them')
              for group in data['groups']]
    return '\n'.join(lines)
