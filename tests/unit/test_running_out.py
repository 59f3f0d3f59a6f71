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

"""What is about to run out, found in what a real process has collected."""

import contextlib
import gc
import os
import resource
import socket
import threading

import pytest

from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import running_out
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon.sections import processes
from ceilometer.diagnostics.daemon.sections import resources
from ceilometer.diagnostics.daemon.sections import threads
from ceilometer.diagnostics.daemon import sockets
from ceilometer.diagnostics import findings
from tests import limits

GIB = 1024 * 1024 * 1024


def collected(module):
    """The data of a section of this process."""
    context = section.Context(daemons.Daemon('example'))
    sockets.load()
    if hasattr(module, 'snapshot'):
        context.snapshots[module.NAME] = module.snapshot()
        if module is threads:
            threads.measure(context.snapshots[module.NAME])
    return module.collect(context).data


def sentences(found):
    """Findings, as a reader sees them."""
    return list(map(findings.line, found))


def with_group(group):
    """Resources of this process in a control group with such files."""
    return {**collected(resources), 'control_group': group}


def test_healthy_process_has_no_findings():
    """Of this one there is nothing to say."""
    assert running_out.of_resources(collected(resources)) == []
    assert running_out.of_threads(collected(threads)) == []
    assert running_out.of_processes(collected(processes)) == []


def test_connections_that_are_not_closed():
    """They are told by the peer; of what they fill up they are the cause."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(('127.0.0.1', 0)))
        for _ in range(running_out.NOT_CLOSED_MANY):
            client = socket.create_connection(server.getsockname())
            stack.enter_context(client)
            server.accept()[0].close()
        peer = f'127.0.0.1:{server.getsockname()[1]}'
        data = collected(resources)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        count = data['file_descriptors']['count']
        resource.setrlimit(resource.RLIMIT_NOFILE, (count + 5, hard))
        try:
            data = collected(resources)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    found = running_out.of_resources(data)
    assert [one['kind'] for one in found] == [
        'connections-not-closed', 'descriptors-near-limit']
    sentence = (f'{running_out.NOT_CLOSED_MANY} connections to {peer} were '
                'closed by the peer, but this process keeps them open '
                '(CLOSE-WAIT)')
    (one,) = findings.ordered(found)
    assert (one['kind'], one['sentence']) == (
        'connections-not-closed', sentence)
    assert one['evidence'] == {'peer': peer,
                               'explains': 'descriptors-near-limit'}


@pytest.mark.parametrize(('left', 'severity', 'words'), [
    (0, findings.ERROR, ', none is left'),
    (7, findings.ERROR,
     ', and 4 are held in reserve for reports: none is left'),
    (20, findings.WARNING, '')])
def test_descriptors_near_their_limit(tmp_path, left, severity, words):
    """What most of them are of is told."""
    (tmp_path / 'file').write_text('')
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(open(tmp_path / 'file'))
        data = collected(resources)
    count = data['file_descriptors']['count']
    data['limits']['open files'] = [count + left, None]
    assert sentences(running_out.of_resources(data)) == [
        f'{severity}: {count} of {count + left} file descriptors are open'
        f'{words}; 300 of them {tmp_path}/file [descriptors-near-limit]']


def test_descriptors_without_a_limit(tmp_path):
    """Of no limit there is always enough left."""
    data = collected(resources)
    for limit in ([None, None], [0, 0]):
        data['limits']['open files'] = limit
        assert running_out.of_resources(data) == []
    data['limits'] = {}
    data['file_descriptors'] = {'count': None, 'error': 'none left'}
    del data['sockets']
    assert running_out.of_resources(data) == []


def test_many_threads():
    """Where most of them stand is told."""
    event = threading.Event()
    started = threading.Semaphore(0)

    def work():
        started.release()
        event.wait()

    many = [threading.Thread(target=work, name=f'example-{number}')
            for number in range(running_out.THREADS_MANY)]
    try:
        for thread in many:
            thread.start()
        for _ in many:
            assert started.acquire(timeout=limits.EVENT_SECONDS)
        data = collected(threads)
    finally:
        event.set()
        for thread in many:
            thread.join()
    (one,) = running_out.of_threads(data)
    assert one['kind'] == 'threads-many'
    line = work.__code__.co_firstlineno + 2
    assert one['sentence'] == (
        f'{data["count"]} threads are running; {running_out.THREADS_MANY} of '
        f'them stand at {__file__}:{line} in {work.__qualname__}')
    assert one['evidence']['thread'].startswith('example-')


def test_children_that_have_ended():
    """Whose exit status nobody takes up is told with the program's name."""
    pids = []
    try:
        for _ in range(running_out.ZOMBIES_MANY):
            pid = os.fork()
            if not pid:
                os._exit(0)
            pids.append(pid)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        data = collected(processes)
    finally:
        for pid in pids:
            os.waitpid(pid, 0)
    (one,) = running_out.of_processes(data)
    assert one['kind'] == 'zombies'
    assert one['sentence'].startswith(
        f'{running_out.ZOMBIES_MANY} child processes have ended, but this '
        'process has not taken up their exit status: ')
    fewer = {**data, 'processes': [
        process for process in data['processes'] if process['pid'] != pids[0]]}
    assert running_out.of_processes(fewer) == []
    # of another's children the other one tells
    assert running_out.of_processes({**data, 'self': 1}) == []


