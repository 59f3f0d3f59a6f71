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

"""The shape of each section's data: the types of :mod:`.contents`.

Whoever wants one takes it from there. Types only, for any process and thread.
"""

from __future__ import annotations

from typing import Any
from typing import Final
from typing import final
from typing import NotRequired
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypedDict
else:
    class TypedDict:
        """A class without cost, where :class:`typing.TypedDict` has much.

        The reader imports this module as it starts, and would compile each
        annotation; whoever wants them asks typing.get_type_hints().
        """


@final
class Frame(TypedDict):
    """A place in a stack.

    :ivar file: path of the source
    :ivar line: its number, 0 where there is none
    :ivar function: qualified name
    :ivar source: the line itself, empty if it could not be read
    """

    file: str
    line: int
    function: str
    source: str


@final
class LeftOut(TypedDict):
    """Stands in a stack for frames that were not copied.

    :ivar left_out: how many
    """

    left_out: int


@final
class Finding(TypedDict):
    """Something unusual; see :mod:`ceilometer.diagnostics.findings`.

    :ivar severity: one of :data:`findings.SEVERITIES`
    :ivar kind: one of :data:`findings.KINDS`, or of somebody else's section
    :ivar sentence: what it is, on one line
    :ivar since: when it began, ISO 8601, UTC; None if that is not known
    :ivar evidence: what it was found by: the section, a thread, an option
    """

    severity: str
    kind: str
    sentence: str
    since: str | None
    evidence: dict[str, str]


class Python(TypedDict):
    """The interpreter."""

    version: str
    implementation: str
    executable: str


class Platform(TypedDict):
    """The host.

    :ivar system: name of the distribution
    :ivar kernel: name and release
    :ivar machine: kind of processor
    """

    system: str | None
    kernel: str
    machine: str
    hostname: str


class Ceilometer(TypedDict):
    """The Ceilometer that runs.

    :ivar installed_version: of the one that is installed now
    :ivar path: where it was loaded from
    """

    vendor: str | None
    product: str
    version: str | None
    installed_version: str | None
    path: str | None


class Package(Ceilometer):
    """Section ``package``.

    :ivar diagnostics: version of this project
    :ivar libraries: versions of the libraries that are loaded, by name
    """

    diagnostics: str | None
    python: Python
    platform: Platform
    libraries: dict[str, str]


class KernelThread(TypedDict):
    """A thread without Python frames.

    :ivar state: one of :data:`STATES`, or a letter of a newer kernel
    :ivar cpu_share: of one processor, since the report before; None in the
        first one, and of a thread that has begun since
    :ivar switches: how often it has got a processor
    :ivar kernel_function: where it waits in the kernel
    """

    native_id: int | None
    name: str | None
    state: str
    cpu_seconds: float | None
    cpu_share: float | None
    switches: int | None
    kernel_function: str | None


class OtherThread(TypedDict):
    """A thread that another one waits for.

    :ivar ended: whether it has ended; then only its ident is known
    """

    name: str | None
    native_id: int | None
    ident: int
    ended: bool


class PieceOfWork(TypedDict):
    """What a thread works on.

    :ivar kind: one of :data:`WORK_KINDS`
    :ivar work: what it works on, a phrase
    :ivar interval_seconds: how often that is to be done, or None
    """

    kind: str
    work: str
    since_usec: int
    interval_seconds: float | None


class Thread(KernelThread):
    """A thread that runs Python code.

    :ivar foreground: whether it is the main thread
    :ivar diagnostics: whether it is one of those that write reports
    :ivar waiting_for: one of :data:`WAITS`
    :ivar waits_for_thread: the one that is to end, or that holds the lock, if
        that is known
    :ivar peer: address of whom it reads from, writes to, connects to, if that
        is known
    :ivar works_on: what it works on, the innermost last, if that is known
    """

    ident: int
    daemon: bool | None
    foreground: bool
    diagnostics: bool
    waiting_for: str | None
    waits_for_thread: NotRequired[OtherThread]
    peer: NotRequired[str]
    works_on: NotRequired[list[PieceOfWork]]


class ThreadStack(TypedDict):
    """A stack, outermost frame first, and all threads that stand there."""

    threads: list[Thread]
    frames: list[Frame | LeftOut]


