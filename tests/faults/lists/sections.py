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

"""What the sections tell, and what they are made of."""

from tests.faults import fault

ASYNCIO = 'daemon/sections/asyncio_tasks.py'
CONFIGURATION = 'daemon/sections/configuration.py'
CONTENTS = 'contents.py'
GREEN_THREADS = 'daemon/sections/green_threads.py'
KERNEL_THREADS = 'daemon/kernel_threads.py'
LOG_LEVELS = 'daemon/sections/log_levels.py'
PACKAGE = 'daemon/sections/package.py'
PROCESSES = 'daemon/sections/processes.py'
RESOURCES = 'daemon/sections/resources.py'
RUNNING_THREADS = 'daemon/running_threads.py'
SERVICE_OPTIONS = 'daemon/service_options.py'
STACKS = 'daemon/stacks.py'
SUMMARY = 'daemon/sections/summary.py'
THREADS = 'daemon/sections/threads.py'
WAIT_REASONS = 'daemon/wait_reasons.py'
WAITED_FOR = 'daemon/waited_for.py'
TEST_WAITED_FOR = 'tests/unit/test_waited_for.py::'
TESTS = 'tests/unit/test_sections.py::'
TEST_WAITS = TESTS + 'TestThreads::test_what_a_thread_waits_for_is_told'
_ORIGINS = 'tests/unit/test_sections.py::TestOrigins'
_MEASURED = (TESTS + 'TestThreads::test_it_is_measured_for_long_only_where_'
             'somebody_computes')
