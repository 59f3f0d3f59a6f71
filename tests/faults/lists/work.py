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

"""Faults in what tells what the daemon is doing."""

from __future__ import annotations

from tests.faults import fault

WORK = 'daemon/work.py'
POLLING = 'daemon/polling_work.py'
TEXT = 'daemon/polling_text.py'
TEST_HOOKS = 'tests/unit/test_hooks.py::'
TEST_INSIDE = 'tests/functional/test_inside.py::test_module_passes'

FAULTS = (
    fault.Fault(
        name='what is logged is credited to a greenlet',
        file=WORK,
        old='greenlet\n    doing = _now.get(threading.get_ident())\n',
        new='greenlet\n    doing = _now.get(record.thread or 0)\n',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='a problem is told of a greenlet',
        file='daemon/log_watch.py',
        old='        threading.get_ident(), chosen_names',
        new='        record.thread or 0, chosen_names',
        tests=('tests/unit/test_log_watch.py::'
               'test_thread_is_known_where_records_have_a_greenlet',)),
    fault.Fault(
        name='an error that was logged counts for nothing',
        file=WORK,
        old='        doing.error = error_text.of_record(record)\n',
        new='        pass\n',
        tests=(TEST_HOOKS
               + 'test_error_is_credited_to_the_work_of_its_thread',)),
    fault.Fault(
        name='a forked process goes on where its parent was',
        file='daemon/hooks.py',
        old='    os.register_at_fork(after_in_child=_reset)\n',
        new='    os.register_at_fork(after_in_child=len)\n',
        tests=(TEST_HOOKS + 'test_forked_process_begins_anew',)),
    fault.Fault(
        name='samples that could not be sent are sent',
        file=POLLING,
        old='        if doing.failed:\n',
        new='        if False:\n',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='a pollster that succeeds again still fails',
        file=WORK,
        old='        work.failing_since = None\n        work.failed_in',
        new='        work.failed_in',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='a pollster hangs as soon as it runs',
        file=TEXT,
        old='running > interval > 0',
        new='interval > 0',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='what works is remembered without end',
        file=WORK,
        old='        while len(works) >= WORKS_MAX:\n',
        new='        while False:\n',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='a broker that was reached again is still away',
        file='daemon/broker_watch.py',
        old='            each.down_since = None\n',
        new='            pass\n',
        tests=('tests/unit/test_messaging.py::'
               'test_broker_that_is_reached_again_is_not_away',)),
    fault.Fault(
        name='a message that was sent does not show that a broker is there',
        file='daemon/sections/messaging.py',
        old='        if sent > error_at or (quiet and connected):\n',
        new='        if quiet and connected:\n',
        tests=('tests/unit/test_messaging.py::'
               'test_sent_message_shows_that_the_broker_is_there',)),
    fault.Fault(
        name='what a publisher failed to publish is published',
        file='daemon/notification_work.py',
        old='            if doing.failed:\n',
        new='            if False:\n',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='a publisher is kept for ever',
        file='daemon/notification_work.py',
        old='weakref.ref(publisher), key',
        new='lambda: publisher, key',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='messages that were given back are not counted',
        file='daemon/notification_work.py',
        old='        taken.lost += len(given_back)\n',
        new='        pass\n',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='a large file is parsed in one call',
        file='daemon/sections/definition_files.py',
        old=' and len(text) <= pauses.LONG_CHARS:\n',
        new=':\n',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='what the fast parser cannot read is not read',
        file='daemon/sections/definition_files.py',
        old='        with contextlib.suppress(Exception):\n'
            '            return yaml',
        new='        with contextlib.nullcontext():\n'
            '            return yaml',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='a file that was edited is as it was read',
        file='daemon/sections/definition_files.py',
        old='            if before.get(name) != after.get(name)]\n',
        new='            if False]\n',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='pollsters that no file defines any more are not missed',
        file='daemon/definition_directories.py',
        old='for name in sorted(live - there)]\n', new='for name in ()]\n',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='definitions of long ago are parsed in each report',
        file='daemon/definition_directories.py',
        old='        if not _is_newer(path, began):\n',
        new='        if False:\n',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='each pollster that needs Keystone is a finding of its own',
        file='daemon/keystone_text.py',
        old="            found[0] if found else '', []).append(pollster)\n",
        new="            pollster['pollster'], []).append(pollster)\n",
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='where a thread waits for Keystone is not seen',
        file='daemon/work_told.py',
        old='            return findings.KEYSTONE\n',
        new='            return None\n',
        tests=(TEST_INSIDE,)),
    fault.Fault(
        name='a broker that never answers what is sent is not seen',
        file='daemon/broker_watch.py',
        old='        if (isinstance(error, OSError)\n',
        new='        if (False\n',
        tests=('tests/unit/test_messaging.py::test_notification_that_gets_no_'
               'answer',)),
)