class ThreadPool(TypedDict):
    """A pool of threads, of concurrent.futures or futurist.

    :ivar thread: the name of one of its threads
    :ivar threads: how many it has
    :ivar waiting: how many pieces of work wait for one of them
    """

    thread: str
    threads: int
    waiting: int


class Threads(TypedDict):
    """Section ``threads``.

    :ivar pools: those first in which the most work waits; missing in reports
        of earlier versions
    """

    count: int
    stacks: list[ThreadStack]
    without_python: list[KernelThread]
    pools: NotRequired[list[ThreadPool]]


class GreenThread(TypedDict):
    """A greenlet.

    :ivar parent: id of its parent
    :ivar main: whether it is the one of a thread itself
    """

    id: int
    type: str
    parent: int | None
    main: bool
    started: bool
    dead: bool


class GreenThreadStack(TypedDict):
    """A stack, and all greenlets that stand there."""

    green_threads: list[GreenThread]
    frames: list[Frame | LeftOut]


class GreenThreads(TypedDict):
    """Section ``green-threads``.

    :ivar not_searched: why they were not searched for, None if they were
    """

    not_searched: str | None
    count: int
    stacks: list[GreenThreadStack]


class Task(TypedDict):
    """A task of asyncio.

    :ivar awaits: type of what it awaits
    :ivar awaits_task: name of the task that it awaits
    """

    name: str
    id: int
    loop: int
    loop_running: bool
    cancelling: int
    awaits: str | None
    awaits_task: str | None


class TaskStack(TypedDict):
    """The coroutines of a task, innermost last, and all that stand there."""

    tasks: list[Task]
    frames: list[Frame | LeftOut]


class AsyncioTasks(TypedDict):
    """Section ``asyncio-tasks``.

    :ivar loaded: whether asyncio is
    """

    loaded: bool
    count: int
    stacks: list[TaskStack]


class Process(TypedDict):
    """A process of the service.

    :ivar depth: 0 for the first one, 1 for its children
    :ivar self: whether it is the one that reports
    :ivar user: its name, or its number where the name is not known here
    :ivar state: as psutil calls it, or :data:`VANISHED`, or :data:`HIDDEN`
        if psutil cannot tell
    :ivar started: ISO 8601, UTC
    """

    depth: int
    self: bool
    pid: int
    parent: int | None
    user: str | None
    state: str
    name: str | None
    command: list[str]
    started: str | None
    rss_bytes: int | None
    threads: int | None
    file_descriptors: int | None
    cpu_seconds: float | None


class Processes(TypedDict):
    """Section ``processes``.

    :ivar root: process id of the first one
    :ivar self: process id of the one that reports
    :ivar processes: a parent before its children
    :ivar left_out: how many are not told
    """

    root: int
    self: int
    processes: list[Process]
    left_out: int


class Place(TypedDict):
    """A line of a file."""

    file: str
    line: int


class Option(TypedDict):
    """An option of the service.

    :ivar value: as the service sees it
    :ivar changed: whether it differs from the default
    :ivar default: if it differs
    :ivar location: one of :data:`LOCATIONS`
    :ivar detail: the file or the variable
    :ivar line: in the file
    :ivar overrides: where files set it as well, to no effect
    :ivar error: why it has no value
    :ivar secret: whether its value is masked whole; if not, that counts more
        than a name that sounds like it
    """

    group: str
    name: str
    value: Any
    changed: bool
    default: NotRequired[Any]
    location: str
    detail: str | None
    line: int | None
    overrides: list[Place]
    error: str | None
    secret: NotRequired[bool]


class Unregistered(TypedDict):
    """What a file sets and the process has no option for.

    :ivar detail: the file
    :ivar secret: whether it is secret, or nobody says that it is not; then
        its value is masked
    :ivar of_library: whether an installed library has such an option, which
        the process has not used yet; else it is misspelled, or of nobody
    """

    group: str
    name: str
    value: Any
    detail: str
    line: int
    secret: NotRequired[bool]
    of_library: NotRequired[bool]


class Configuration(TypedDict):
    """Section ``configuration``.

    :ivar known: whether the service has read its configuration already
    """

    known: bool
    files: list[str]
    options: list[Option]
    unregistered: list[Unregistered]


class Handler(TypedDict):
    """A handler of a logger.

    :ivar target: its file, address or stream
    :ivar formatter: its type
    """

    type: str
    level: str
    target: str | None
    formatter: str | None
    format: str | None


