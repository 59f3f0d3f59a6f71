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

"""In which order our modules are imported; made by tools/import_order.py."""

#: What arms a daemon.
ARMING = """
named_tuple daemon.shared_places fields daemon.turn daemon.crash_stacks
daemon.own_thread daemon.own_imports daemon.own_names daemon.folded
daemon.descriptors daemon.import_order daemon.process daemon.report_context
daemon.record_lock report daemon.sibling_page daemon.hang_stacks
daemon.siblings daemon.shorten daemon.traces daemon.trigger_page pauses
patterns daemon.reporter daemon.events daemon.interpose daemon.gmr
daemon.chosen_names daemon.log_watch daemon.last_words daemon.report_marks
daemon.memory_left daemon.memory_kills daemon.server_end daemon.worker_deaths
daemon.master_death daemon.process_record daemon.cycle_counts daemon.sd_notify
daemon.start_errors daemon.worker_runs daemon.readiness daemon.signal_wait
daemon.unhandled daemon.waiter daemon.arming daemon.error_text
daemon.broker_watch daemon.coordination_watch daemon.work
daemon.notification_work daemon.polling_work daemon.hooks daemon.workers
daemon.installation daemon.started
"""

#: What makes its reports.
REPORTING = """
contents daemon.distributions daemon.entry_points daemon.installed_options
daemon.service_options secrets.secret_names daemon.section daemon.users
secrets.spans secrets.decoded secrets.known_values secrets.looks
secrets.programs secrets.command_lines secrets.announced_commands
secrets.value_lists secrets.call_arguments secrets.directives
secrets.value_ends secrets.named_values secrets.sentences
secrets.changed_values secrets.described_values secrets.elements
secrets.fed_passwords secrets.frames secrets.hints secrets.http_credentials
secrets.known_forms secrets.sql_values secrets.listed_values
secrets.named_commands secrets.named_rows secrets.tables secrets.ruled_columns
secrets.spaced_values secrets.url_credentials secrets.recognizers secrets.mask
escape secrets.alike secrets.redact daemon.known_secrets daemon.options
findings daemon.section_findings daemon.sanitize daemon.registry
daemon.added_sections daemon.phrases daemon.messaging_text
daemon.notification_text daemon.keystone_text daemon.polling_text
daemon.sockets daemon.running_out daemon.stacks daemon.sections.asyncio_tasks
daemon.option_origins daemon.sections.configuration without_ids
daemon.work_told daemon.sections.coordination daemon.definition_directories
daemon.sections.definition_files daemon.sections.green_threads
daemon.sections.log_levels daemon.sections.messaging
daemon.sections.notifications daemon.sections.package daemon.sections.pipelines
daemon.sections.polling daemon.sections.processes
daemon.sections.recent_problems daemon.sections.resources
daemon.sections.summary daemon.kernel_threads daemon.processor_shares
daemon.running_threads daemon.thread_pools daemon.wait_reasons
daemon.connecting daemon.waited_for daemon.sections.threads daemon.death_text
daemon.sections.workers daemon.threads_text told_once data_json journal_entries
daemon.section_table daemon.side_thread daemon.collect kept_files
daemon.journal daemon.keep daemon.hand_over daemon.make_report
"""

#: What is kept folded until something happens.
FOLDED = """
daemon.event_entries outside.thread_looks daemon.held_proof outside.account
outside.proc_files outside.process_look outside.causes outside.looking
daemon.sibling_look
"""