_SOCKETS = ('tests/unit/test_sections.py::TestOthers::'
            'test_sockets_are_told_by_peer_and_state')

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='a name that is no text costs the section',
        file='daemon/chosen_names.py',
        old='    except Exception as error:\n',
        new='    except OSError as error:\n',
        tests=('tests/functional/test_triggers.py::'
               'test_hostile_names_forge_nothing',)),
    fault.Fault(
        name='a name may be as long as it likes',
        file='daemon/chosen_names.py',
        old='    if len(text) > NAME_CHARS_MAX:\n',
        new='    if False:\n',
        tests=('tests/functional/test_triggers.py::'
               'test_hostile_names_forge_nothing',)),
    fault.Fault(
        name='a thread that waits in a hub has no stack',
        file='daemon/sections/green_threads.py',
        old="and (stack or not greenlet['main'])]",
        new="and not greenlet['main']]",
        tests=('tests/unit/test_sections.py',)),
    # stacks
    fault.Fault(
        name='a deep stack is copied whole',
        file=STACKS,
        old='deque(maxlen=FRAMES_MAX)',
        new='deque()',
        tests=(TESTS + 'TestStacks::test_deep_stack_is_bounded_and_'
               'marked',)),
    fault.Fault(
        name='frames that are left out leave no mark',
        file=STACKS,
        old='        inner += (left_out, None)\n',
        new='        pass\n',
        tests=(TESTS + 'TestStacks::test_deep_stack_is_bounded_and_'
               'marked',)),
    fault.Fault(
        name='the sources that were read stay in memory',
        file=STACKS,
        old='            if not was_cached:\n',
        new='            if False:\n',
        tests=(TESTS + 'TestStacks::test_linecache_is_left_as_it_was',)),
    fault.Fault(
        name='the same stack is told for each thread',
        file=STACKS,
        old='    return tuple(map(id, stack[::2])), stack[1::2]\n',
        new='    return (id(object()), id(stack)), stack[1::2]\n',
        tests=(TESTS + 'TestThreads::test_threads_of_one_stack_are_'
               'merged',)),
    fault.Fault(
        name='stacks of different lines are called the same',
        file=STACKS,
        old='                (_place(stack)[0], lines), (stack, []))\n',
        new='                _place(stack)[0], (stack, []))\n',
        tests=(TESTS + 'TestStacks::test_same_stacks_are_merged',)),
    # threads
    fault.Fault(
        name='what waits for a queue is told in other words',
        file=CONTENTS,
        old="'a queue'",
        new="'a line'",
        tests=(TEST_WAITS,)),
    fault.Fault(
        name='what waits for a lock is told in other words',
        file=CONTENTS,
        old="'a lock'",
        new="'a mutex'",
        tests=(TEST_WAITS,)),
    fault.Fault(
        name='what waits for file descriptors is told to wait for data',
        file=WAIT_REASONS,
        old='poll\\(\',\n     contents.FOR_DESCRIPTORS',
        new='poll\\(\',\n     contents.FOR_DATA',
        tests=(TEST_WAITS,)),
    fault.Fault(
        name='what waits for an event is told to wait for a lock',
        file=WAIT_REASONS,
        old=r'waiter\.acquire\(|\bwait(_for)?\(',
        new=r'\bwait(_for)?\(',
        tests=(TEST_WAITS,)),
    fault.Fault(
        name='the lock of a queue is waited for',
        file='daemon/thread_pools.py',
        old='return len(waiting.queue)',
        new='return waiting.qsize()',
        tests=(TESTS + 'TestThreads::test_pool_whose_queue_is_locked_is_'
               'told',)),
    fault.Fault(
        name='pools of futurist are not known',
        file='daemon/thread_pools.py',
        old="                waiting = vars(thread).get('work_queue')\n",
        new='                pass\n',
        tests=(TESTS + 'TestThreads::test_pool_whose_queue_is_locked_is_'
               'told',)),
    fault.Fault(
        name='a thread that computes is told to wait',
        file=THREADS,
        old='RUNNING_SHARE = 0.2',
        new='RUNNING_SHARE = 1e9',
        tests=(TESTS + 'TestThreads::test_thread_that_waits_for_a_processor_'
               'is_running',)),
    fault.Fault(
        name='the main thread is not the first',
        file=THREADS,
        old="thread['diagnostics'] - thread['foreground']",
        new="thread['diagnostics'] + thread['foreground']",
        tests=(TESTS + 'TestThreads::test_main_thread_is_marked_and_'
               'first',)),
    fault.Fault(
        name='the main thread of a fork has the id of another thread',
        file=THREADS,
        old='        native_id = os.getpid()\n',
        new='        pass\n',
        tests=('tests/functional/test_triggers.py::'
               'test_forks_of_a_thread_and_of_forks_answer',)),
    fault.Fault(
        name='threads of libraries in C are not told',
        file=THREADS,
        old='            for seen in kernel.values()],\n',
        new='            for seen in []],\n',
        tests=(TESTS + 'TestThreads::test_thread_of_a_library_in_c_is_'
               'told',)),
    fault.Fault(
        name='a name of a thread that cannot be read costs the section',
        file=THREADS,
        old='    except Exception as error:\n        return f',
        new='    except KeyError as error:\n        return f',
        tests=(TESTS + 'TestThreads::test_thread_whose_name_raises_is_'
               'told',)),
    fault.Fault(
        name='the name of a thread is taken for its state',
        file=KERNEL_THREADS,
        old="rpartition(') ')",
        new="partition(') ')",
        tests=(TESTS + 'TestThreads::test_name_that_looks_like_a_state_is_a_'
               'name',)),
    fault.Fault(
        name='a thread is read again that has not run',
        file=KERNEL_THREADS,
        old='thread.clock != clock',
        new='True',
        tests=(TEST_WAITED_FOR + 'test_thread_that_has_not_run_is_not_read_'
               'again',)),
    fault.Fault(
        name='a thread that has run is not read again',
        file=KERNEL_THREADS,
        old='thread.clock != clock',
        new='False',
        tests=(TEST_WAITED_FOR + 'test_thread_that_has_not_run_is_not_read_'
               'again',)),
    fault.Fault(
        name='of many threads it is not told which wait for a processor',
        file=RUNNING_THREADS,
        old='            if clock != begun.clocks[native_id])\n',
        new='            if False)\n',
        tests=(TESTS + 'TestThreads::test_thread_that_waits_for_a_processor_'
               'is_running',)),
    fault.Fault(
        name='the stacks of many threads hold all of them up',
        file=STACKS,
        old='            pauses.rest(COPY_REST_USEC)\n',
        new='',
        tests=(TESTS + 'TestStacks::test_threads_get_their_turn_between_'
               'stacks',)),
    fault.Fault(
        name='a report of ten thousand threads never ends',
        file=STACKS,
        old='return frames, asked + max(',
        new='return frames, begun + max(',
        tests=(TESTS + 'TestStacks::test_frames_of_very_many_threads_are_not_'
               'asked_for_each_time',)),
    fault.Fault(
        name='of ten thousand threads some are copied at a time',
        file=STACKS,
        old='max(COPY_SECONDS, asked - begun)',
        new='COPY_SECONDS',
        tests=(TESTS + 'TestStacks::test_frames_of_very_many_threads_are_not_'
               'asked_for_each_time',)),
    fault.Fault(
        name='a stack is told as another one where the instructions differ',
        file=STACKS,
        old='lines = tuple(map(_line, stack[::2], stack[1::2]))',
        new='lines = stack[1::2]',
        tests=(TESTS + 'TestStacks::test_same_stacks_are_merged',)),
    fault.Fault(
        name='each thread has a stack of its own to be searched by Python',
        file=STACKS,
        old='copied[ident] = known.setdefault(_place(stack), stack)',
        new='copied[ident] = stack',
        tests=(TESTS + 'TestStacks::test_stacks_that_are_alike_are_kept_'
               'once',)),
    fault.Fault(
        name='a thread is told where another one stands in its function',
        file=STACKS,
        old='copied[ident] = known.setdefault(_place(stack), stack)',
        new='copied[ident] = known.setdefault(_place(stack)[0], stack)',
        tests=(TESTS + 'TestStacks::test_stacks_that_are_alike_are_kept_'
               'once',)),
    fault.Fault(
        name='Python makes a dictionary for each thread',
        file='daemon/thread_pools.py',
        old=' and type(thread) is not threading.Thread:',
        new=':',
        tests=(TESTS + 'TestThreads::test_plain_threads_are_not_asked_for_'
               'attributes',)),
    fault.Fault(
        name='clocks are read twice where nobody has waited',
        file=RUNNING_THREADS,
        old='    if clocks is None:\n',
        new='    if True:\n',
        tests=(TESTS + 'TestThreads::test_clocks_are_read_again_only_after_a_'
               'wait',)),
    fault.Fault(
        name='clocks are not read again after a wait',
        file=RUNNING_THREADS,
        old='        clocks = None\n    if clocks',
        new='    if clocks',
        tests=(TESTS + 'TestThreads::test_clocks_are_read_again_only_after_a_'
               'wait',)),
    fault.Fault(
        name='our threads are told as busy with each report',
        file=THREADS,
        old='    return stack if now is None else now\n',
        new='    return stack\n',
        tests=(TESTS + 'TestThreads::test_our_threads_are_told_where_they_'
               'stand_by_now',)),
    fault.Fault(
        name='a thread of ours that has ended has no stack',
        file=THREADS,
        old='    return stack if now is None else now\n',
        new='    return now or ()\n',
        tests=(TESTS + 'TestThreads::test_our_threads_are_told_where_they_'
               'stand_by_now',)),
    fault.Fault(
        name='threads of the daemon are told as they are later',
        file=THREADS,
        old="        if described['diagnostics']:\n",
        new='        if True:\n',
        tests=(TESTS + 'TestThreads::test_our_threads_are_told_where_they_'
               'stand_by_now',)),
    fault.Fault(
        name='what differs is told as above',
        file='daemon/threads_text.py',
        old='        above = what\n',
        new='        above = above or what\n',
        tests=(TESTS + 'TestThreads::test_what_is_as_above_is_said_once',)),
    fault.Fault(
        name='of a thousand threads the same is said a thousand times',
        file='daemon/threads_text.py',
        old='what if what != above else AS_ABOVE',
        new='what',
        tests=(TESTS + 'TestThreads::test_what_is_as_above_is_said_once',)),
    fault.Fault(
        name='each report has the stack by which it was made',
        file=THREADS,
        old='        return ()\n    now',
        new='        return stack\n    now',
        tests=(TESTS + 'TestThreads::test_stack_of_the_thread_that_reports_'
               'is_left_out',)),
    # green threads and tasks
    fault.Fault(
        name='green threads are not found',
        file=GREEN_THREADS,
        old='    kinds = _subclasses(greenlet.greenlet)\n',
        new='    kinds = set()\n',
        tests=(TESTS + 'TestGreenThreads::test_started_and_unstarted_'
               'greenlets_are_told',)),
    fault.Fault(
        name='green threads of a subclass are not found',
        file=GREEN_THREADS,
        old='    kinds = _subclasses(greenlet.greenlet)\n',
        new='    kinds = {greenlet.greenlet}\n',
        tests=(TESTS + 'TestGreenThreads::test_greenlets_of_a_subclass_are_'
               'told',)),
    fault.Fault(
        name='green threads that have ended are told',
        file=GREEN_THREADS,
        old="             if not greenlet['dead'] and (stack or",
        new="             if (stack or",
        tests=(TESTS + 'TestGreenThreads::test_started_and_unstarted_'
               'greenlets_are_told',)),
    fault.Fault(
        name='the search refers to tuples that threads build',
        file=GREEN_THREADS,
        old='        itertools.chain(objects, [None]),\n',
        new='        objects,\n',
        tests=(TESTS + 'TestGreenThreads::test_the_search_disturbs_no_'
               'thread',)),
    fault.Fault(
        name='a heap of any size is searched',
        file=GREEN_THREADS,
        old='if unlikely is None and sys.getallocatedblocks() > '
            'HEAP_BLOCKS_MAX:',
        new='if False:',
        tests=(TESTS + 'TestGreenThreads::test_large_heap_is_not_'
               'searched',)),
    fault.Fault(
        name='the heap is searched where eventlet is only loaded',
        file=GREEN_THREADS,
        old='            or _eventlet_runs()):',
        new='            or True):',
        tests=(TESTS + 'TestGreenThreads::test_heap_is_not_searched_where_'
               'no_hub_runs',)),
    fault.Fault(
        name='the heap is searched once a thread has asked eventlet',
        file=GREEN_THREADS,
        old="if mains == 1 or not _others_use(sys.modules['greenlet']):",
        new='if mains == 1:',
        tests=(TESTS + 'TestGreenThreads::test_heap_is_not_searched_where_'
               'threads_look_at_their_greenlets',)),
    fault.Fault(
        name='green threads of others are not looked for',
        file=GREEN_THREADS,
        old='            if held is library or held is library.greenlet:\n',
        new='            if held is library:\n',
        tests=(TESTS + 'TestGreenThreads::test_heap_is_searched_where_others_'
               'use_greenlets[class]',)),
    fault.Fault(
        name='green threads of a kind of others are not looked for',
        file=GREEN_THREADS,
        old='    if any(_is_other(str(',
        new='    if any(False and _is_other(str(',
        tests=(TESTS + 'TestGreenThreads::test_heap_is_searched_where_others_'
               'have_their_own_kind',)),
    fault.Fault(
        name='modules are asked whether they use greenlets',
        file=GREEN_THREADS,
        old="object.__getattribute__(module, '__dict__').get('greenlet')",
        new="getattr(module, 'greenlet', None)",
        tests=(TESTS + 'TestGreenThreads::test_modules_are_asked_for_'
               'nothing',)),
    fault.Fault(
        name='the heap is not searched where eventlet runs',
        file=GREEN_THREADS,
        old='            or _eventlet_runs()):',
        new='            or False):',
        tests=(TESTS + 'TestGreenThreads::test_heap_is_searched_where_a_hub_'
               'runs',)),
    fault.Fault(
        name='tasks that are done are told',
        file=ASYNCIO,
        old='        if not task.done():\n',
        new='        if True:\n',
        tests=(TESTS + 'TestAsyncioTasks::test_task_that_is_done_is_not_'
               'told',)),
    fault.Fault(
        name='tasks that begin meanwhile cost the section',
        file=ASYNCIO,
        old='        except RuntimeError:\n',
        new='        except KeyError:\n',
        tests=(TESTS + 'TestAsyncioTasks::test_tasks_may_begin_'
               'meanwhile',)),
    fault.Fault(
        name='coroutines are followed without end',
        file=ASYNCIO,
        old='and len(frames) < 2 * AWAITS_MAX:',
        new='and len(frames) < 2000:',
        tests=(TESTS + 'TestAsyncioTasks::test_coroutines_are_followed_up_'
               'to_a_number',)),
    # processes
    fault.Fault(
        name='a zombie costs the section',
        file=PROCESSES,
        old='        except (psutil.Error, OSError):\n',
        new='        except KeyError:\n',
        tests=(TESTS + 'TestProcesses::test_zombie_is_told',)),
    fault.Fault(
        name='a unit without /proc/stat costs the section',
        file=PROCESSES,
        old='        except (psutil.Error, OSError):\n',
        new='        except psutil.Error:\n',
        tests=(TESTS + 'TestProcesses::'
               'test_missing_proc_stat_costs_the_times_only',)),
    fault.Fault(
        name='a process that has gone costs the section',
        file=PROCESSES,
        old='        except psutil.Error:\n            return described\n',
        new='        except KeyError:\n            return described\n',
        tests=(TESTS + 'TestProcesses::test_vanished_process_is_told',)),
    fault.Fault(
        name='any number of processes is told',
        file=PROCESSES,
        old='    seen = tree[:PROCESSES_MAX]\n',
        new='    seen = tree\n',
        tests=(TESTS + 'TestProcesses::test_number_of_processes_is_'
               'limited',)),
    fault.Fault(
        name='each of many workers tells of all others',
        file=PROCESSES,
        old='            if len(others) > OTHERS_MAX:\n',
        new='            if False:\n',
        tests=(TESTS + 'TestProcesses::'
               'test_many_others_are_left_to_their_parent[1]',)),
    fault.Fault(
        name='no worker tells of any other',
        file=PROCESSES,
        old='            if len(others) > OTHERS_MAX:\n',
        new='            if others:\n',
        tests=(TESTS + 'TestProcesses::'
               'test_many_others_are_left_to_their_parent[0]',)),
    fault.Fault(
        name='a master leaves many workers out',
        file=PROCESSES,
        old='        if pid in line[:-1]:\n',
        new='        if pid in line:\n',
        tests=(TESTS + 'TestProcesses::'
               'test_many_others_are_left_to_their_parent[1]',)),
    fault.Fault(
        name='others that are left out are not counted',
        file=PROCESSES,
        old='                left_out += len(others)\n',
        new='',
        tests=(TESTS + 'TestProcesses::'
               'test_many_others_are_left_to_their_parent[1]',)),
    fault.Fault(
        name='only the main thread is asked for children',
        file=PROCESSES,
        old='        for thread in threads:\n',
        new='        for thread in (pid,):\n',
        tests=(TESTS + 'TestProcesses::'
               'test_children_of_all_threads_are_told',)),
    fault.Fault(
        name='all processes are the children of one that has many threads',
        file=PROCESSES,
        old='children.setdefault(parent, []).append(int(name))\n',
        new='children.setdefault(os.getpid(), []).append(int(name))\n',
        tests=(TESTS + 'TestProcesses::'
               'test_children_of_all_threads_are_told',)),
    fault.Fault(
        name='a list of children that has changed is taken',
        file=PROCESSES,
        old='if listed is not None and listed == _listed(pid):',
        new='if listed is not None:',
        tests=(TESTS + 'TestProcesses::'
               'test_list_of_children_that_ends_early_is_not_taken',)),
    fault.Fault(
        name='processes that are left out leave no mark',
        file=PROCESSES,
        old="    if data['left_out']:\n",
        new='    if False:\n',
        tests=(TESTS + 'TestProcesses::test_number_of_processes_is_'
               'limited',)),
    fault.Fault(
        name='the name service is asked',
        file=PROCESSES,
        old="('user', lambda: self._user(process.uids().real)),",
        new="('user', process.username),",
        tests=('tests/unit/test_users.py::test_name_service_is_not_'
               'asked',)),
    fault.Fault(
        name='a user that is not local is told by no number',
        file=PROCESSES,
        old='self._users.get(uid, str(uid))',
        new='self._users.get(uid, "")',
        tests=('tests/unit/test_users.py::'
               'test_user_that_is_not_local_has_a_number',)),
    fault.Fault(
        name='lines that name nobody cost the names',
        file='daemon/users.py',
        old='if name and number and number[0].isascii() and '
            'number[0].isdecimal():',
        new='if name and number:',
        tests=('tests/unit/test_users.py::'
               'test_lines_that_name_nobody_are_passed_over',)),
    fault.Fault(
        name='a heading is underlined below the process too',
        file='report.py',
        old="'-' * min(len(title), 72)",
        new="'-' * min(len(lines[-1]), 72)",
        tests=('tests/unit/test_report.py',)),
    # configuration
    fault.Fault(
        name='where an option was set is told twice',
        file=CONFIGURATION,
        old="        if option['changed']:\n",
        new='        if not option:\n',
        tests=(_ORIGINS,)),
    fault.Fault(
        name='options of one group are told of another one',
        file=CONFIGURATION,
        old='groups.setdefault(tuple(told), [])',
        new='groups.setdefault(tuple(told[-1:]), [])',
        tests=(TESTS + 'TestConfiguration::'
               'test_groups_with_the_same_options_are_told_together',)),
    fault.Fault(
        name='each group repeats the options of all clients',
        file=CONFIGURATION,
        old='groups.setdefault(tuple(told), [])',
        new='groups.setdefault((group, *told), [])',
        tests=(TESTS + 'TestConfiguration::'
               'test_groups_with_the_same_options_are_told_together',)),
    fault.Fault(
        name='a stack repeats the frames of the one above',
        file='daemon/stacks.py',
        old='    if same >= _WORTH_A_LINE:\n',
        new='    if same > 999:\n',
        tests=(TESTS + 'TestStacks',)),
    fault.Fault(
        name='a stack without a frame of its own',
        file='daemon/stacks.py',
        old='zip(frames[:-1], above, strict=False)',
        new='zip(frames, above, strict=False)',
        tests=(TESTS + 'TestStacks',)),
    fault.Fault(
        name='stacks are not compared with the one above',
        file='daemon/stacks.py',
        old='        above = frames\n',
        new='        pass\n',
        tests=(TESTS + 'TestStacks',)),
    fault.Fault(
        name='a logger that is switched off is one among many',
        file='daemon/sections/log_levels.py',
        old="and logger['propagate'] and not logger['disabled']",
        new="and logger['propagate']",
        tests=(TESTS + 'TestOthers::'
               'test_loggers_with_a_level_only_share_a_line',)),
    fault.Fault(
        name='a section that was cut looks whole in the table',
        file=SUMMARY,
        old="'' if part['status'] == fields.STATUS_OK else part['status'])",
        new="'')",
        tests=(TESTS + 'TestSummary::'
               'test_columns_are_as_wide_as_they_must_be',)),
    fault.Fault(
        name='the table of sections is as wide as before',
        file=SUMMARY,
        old="f'{row[0]:<{name}}  {row[1]:>{usec}}  ",
        new="f'{row[0]:<32}  {row[1]:>{usec}}  ",
        tests=(TESTS + 'TestSummary::'
               'test_columns_are_as_wide_as_they_must_be',)),
    fault.Fault(
        name='the value of a secret option is told',
        file=CONFIGURATION,
        old="        described['value'] = _mask(option.value)\n",
        new='        pass\n',
        tests=(TESTS + 'TestConfiguration::test_secret_option_tells_where_'
               'it_leads',)),
    fault.Fault(
        name='the error of an option tells its secret',
        file=CONFIGURATION,
        old="        described['error'] = 'has no valid value'\n",
        new='        pass\n',
        tests=(TESTS + 'TestConfiguration::test_error_of_an_option_with_a_'
               'secret_name_tells_no_value',)),
    fault.Fault(
        name='settings that no option reads are not told',
        file=CONFIGURATION,
        old='            for setting in context.unregistered],\n',
        new='            for setting in context.unregistered if False],\n',
        tests=(TESTS + 'TestConfiguration::test_settings_that_no_option_'
               'reads_are_told',)),
    fault.Fault(
        name='the secret of a setting that no option reads is told',
        file=CONFIGURATION,
        old='    if secret is False or not setting.value:\n',
        new='    if not secret:\n',
        tests=(TESTS + 'TestConfiguration::test_setting_with_a_secret_name_'
               'is_masked',)),
    fault.Fault(
        name='a long value is not cut in the text',
        file=CONFIGURATION,
        old='    if len(text) > VALUE_CHARS_MAX:\n',
        new='    if False:\n',
        tests=(TESTS + 'TestConfiguration::test_long_value_is_cut_in_the_'
               'text',)),
    fault.Fault(
        name='the line of a setting is not told',
        file=CONFIGURATION,
        old="described['line'] = places.pop().line",
        new='places.pop()',
        tests=(TESTS + 'TestConfiguration::test_line_of_the_file_is_'
               'told',)),
    fault.Fault(
        name='one invalid value costs all options',
        file=SERVICE_OPTIONS,
        old='    except Exception as raised:\n',
        new='    except KeyError as raised:\n',
        tests=(TESTS + 'TestConfiguration::test_invalid_value_costs_no_'
               'other',)),
    fault.Fault(
        name='options that are registered meanwhile cost the section',
        file=SERVICE_OPTIONS,
        old='            if attempts == READS_MAX:\n',
        new='            if attempts:\n',
        tests=(TESTS + 'TestConfiguration::test_options_may_be_registered_'
               'while_they_are_listed',)),
    fault.Fault(
        name='a configuration file that cannot be read costs the others',
        file=SERVICE_OPTIONS,
        old='        except OSError:\n            continue\n',
        new='        except OSError:\n            break\n',
        tests=(TESTS + 'test_file_that_cannot_be_read_is_passed_over',)),
    fault.Fault(
        name='of several configuration directories one is known',
        file=SERVICE_OPTIONS,
        old='*map(str, conf.config_dirs), *map(str, conf.config_dir or ())',
        new='*map(str, conf.config_dir or ())',
        tests=(TESTS + 'test_files_of_configuration_directories_are_'
               'known',)),
    # the rest
    fault.Fault(
        name='a logger that is switched off is not told',
        file=LOG_LEVELS,
        old='        if (logger.level or logger.disabled or not '
            'logger.propagate\n',
        new='        if (logger.level or not logger.propagate\n',
        tests=(TESTS + 'TestOthers::test_logger_that_is_switched_off_is_'
               'told',)),
    fault.Fault(
        name='loggers that do nothing of their own are told',
        file=LOG_LEVELS,
        old='isinstance(handler, logging.NullHandler)',
        new='isinstance(handler, type(None))',
        tests=(TESTS + 'TestOthers::test_logger_with_a_handler_that_does_'
               'nothing_is_not_told',)),
    fault.Fault(
        name='an upgrade without a restart is not told',
        file=PACKAGE,
        old="    if data['installed_version'] != data['version']:\n",
        new='    if False:\n',
        tests=(TESTS + 'TestOthers::test_upgrade_without_a_restart_is_'
               'told',)),
    fault.Fault(
        name='libraries that are not in use are told',
        file=PACKAGE,
        old='    return module in sys.modules\n',
        new='    return True\n',
        tests=(TESTS + 'TestOthers::test_libraries_are_those_in_use',)),
    fault.Fault(
        name='metadata without an author cost the section',
        file=PACKAGE,
        old='''distributions.field(installed, 'Author') or (
            'OpenStack'),''',
        new="(distributions.field(installed, 'Author') or '')[0],",
        tests=(TESTS + 'TestOthers::test_author_that_is_not_told_is_not_'
               'asked_for',)),
    fault.Fault(
        name='what a package describes is read as its metadata',
        file='daemon/distributions.py',
        old=".partition('\\n\\n')[0].splitlines()",
        new='.splitlines()[::-1]',
        tests=(TESTS + 'TestOthers::test_author_that_is_not_told_is_not_'
               'asked_for',)),
    fault.Fault(
        name='metadata in a lone file are not read',
        file='daemon/distributions.py',
        old="('METADATA', 'PKG-INFO', '')",
        new="('METADATA', 'PKG-INFO')",
        tests=(TESTS + 'TestOthers::test_metadata_are_read_wherever_they_'
               'stand',)),
    fault.Fault(
        name='what asks for sockets is loaded where there is none',
        file='daemon/sockets.py',
        old='    if _libc is None and _has_any():',
        new='    if _libc is None:',
        tests=(TESTS + 'TestOthers::test_what_asks_for_sockets_is_loaded_'
               'where_there_is_one',)),
    fault.Fault(
        name='what asks for sockets is not loaded where there is one',
        file='daemon/sockets.py',
        old=".startswith('socket:'):",
        new=".startswith('sockets:'):",
        tests=(TESTS + 'TestOthers::test_what_asks_for_sockets_is_loaded_'
               'where_there_is_one',)),
    fault.Fault(
        name='any number of descriptors is looked at',
        file=RESOURCES,
        old='in names[:DESCRIPTORS_MAX]:',
        new='in names:',
        tests=(TESTS + 'TestOthers::test_number_of_descriptors_is_'
               'limited',)),
    fault.Fault(
        name='descriptors are not told by their kinds',
        file=RESOURCES,
        old='        counts[kind] += 1\n',
        new="        counts['file'] += 1\n",
        tests=(TESTS + 'TestOthers::test_descriptors_are_told_by_their_'
               'kinds',)),
    fault.Fault(
        name='the summary says that all is well where it is not',
        file=SUMMARY,
        old="           if part['status'] != fields.STATUS_OK]\n",
        new='           if False]\n',
        tests=(TESTS + 'TestSummary::test_sections_that_failed_are_'
               'named',)),
    fault.Fault(
        name='the summary does not tell the triggers that were merged',
        file=SUMMARY,
        old="    if merged:\n",
        new='    if False:\n',
        tests=(TESTS + 'TestSummary::test_merged_triggers_are_told',)),
    fault.Fault(
        name='an option is said to be of the last file with its group',
        file='daemon/sections/configuration.py',
        old="        described['detail'] = places[-1].file\n",
        new='',
        tests=(_ORIGINS,)),
    fault.Fault(
        name='what a value overrides is not told',
        file='daemon/sections/configuration.py',
        old='if option.location in _OVERRIDING and not option.multi:',
        new='if False:',
        tests=(_ORIGINS,)),
    fault.Fault(
        name='a value of the command line is said to be of a file',
        file='daemon/service_options.py',
        old='    return last_flag > last_file\n',
        new='    return False\n',
        tests=(_ORIGINS,)),
    fault.Fault(
        name='files are told in another order than they were read in',
        file='daemon/service_options.py',
        old='    if named := _named_files(conf):',
        new='    if named := []:',
        tests=(_ORIGINS,)),
    fault.Fault(
        name='the kinds of descriptors do not add up',
        file='daemon/sections/resources.py',
        old="'count': len(names) - closed,",
        new="'count': len(names),",
        tests=('tests/unit/test_sections.py::TestOthers::'
               'test_kinds_of_descriptors_add_up',)),
    fault.Fault(
        name='a setting of a library is said to be mistyped',
        file='daemon/sections/configuration.py',
        old="'of_library': context.is_secret(setting) is not None}",
        new="'of_library': False}",
        tests=('tests/unit/test_sections.py::TestConfiguration::'
               'test_settings_of_libraries_are_told_apart',)),
    fault.Fault(
        name='sockets are not told by their state',
        file='daemon/sockets.py',
        old="        state = _STATES.get(info[0], f'state {info[0]}')\n",
        new="        state = contents.ESTABLISHED\n",
        tests=(_SOCKETS,)),
    fault.Fault(
        name='the port of a peer is read backwards',
        file='daemon/sockets.py',
        old="_PORT = struct.Struct('!H')",
        new="_PORT = struct.Struct('<H')",
        tests=(_SOCKETS,)),
    fault.Fault(
        name='an abstract socket is told as one without a name',
        file='daemon/sockets.py',
        old="        raw = b'@' + raw[1:]\n",
        new="        raw = b''\n",
        tests=(_SOCKETS,)),
    fault.Fault(
        name='sockets are asked by objects of Python',
        file='daemon/sockets.py',
        old='    family = _number(descriptor, socket.SO_DOMAIN)\n',
        new='    socket.socket(fileno=descriptor).detach()\n'
            '    family = _number(descriptor, socket.SO_DOMAIN)\n',
        tests=('tests/unit/test_sections.py::TestOthers::'
               'test_sockets_are_left_as_they_are',)),
    fault.Fault(
        name='who holds a lock is not told',
        file=WAITED_FOR,
        old="    return int(match[1]) if match is not None else None\n",
        new='    return None\n',
        tests=(TEST_WAITED_FOR + 'test_who_holds_a_lock_is_told',)),
    fault.Fault(
        name='a lock that nobody can release is nothing unusual',
        file=WAITED_FOR,
        old='                        ended=ended and _owner(one) == owner)\n',
        new='                        ended=False)\n',
        tests=(TEST_WAITED_FOR + 'test_a_lock_that_nobody_can_release',)),
    fault.Fault(
        name='variables that were looked at stay alive',
        file=WAITED_FOR,
        old='                variables.clear()\n',
        new='                pass\n',
        tests=(TEST_WAITED_FOR + 'test_variables_are_not_kept_alive',)),
    fault.Fault(
        name='code of others computes an attribute',
        file=WAITED_FOR,
        old='    classes = [_class_dict(kind) for',
        new='    return getattr(owner, name)\n'
            '    classes = [_class_dict(kind) for',
        tests=(TEST_WAITED_FOR + 'test_no_code_of_others_is_run',)),
    fault.Fault(
        name='every thread is asked',
        file=WAITED_FOR,
        old='    asked = list(wanted)[:ASKED_MAX]\n',
        new='    asked = list(wanted)\n',
        tests=(TEST_WAITED_FOR
               + 'test_number_of_threads_that_are_asked_is_limited',)),
    fault.Fault(
        name='processor time of who has ended is kept',
        file='daemon/processor_shares.py',
        old='    _last = _Last(os.getpid(), now, ticks, threads)\n',
        new='    _last = _Last(os.getpid(), now, ticks, '
            '{**before, **threads})\n',
        tests=(TEST_WAITED_FOR + 'test_who_has_ended_is_forgotten',)),
    fault.Fault(
        name='a new thread has the processor time of one with its number',
        file='daemon/processor_shares.py',
        old='                and thread.started <= told_until):\n',
        new='                ):\n',
        tests=(TEST_WAITED_FOR + 'test_who_has_ended_is_forgotten',)),
    fault.Fault(
        name='a thread has the number of another one, and nobody asks',
        file='daemon/processor_shares.py',
        old='thread.started is not None\n'
            '                and thread.started <= told_until):\n',
        new='(\n                thread.started or 0) <= told_until):\n',
        tests=(TEST_WAITED_FOR + 'test_who_has_ended_is_forgotten',)),
    fault.Fault(
        name='every thread that waits is said to wait for good',
        file=KERNEL_THREADS,
        old='waits_in in _WAITING_IN\n',
        new='waits_in\n',
        tests=(TEST_WAITED_FOR
               + 'test_state_is_known_from_where_a_thread_waits',)),
    fault.Fault(
        name='a thread without a clock has had no processor time',
        file=KERNEL_THREADS,
        old='is_new and clock is not None and waits_in',
        new='is_new and waits_in',
        tests=(TEST_WAITED_FOR + 'test_thread_without_a_clock_is_read',)),
    fault.Fault(
        name='more is read of a thread than is needed',
        file=KERNEL_THREADS,
        old="    'futex_do_wait', ",
        new="    'futex', ",
        tests=(TEST_WAITED_FOR
               + 'test_state_is_known_from_where_a_thread_waits',)),
    fault.Fault(
        name='turns are counted of however many threads',
        file=KERNEL_THREADS,
        old='    is_counted = len(threads) <= COUNTED_MAX\n',
        new='    is_counted = True\n',
        tests=(TEST_WAITED_FOR
               + 'test_turns_of_many_that_wait_are_not_counted',)),
    fault.Fault(
        name='turns are not counted of one among many that has run',
        file=KERNEL_THREADS,
        old='(is_counted or not only_waits)',
        new='is_counted',
        tests=(TEST_WAITED_FOR
               + 'test_turns_of_many_that_wait_are_not_counted',)),
    fault.Fault(
        name='processor time is told in hundredths of a second only',
        file='daemon/sections/threads.py',
        old='seen.switches is not None else 6)',
        new='seen.switches is not None else 2)',
        tests=(TEST_WAITED_FOR
               + 'test_turns_of_many_that_wait_are_not_counted',)),
    fault.Fault(
        name='clocks that may be coarse are relied upon',
        file=KERNEL_THREADS,
        old='                or not is_exact):\n',
        new='                ):\n',
        tests=(TEST_WAITED_FOR + 'test_clocks_are_not_relied_upon_where_'
               'turns_are_not_told',)),
    fault.Fault(
        name='a thread of a library in C has no name',
        file='daemon/sections/threads.py',
        old='seen.comm or kernel_threads.comm(seen.native_id)',
        new='seen.comm',
        tests=(TESTS + 'TestThreads::test_thread_of_a_library_in_c_is_told',
               )),
    fault.Fault(
        name='the variables that a function keeps are taken from it',
        file='daemon/waited_for.py',
        old='    if not code.co_flags & _OPTIMIZED or '
            'not _KEEPERS.isdisjoint(\n            code.co_names):\n',
        new='    if not code.co_flags & _OPTIMIZED:\n',
        tests=(TEST_WAITED_FOR
               + 'test_variables_that_a_function_keeps_are_left_alone',)),
    fault.Fault(
        name='threads are measured for as long in an idle daemon',
        file=RUNNING_THREADS,
        old='        if _is_quiet(scheduled, ours):\n',
        new='        if False:\n',
        tests=(_MEASURED,)),
    fault.Fault(
        name='a thread that computes is not measured for long',
        file=RUNNING_THREADS,
        old='        if _is_quiet(scheduled, ours):\n',
        new='        if True:\n',
        tests=(_MEASURED,)),
    fault.Fault(
        name='what is no thread of the daemon counts as one that computes',
        file=RUNNING_THREADS,
        old='share < QUIET_SHARE or native_id in ours',
        new='share < QUIET_SHARE',
        tests=(_MEASURED,)),
    fault.Fault(
        name='nothing is collected in the first half of the measurement',
        file=RUNNING_THREADS,
        old='        seconds = min(seconds, QUIET_SECONDS)\n',
        new='        pass\n',
        tests=(_MEASURED,)),
    fault.Fault(
        name='each of our threads counts as one that computes',
        file=THREADS,
        old='if isinstance(thread, own_thread.OwnThread)}',
        new='if thread is None}',
        tests=(TESTS + 'TestThreads::'
               'test_our_own_threads_do_not_count_as_computing',)),
)