class Logger(TypedDict):
    """A logger that was set up."""

    logger: str
    level: str
    effective_level: str
    propagate: bool
    disabled: bool
    filters: list[str]
    handlers: list[Handler]


class Logging(TypedDict):
    """Section ``logging``.

    :ivar count: how many loggers there are, with those not set up
    :ivar disabled_below: level up to which all records are switched off
    """

    count: int
    loggers: list[Logger]
    disabled_below: str | None


class Usage(TypedDict):
    """What a process has used; getrusage(2)."""

    user_seconds: float
    system_seconds: float
    peak_rss_kib: int
    minor_faults: int
    major_faults: int
    blocks_read: int
    blocks_written: int
    voluntary_switches: int
    involuntary_switches: int


class OpenDescriptors(TypedDict):
    """A file that is open, or a kind of descriptor, and how often."""

    target: str
    count: int


class FileDescriptors(TypedDict):
    """The file descriptors of the process.

    :ivar count: None if they could not be listed; then only ``error`` is here
    """

    count: int | None
    error: NotRequired[str]
    by_kind: NotRequired[dict[str, int]]
    most_open: NotRequired[list[OpenDescriptors]]
    looked_at: NotRequired[int]


class SocketGroup(TypedDict):
    """Sockets of one kind that have a peer and a state in common.

    :ivar protocol: ``tcp``, ``udp``, ``unix``, ``other``
    :ivar state: of a connection, as RFC 9293 calls it
    :ivar local: address or path of one that listens or is not connected
    :ivar peer: ``127.0.0.1:8041``, ``/run/dbus/system_bus_socket``
    """

    protocol: str
    state: str | None
    local: str | None
    peer: str | None
    count: int


class Sockets(TypedDict):
    """The sockets of the process.

    :ivar groups: those of which there are most first
    :ivar left_out: how many sockets are in groups that are not told
    """

    groups: list[SocketGroup]
    left_out: int


class GarbageCollector(TypedDict):
    """Python's garbage collector; see its module gc."""

    enabled: bool
    threshold: list[int]
    count: list[int]
    generations: list[dict[str, int]]
    uncollectable: int


class Resources(TypedDict):
    """Section ``resources``.

    :ivar usage_of_ended_children: missing where none has ended
    :ivar memory_kib: from /proc/self/status, by the kernel's names:
        :data:`RSS`, :data:`PEAK_RSS`, :data:`SWAPPED` and others
    :ivar sockets: missing where descriptors could not be listed
    :ivar limits: soft and hard limit by name, :data:`OPEN_FILES` and others;
        None for none
    :ivar control_group: its path, and the texts of its files by name,
        :data:`MEMORY_EVENTS` and others
    """

    usage: Usage
    usage_of_ended_children: NotRequired[Usage]
    memory_kib: dict[str, int]
    file_descriptors: FileDescriptors
    sockets: NotRequired[Sockets]
    limits: dict[str, list[int | None]]
    garbage_collector: GarbageCollector
    control_group: dict[str, str]
    load_average: list[float]
    armed_for_seconds: float


class WorkingThread(TypedDict):
    """A thread that works on something that is known.

    :ivar thread: its name
    :ivar kind: one of :data:`WORK_KINDS`
    :ivar work: what it works on, a phrase
    :ivar through: ``keystone`` if it asks Keystone now; None if nothing is
        known
    """

    thread: str
    native_id: int | None
    kind: str
    work: str
    since_usec: int
    through: str | None


class LastError(TypedDict):
    """Why something failed, the last time it did.

    :ivar text: class and text of the exception, or the constant part of what
        was logged; without payload and ids
    :ivar kind: full name of the exception's class
    """

    time_usec: int
    text: str
    kind: str | None


class Repeated(TypedDict):
    """Work that is done again and again.

    :ivar failing_since_usec: null unless it failed the last time
    :ivar failed_in_a_row: how often since then
    :ivar running_since_usec: null unless it is being done
    :ivar last_seconds: how long it took the last time
    """

    runs: int
    failed: int
    failing_since_usec: int | None
    failed_in_a_row: int
    running_since_usec: int | None
    last_start_usec: int | None
    last_end_usec: int | None
    last_seconds: float | None
    last_success_usec: int | None
    last_error: LastError | None
    last_warning: str | None