@pytest.mark.parametrize('name', ['memory.high', 'memory.max'])
def test_memory_near_the_limit_of_the_unit(name):
    """What the kernel could take back, as cached files, does not count."""
    data = with_group({name: str(2 * GIB), 'memory.current': str(2 * GIB),
                       'memory.stat anon': str(GIB)})
    assert running_out.of_resources(data) == []
    data['control_group']['memory.stat anon'] = str(2 * GIB - 1024 * 1024)
    data['memory_kib']['VmRSS'] = 1024 * 1024
    assert sentences(running_out.of_resources(data)) == [
        'warning: 2,047 MiB of 2,048 MiB of memory are in use by this unit '
        f'(its {name}); 1,024 MiB by this process '
        '[memory-near-limit]']


def test_unit_without_a_limit_of_memory():
    """The kernel writes "max"."""
    data = with_group({'memory.max': 'max', 'memory.stat anon': str(GIB),
                       'pids.max': 'max', 'pids.current': '5'})
    assert running_out.of_resources(data) == []


def test_address_space_near_its_limit():
    """As ulimit -v sets it."""
    data = collected(resources)
    data['memory_kib']['VmSize'] = 900 * 1024
    data['limits']['address space'] = [1000 * 1024 * 1024, None]
    assert sentences(running_out.of_resources(data)) == [
        'warning: 900 MiB of 1,000 MiB of address space are in use (the '
        'limit RLIMIT_AS) [memory-near-limit]']


def test_killed_for_memory():
    """The kernel counts them for the unit."""
    data = with_group({
        'memory.events': 'low 0; high 0; max 12; oom 1; oom_kill 1'})
    assert sentences(running_out.of_resources(data)) == [
        'warning: the kernel has killed 1 process of this unit since it was '
        'started, because its memory was used up [killed-for-memory]']


def test_threads_of_the_unit_near_their_limit():
    """As TasksMax= sets it."""
    data = with_group({'pids.current': '80', 'pids.max': '100'})
    data['memory_kib']['Threads'] = 70
    assert sentences(running_out.of_resources(data)) == [
        'warning: 80 of 100 threads and processes of this unit are in use '
        '(its pids.max); 70 of them are threads of this process '
        '[threads-near-limit]']


def test_memory_of_the_control_group_is_collected(tmp_path):
    """Where the kernel has a file for it, the file's number is told."""
    data = collected(resources)
    group = data['control_group']
    assert group['path'].startswith('/')
    if 'memory.current' in group:
        assert 0 < int(group['memory.stat anon'])


@pytest.mark.parametrize(('swapped', 'used', 'told'), [
    (120 * 1024, 80 * 1024, True), (80 * 1024, 120 * 1024, False),
    (40 * 1024, 10 * 1024, False)])
def test_memory_that_is_swapped_out(swapped, used, told):
    """What rests for long is swapped out, and that is as it should be."""
    data = collected(resources)
    data['memory_kib'].update({'VmSwap': swapped, 'VmRSS': used})
    assert sentences(running_out.of_resources(data)) == [
        'notice: 120 MiB of the memory of this process are swapped out, '
        '80 MiB are in use [memory-swapped]'] * told


def test_garbage_collector_that_is_switched_off(monkeypatch):
    """Memory is not freed for ever; neither is what it cannot free."""
    monkeypatch.setattr(gc, 'garbage', ['one', 'two'])
    gc.disable()
    try:
        found = running_out.of_resources(collected(resources))
    finally:
        gc.enable()
    assert sentences(found) == [
        'notice: the garbage collector is switched off '
        '[garbage-collector-off]',
        'notice: 2 objects cannot be freed by the garbage collector '
        '[objects-not-freed]']