class PollingSource(TypedDict):
    """A source of polling.yaml.

    :ivar pollsters: how many loaded pollsters it matches
    :ivar static_resources: how many resources it lists
    :ivar discovery: what it discovers resources with
    """

    source: str
    interval_seconds: float | None
    meters: list[str]
    pollsters: int
    static_resources: int
    discovery: list[str]


class PollingCycle(Repeated):
    """The sources of one interval, which are polled together.

    :ivar overdue_seconds: by how much it should have ended or begun, or null
    :ivar next_in_seconds: null while it runs
    """

    interval_seconds: float
    sources: list[str]
    overdue_seconds: float | None
    next_in_seconds: float | None


class Pollster(Repeated):
    """A pollster in a source.

    :ivar resources: how many it found the last time
    :ivar samples: how many were sent of it the last time
    :ivar samples_ever: how many were sent since the start
    :ivar switched_off: how many resources it does not poll any more, because
        of a permanent error
    """

    source: str
    pollster: str
    resources: int | None
    samples: int
    samples_ever: int
    switched_off: int


class NotLoaded(TypedDict):
    """What is installed and was not loaded.

    :ivar reason: null if nobody said why
    """

    name: str
    reason: str | None


class Polling(TypedDict):
    """Section ``polling``.

    :ivar state: one of :data:`POLLING_STATES`
    :ivar time_usec: when the section was collected
    :ivar since_usec: when the process was started or forked
    :ivar host: name of the host, as Ceilometer sees it
    :ivar batches_sent: how many messages with samples were sent
    :ivar sending: how many threads send one now
    :ivar unknown: what cannot be told, and why
    """

    state: str
    time_usec: int
    since_usec: int
    host: str | None
    namespaces: list[str]
    sources: list[PollingSource]
    loaded: list[str]
    not_loaded: list[NotLoaded]
    discoveries: list[str]
    cycles: list[PollingCycle]
    pollsters: list[Pollster]
    threads: list[WorkingThread]
    batches_sent: int
    samples_sent: int
    samples_lost: int
    last_sent_usec: int | None
    last_lost_usec: int | None
    sending: int
    unknown: list[str]


class Transport(TypedDict):
    """What a process sends and receives messages through.

    :ivar hosts: of its brokers, with their ports
    :ivar connections: how many it has to send with
    :ivar idle: how many of these nobody uses now
    """

    driver: str
    hosts: list[str]
    virtual_host: str
    connections: int | None
    idle: int


class BrokerConnection(TypedDict):
    """A connection to a broker.

    :ivar purpose: ``send`` or ``listen``
    """

    purpose: str
    host: str
    connected: bool | None


class Broker(TypedDict):
    """A broker, and what was logged of it.

    :ivar host: with its port; null if it was not logged
    :ivar down_since_usec: null if it can be reached, as far as is known
    :ivar tries: how often it could not be reached since then
    :ivar refused: whether it does not let us in
    """

    host: str | None
    down_since_usec: int | None
    tries: int
    refused: bool
    last_error: LastError | None
    reconnects: int
    reconnected_usec: int | None


class Messaging(TypedDict):
    """Section ``messaging``.

    :ivar time_usec: when the section was collected
    :ivar connections: those of listeners, and those to send with that nobody
        uses now
    :ivar blocked_since_usec: null if no broker has blocked a connection
    """

    time_usec: int
    transports: list[Transport]
    connections: list[BrokerConnection]
    brokers: list[Broker]
    blocked_since_usec: int | None
    blocked_reason: str | None
    blocked_times: int
    unknown: list[str]


class LoggedError(TypedDict):
    """An error that was logged.

    :ivar time: ISO 8601, UTC
    :ivar seconds_ago: before this was collected
    :ivar message: its constant part
    :ivar error: class of the exception
    :ivar error_text: text of the exception, without ids and payload
    """

    time: str
    seconds_ago: float
    logger: str
    message: str
    error: str | None
    error_text: str | None


class Worker(TypedDict):
    """A worker that should run.

    :ivar worker: its number
    :ivar pid: None if it does not run
    :ivar age_seconds: since its process was started
    :ivar restarts: how often it was started anew
    :ivar missed_reload: whether a reload should have replaced it
    :ivar last_error: of one that ended without the master learning of it; not
        there in old reports
    """

    worker: int
    pid: int | None
    age_seconds: float | None
    restarts: int
    missed_reload: bool
    last_error: NotRequired[LoggedError | None]


class EndedServer(TypedDict):
    """A forkserver that has ended.

    :ivar exit_status: None if a signal killed it
    :ivar signal: name of the signal, ``SIGSEGV``, or None
    :ivar stacks: where its threads stood when it crashed, as those of a
        worker; empty if it did not, or if another of its workers tells
    """

    pid: int
    exit_status: int | None
    signal: str | None
    stacks: list[str]


class WorkerDeath(TypedDict):
    """A worker that has ended, or the master in the section ``death``.

    :ivar time: ISO 8601, UTC
    :ivar seconds_ago: before this was collected
    :ivar worker: its number, None for the master
    :ivar exit_status: None if a signal killed it, or if that is not known
    :ivar signal: name of the signal, ``SIGKILL``; None likewise
    :ivar lived_seconds: how long it ran
    :ivar replaced: whether it ended because the service was told to reload
    :ivar last_error: what it has logged last
    :ivar stacks: where its threads stood when it crashed, as faulthandler
        writes it, a line each; the first thread is the one that crashed. Or
        the traceback of the exception that ended it
    :ivar service: the service that it ran, ``AgentManager``
    :ivar report: id of the report that it was writing, or None
    :ivar for_memory: there and true if the kernel has most likely killed it,
        because memory ran out
    :ivar lives: there and true if it has not ended: its master has lost it,
        because the forkserver that started it has ended
    :ivar server: how that has ended; not there if that is not known
    """

    time: str
    seconds_ago: float
    worker: int | None
    pid: int | None
    exit_status: int | None
    signal: str | None
    lived_seconds: float | None
    replaced: bool
    last_error: LoggedError | None
    stacks: NotRequired[list[str]]
    service: NotRequired[str]
    report: NotRequired[str | None]
    for_memory: NotRequired[bool]
    lives: NotRequired[bool]
    server: NotRequired[EndedServer]


class WorkersOfService(TypedDict):
    """The workers of one of cotyledon's services.

    :ivar service: its class, ``AgentManager``
    :ivar expected: how many should run
    :ivar workers: all that should run, or do
    :ivar deaths: the last ones, newest first
    :ivar deaths_count: how many ended without being told to, ever
    :ivar deaths_lately: how many of them in the last minutes
    :ivar deaths_lately_seconds: how long ago the first of these was
    """

    service: str
    expected: int
    workers: list[Worker]
    deaths: list[WorkerDeath]
    deaths_count: int
    deaths_lately: int
    deaths_lately_seconds: float | None


class Workers(TypedDict):
    """Section ``workers``.

    :ivar state: one of :data:`WORKERS_STATES`; None in a process that is no
        master
    :ivar state_seconds: how long it has been so
    :ivar reloaded_seconds: since it was told last to reload; None if it was
        not
    :ivar replaces: whether it notices that a worker has ended, and starts
        another one; None in a process that is no master
    """

    state: str | None
    state_seconds: float | None
    reloaded_seconds: float | None
    replaces: bool | None
    services: list[WorkersOfService]


class LoggedProblem(TypedDict):
    """A warning or error that was logged, all equal ones together.

    :ivar level: its name, ``WARNING``
    :ivar thread: name of the thread that logged it last
    :ivar first: ISO 8601, UTC
    :ivar last: ISO 8601, UTC
    :ivar seconds_ago: of the last one, before this was collected
    """

    level: str
    logger: str
    thread: str
    message: str
    error: str | None
    error_text: str | None
    count: int
    first: str
    last: str
    seconds_ago: float


class RecentProblems(TypedDict):
    """Section ``recent-problems``.

    :ivar watched: whether what is logged is seen
    :ivar problems: the newest first
    :ivar forgotten: how many older ones are not told
    """

    watched: bool
    problems: list[LoggedProblem]
    forgotten: int


class Listener(Repeated):
    """A listener of ceilometer-agent-notification; runs are batches.

    :ivar host: the broker that it is connected to, with its port
    :ivar endpoints: classes that get the messages
    :ivar thread_alive: whether the thread that waits for messages runs
    :ivar waiting: how many messages it has got and not handed on
    :ivar messages: how many it has handed on
    :ivar given_back: how many of these it gave back to the broker
    :ivar busy_share: of the time since the process was started, 0 to 1
    """

    host: str | None
    virtual_host: str | None
    connected: bool | None
    exchanges: list[str]
    topics: list[str]
    queues: list[str]
    endpoints: list[str]
    thread_alive: bool | None
    waiting: int
    messages: int
    given_back: int
    busy_share: float


class Notifications(TypedDict):
    """Section ``notifications``.

    :ivar state: one of :data:`POLLING_STATES`
    """

    state: str
    time_usec: int
    since_usec: int
    listeners: list[Listener]
    threads: list[WorkingThread]
    unknown: list[str]


class Pipeline(TypedDict):
    """A source of pipeline.yaml with one of its sinks.

    :ivar kind: ``sample`` or ``event``
    :ivar matches: its meters or events
    :ivar publishers: URLs that are configured
    :ivar loaded: how many of these are loaded
    """

    pipeline: str
    kind: str
    matches: list[str]
    publishers: list[str]
    loaded: int


class Publisher(Repeated):
    """A publisher.

    :ivar load_error: null if it is loaded
    :ivar published: how many samples or events
    :ivar lost: how many it failed to publish
    """

    url: str
    kind: str
    loaded: bool
    load_error: LastError | None
    published: int
    lost: int


class Pipelines(TypedDict):
    """Section ``pipelines``.

    :ivar taken: messages of all listeners
    :ivar published: samples and events of all publishers
    """

    time_usec: int
    pipelines: list[Pipeline]
    publishers: list[Publisher]
    taken: int
    published: int
    unknown: list[str]


class CoordinationGroup(TypedDict):
    """A group that divides its work.

    :ivar members: how many agents are in it
    :ivar member: whether this one is
    """

    group: str
    members: int
    member: bool


class Coordination(TypedDict):
    """Section ``coordination``.

    :ivar used: whether the process uses coordination
    :ivar driver: full name of the coordinator's class
    :ivar heart_alive: whether its thread runs
    :ivar failing_since_usec: null unless it fails to answer now
    """

    time_usec: int
    used: bool
    driver: str | None
    started: bool | None
    heart_alive: bool | None
    beats: int | None
    groups: list[CoordinationGroup]
    failing_since_usec: int | None
    failed_in_a_row: int
    last_error: LastError | None


class ReadFile(TypedDict):
    """A file that the process has read when it started.

    :ivar file: its path; that of a directory, where definitions are gone
    :ivar kind: ``polling``, ``sample pipelines``, ``event pipelines``,
        ``pollsters``, ``meters`` or ``configuration``
    :ivar differs: names of what is not as it was read
    :ivar error: why it cannot be read now
    """

    file: str
    kind: str
    modified_usec: int | None
    differs: list[str]
    error: str | None


class Files(TypedDict):
    """Section ``files``."""

    time_usec: int
    files: list[ReadFile]


class AnsweredTrigger(TypedDict):
    """What asked for the report.

    :ivar kind: one of :data:`fields.TRIGGERS`
    :ivar merged: how many further triggers the report answers
    """

    kind: str
    signal: str | None
    time_usec: int
    merged: int


class CollectedSection(TypedDict):
    """A section, as the summary tells of it.

    :ivar section: its name
    :ivar status: one of :data:`fields.STATUSES`
    """

    section: str
    status: str
    usec: int
    text_bytes: int
    data_bytes: int


class Summary(TypedDict):
    """Section ``summary``.

    :ivar findings: of all sections, the worst first; what follows from
        another one is left out
    :ivar findings_left_out: how many more there were
    :ivar excluded: names of the sections that the options leave out
    :ivar excluded_unknown: names to leave out that no section has
    :ivar others_problem: why there are no third-party sections, or None
    :ivar total_usec: from the trigger to the summary
    :ivar snapshot_usec: for how long threads were held up at most
    :ivar delivery_problem: why the journal did not take all of it, or None
    """

    id: str
    pid: int
    trigger: AnsweredTrigger
    findings: list[Finding]
    findings_left_out: int
    sections: list[CollectedSection]
    excluded: list[str]
    excluded_unknown: list[str]
    others_problem: str | None
    total_usec: int
    snapshot_usec: int
    delivery_problem: str | None


@final
class OutsideThread(TypedDict):
    """A thread of a process that was looked at from the outside, twice.

    :ivar state: as in :class:`KernelThread`
    :ivar share: of the time between the looks in which it ran, or waited for
        a processor; None where the kernel does not count that
    :ivar turns: how often it was given a processor between them, or None
    :ivar wants_interpreter: whether it asks for Python's interpreter again
        and again
    """

    native_id: int
    name: str
    state: str
    kernel_function: str | None
    cpu_seconds: float
    share: float | None
    turns: int | None
    wants_interpreter: bool


@final
class OutsideChild(TypedDict):
    """A child of such a process."""

    pid: int
    name: str
    state: str


class Outside(TypedDict):
    """Section ``outside``: what the kernel tells of a process that is silent.

    :ivar state: as /proc tells it
    :ivar frozen_group: the control group that is frozen, or None
    :ivar signals: names of signals, by ``pending``, ``blocked``, ``ignored``
        and ``caught``
    :ivar threads: those that tell most first
    :ivar descriptors_by_kind: empty where /proc hides them
    :ivar control_group: its path, and the texts of its files by name
    :ivar hidden: the files of /proc that may not be read
    :ivar stacks_by: the program that has told the Python stacks, or None
    :ivar unasked_seconds: how long it had given no sign of life when another
        process told of it, unasked; None if somebody had asked
    """

    pid: int
    state: str
    frozen_group: str | None
    signals: dict[str, list[str]]
    thread_count: int
    threads: list[OutsideThread]
    threads_left_out: int
    descriptor_count: int | None
    descriptor_limit: int | None
    descriptors_by_kind: dict[str, int]
    memory_kib: dict[str, int]
    control_group: dict[str, str]
    parent: int | None
    children: list[OutsideChild]
    age_seconds: float | None
    replaced_files: list[str]
    hidden: list[str]
    stacks_by: str | None
    python_stacks: list[str]
    unasked_seconds: float | None
    findings: list[Finding]


class Died(TypedDict):
    """Section ``death``: a worker that has died, told by its master; or a
    master, told by a worker of it, or by the next master.

    :ivar others: those that died before, since the entry before this one, the
        last one first
    :ivar left_out: how many more did
    """

    death: WorkerDeath
    others: list[WorkerDeath]
    left_out: int
    findings: list[Finding]


class Raised(TypedDict):
    """An exception that nobody has handled.

    :ivar time: ISO 8601, UTC
    :ivar thread: name of the thread that it ended
    :ivar ends_process: whether it ended the whole process
    :ivar error: the class of the exception
    :ivar traceback: as Python prints it, a line each; without variables, and
        without what may be an id or payload
    """

    time: str
    thread: str
    native_id: int | None
    ends_process: bool
    error: str
    traceback: list[str]


class Unhandled(TypedDict):
    """Section ``exception``: an exception that nobody has handled.

    :ivar others: those before, since the entry before this one, the last one
        first
    :ivar left_out: how many more there were
    """

    raised: Raised
    others: list[Raised]
    left_out: int
    findings: list[Finding]


class Failed(TypedDict):
    """Data of any section of status ``error``.

    :ivar error: name of the exception
    """

    error: str
    message: str


class TimedOut(TypedDict):
    """Data of any section of status ``timeout``.

    :ivar reason: a sentence
    :ivar limit: name of the option or constant that ended it, None if it was
        not begun because it still runs for an earlier report
    :ivar limit_seconds: what that is set to, or None
    """

    reason: str
    limit: str | None
    limit_seconds: float | None


class Truncated(TypedDict):
    """Data of any section whose own data were too large, or left out.

    :ivar reason: why the section was left out; absent where it was too large
    """

    truncated: bool
    limit_bytes: int
    reason: NotRequired[str]


#: The shape of the data of our own sections, by name, in a report's order.
SECTIONS: Final[dict[str, type]] = {
    'package': Package,
    'threads': Threads,
    'green-threads': GreenThreads,
    'asyncio-tasks': AsyncioTasks,
    'processes': Processes,
    'workers': Workers,
    'recent-problems': RecentProblems,
    'configuration': Configuration,
    'logging': Logging,
    'resources': Resources,
    'polling': Polling,
    'messaging': Messaging,
    'notifications': Notifications,
    'pipelines': Pipelines,
    'coordination': Coordination,
    'files': Files,
    'summary': Summary,
    'outside': Outside,
    'death': Died,
    'exception': Unhandled,
}
