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

"""What is secret in this process is known, and nothing else of its files."""

from __future__ import annotations

import contextlib
import importlib
import json
import subprocess
import sys

from oslo_config import cfg
from oslo_config import sources
import pytest

from ceilometer.diagnostics.daemon import collect
from ceilometer.diagnostics.daemon import entry_points
from ceilometer.diagnostics.daemon import installed_options
from ceilometer.diagnostics.daemon import known_secrets
from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import registry
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import sanitize
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon.sections import log_levels
from ceilometer.diagnostics.daemon import service_options
from ceilometer.diagnostics import fields
from ceilometer.diagnostics.secrets import mask
from ceilometer.diagnostics.secrets import recognizers
from ceilometer.diagnostics.secrets import secret_names
from tests import limits
from tests.unit import hanging as hangings

# What libraries import may be deprecated.
pytestmark = pytest.mark.filterwarnings('ignore::DeprecationWarning')

CANARY = 'xK9-canary-77q'

FILE = f"""\
[keystone]
auth_type = v3oidcauthcode
code = {CANARY}-1
auth_url = http://keystone.example.org/v3
identity_provider = myidp
[cache]
backend_argument = password:{CANARY}-2
backend = dogpile.cache.null
[oslo_messaging_kafka]
ssl_client_key_password = {CANARY}-3
[mine]
bindpw = {CANARY}-4
my_pw = {CANARY}-5
pin = {CANARY}-6
signature = {CANARY}-7
url = http://h/hook?password={CANARY}-8&x=1
unknown = something
[other]
code = another
"""


@pytest.fixture(autouse=True)
def nobody_asked(monkeypatch):
    """Libraries are asked in each test anew."""
    monkeypatch.setattr(installed_options, '_answer', None)
    # that are in use, as in a daemon
    for name in ('keystoneauth1.loading', 'oslo_cache'):
        importlib.import_module(name)


@pytest.fixture
def conf(tmp_path):
    """A configuration that no option of the process reads."""
    file = tmp_path / 'test.conf'
    file.write_text(FILE)
    made = cfg.ConfigOpts()
    made.register_opts([
        cfg.ListOpt('reserved_metadata_keys', default=[]),
        cfg.StrOpt('ordinary_token_hint'),
        cfg.StrOpt('public_token'),
        cfg.StrOpt('forgotten_password'),
        cfg.StrOpt('new_secret', secret=True,
                   deprecated_opts=[cfg.DeprecatedOpt('old', 'past')]),
        cfg.DictOpt('pairs'), cfg.StrOpt('endpoint'),
        cfg.MultiStrOpt('several')])
    made(['--config-file', str(file)])
    return made


def report(conf, add=lambda: None, hung=None, **settings):
    """Collect all sections of a report, by their names."""
    registry.register_section('Added', add, 'added')
    try:
        collector = collect.Collector(report_context.ReportContext(
            daemons.Daemon('example', conf),
            options.Settings(**{'report_seconds_max': limits.EVENT_SECONDS,
                                'section_seconds_max': limits.EVENT_SECONDS,
                                **settings}),
            {} if hung is None else hung))
        with contextlib.closing(collector):
            collector.snapshot()
            collector.find()
            return {made.name: made for made in collector.sections()}
    finally:
        registry.unregister_section('added')


class TestReportAfterReport:
    """Most of what a report masks has been masked for the one before."""

    @pytest.fixture(autouse=True)
    def forget(self):
        """No report was made before."""
        known_secrets._redactors.clear()
        known_secrets._without_secrets.clear()
        sanitize._made.clear()

    def said(self, conf, text):
        """A section's text in a report, and how many texts were searched."""
        with pytest.MonkeyPatch.context() as patch:
            searched = []
            find = recognizers.find
            patch.setattr(recognizers, 'find', lambda *given: (
                searched.append(given[0]) or find(*given)))
            made = report(conf, lambda: text)
        return made['added'].text, searched

    def test_what_was_masked_is_not_searched_again(self, conf):
        """But for long texts, what has changed, and what held a secret."""
        text, first = self.said(conf, 'nothing here')
        assert text == 'nothing here' and text in first
        text, second = self.said(conf, 'nothing here')
        assert text == 'nothing here' and text not in second
        assert len(second) * 4 < len(first)

    def test_new_secret_is_masked_in_what_was_shown(self, conf, monkeypatch):
        """Other secrets are other texts."""
        assert self.said(conf, f'see {CANARY}-new')[0] == f'see {CANARY}-new'
        monkeypatch.setenv('NEW_PASSWORD', f'{CANARY}-new')
        assert self.said(conf, f'see {CANARY}-new')[0] == 'see ***'
        monkeypatch.delenv('NEW_PASSWORD')
        assert self.said(conf, f'see {CANARY}-new')[0] == f'see {CANARY}-new'

    def test_what_has_not_changed_is_not_made_again(self):
        """It is the same section; what has changed is another one."""
        conf = cfg.ConfigOpts()
        conf.register_opts([cfg.StrOpt('endpoint'),
                            cfg.StrOpt('new_secret', secret=True)])
        conf([], default_config_files=[])
        conf.set_override('new_secret', f'{CANARY}-1')
        first, same = (report(conf)['configuration'] for _ in range(2))
        assert same._replace(usec=first.usec) == first
        assert same.data is first.data
        conf.set_override('endpoint', 'http://example.org/new')
        third = report(conf)['configuration']
        assert 'endpoint = http://example.org/new' in third.text
        assert 'example.org/new' not in first.text
        # a smaller one is another one, too
        assert report(conf, section_bytes_max=300)[
            'configuration'].status == fields.STATUS_TRUNCATED

    def test_why_a_section_failed_is_told_anew(self, conf, monkeypatch):
        """The same error may come from elsewhere."""
        def one_place(*_):
            raise ValueError('the same')

        def another_place(*_):
            raise ValueError('the same')

        for place in (one_place, another_place):
            monkeypatch.setattr(log_levels, '_describe', place)
            made = report(conf)['logging']
            assert made.status == fields.STATUS_ERROR
            assert f'in {place.__name__}\n' in made.text

    def test_new_secret_is_masked_in_a_section_that_is_the_same(
            self, conf, monkeypatch):
        """What was shown before is no secret then."""
        conf.set_override('endpoint', f'see {CANARY}-new')
        for _ in range(2):
            assert f'{CANARY}-new' in report(conf)['configuration'].text
        monkeypatch.setenv('NEW_PASSWORD', f'{CANARY}-new')
        made = report(conf)['configuration']
        assert 'endpoint = see ***' in made.text
        assert f'{CANARY}-new' not in str(made.data)
        # and what held it is not kept
        assert not any(CANARY in str(one.section)
                       for one in sanitize._made.values())

    def test_option_without_a_secret_is_not_searched_again(self, conf):
        """One that holds a secret is, and is not kept."""
        conf.set_override('endpoint', 'http://example.org/plain')
        conf.set_override('several', [f'http://u:{CANARY}-1@h/'])
        searched = []
        values = recognizers.values
        for _ in range(2):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(recognizers, 'values', lambda text: (
                    searched.append(text) or values(text)))
                report(conf)
        assert searched.count('http://example.org/plain') == 1
        assert searched.count(f'http://u:{CANARY}-1@h/') == 2
        kept = known_secrets._without_secrets
        assert kept and not any(CANARY in text for text, _ in kept)

    @pytest.fixture
    def anew(self, monkeypatch):
        """Names of the options that have been read."""
        names = []
        read = service_options._read
        monkeypatch.setattr(service_options, '_read', lambda *given: (
            names.append(given[2].dest) or read(*given)))
        return names

    def test_options_are_not_read_again(self, conf, anew):
        """As long as nothing can have changed what they are."""
        first = report(conf)['configuration']
        assert 'endpoint' in anew
        anew.clear()
        assert report(conf)['configuration'].data == first.data
        assert anew == []

    @pytest.mark.parametrize('change', [
        'override', 'cleared', 'default', 'own default', 'list in its place',
        'file', 'mutable', 'environment', 'new option', 'other object'])
    def test_what_has_changed_is_read(self, conf, anew, monkeypatch,
                                      tmp_path, change):
        """Whatever may have changed it."""
        several = ['one']
        conf.register_opts([cfg.StrOpt('moving', default='old', mutable=True),
                            cfg.ListOpt('growing', default=several)])
        if change == 'cleared':
            conf.set_override('moving', 'overridden')
        (before,) = [option for option in report(conf)['configuration'].data[
            'options'] if option['name'] == 'moving']
        anew.clear()
        file = tmp_path / 'test.conf'
        wanted = 'new'
        match change:
            case 'override':
                conf.set_override('moving', 'new')
            case 'cleared':
                assert before['value'] == 'overridden'
                conf.clear_override('moving')
                wanted = 'old'
            case 'default':
                conf.set_default('moving', 'new')
            case 'own default':
                cfg.set_defaults(
                    [info['opt'] for info, _ in conf._all_opt_infos()
                     if info['opt'].dest == 'moving'], moving='new')
            case 'list in its place':
                several.append('new')
            case 'file' | 'mutable':
                file.write_text(
                    '[DEFAULT]\nmoving = new\n' + file.read_text())
                if change == 'file':
                    conf.reload_config_files()
                else:
                    conf.mutate_config_files()
            case 'environment':
                monkeypatch.setenv('OS_DEFAULT__MOVING', 'new')
            case 'new option':
                conf.register_opt(cfg.StrOpt('further', default='new'))
            case 'other object':
                conf = cfg.ConfigOpts()
                conf.register_opt(cfg.StrOpt('moving', default='new'))
                conf([], default_config_files=[])
        values = {option['name']: option['value'] for option in report(conf)[
            'configuration'].data['options']}
        assert 'moving' in anew
        assert (values['growing'][-1] if change == 'list in its place'
                else values['further'] if change == 'new option'
                else values['moving']) == wanted

    def test_setting_that_gets_its_option_is_known(self, conf):
        """Whoever registers it, and whenever."""
        def unknown():
            told = report(conf)['configuration'].data['unregistered']
            return [one['name'] for one in told if one['group'] == 'mine']

        assert 'unknown' in unknown()
        conf.register_opt(cfg.StrOpt('unknown'), group='mine')
        assert 'pin' in (now := unknown()) and 'unknown' not in now

    def test_source_that_nobody_knows_is_always_asked(self, conf, anew):
        """It may tell something else each time."""
        class Source(sources.ConfigurationSource):
            told = 'one'

            def get(self, group_name, option_name, opt):
                return (self.told, None) if option_name == 'endpoint' else (
                    sources._NoValue, None)

        source = Source()
        conf._sources.append(source)
        for source.told in ('one', 'two'):
            anew.clear()
            report(conf)
            assert 'endpoint' in anew

    def test_place_that_has_changed_is_told(self, conf, tmp_path):
        """The files are read each time, if the values are not."""
        file = tmp_path / 'test.conf'
        file.write_text('[DEFAULT]\nendpoint = x\n' + file.read_text())
        conf.reload_config_files()
        lines = []
        for text in ('', '\n# a line above\n'):
            file.write_text(text + file.read_text())
            lines.append([option['line'] for option in report(conf)[
                'configuration'].data['options']
                if option['location'] == 'file'])
        assert lines[0] and lines[0] != lines[1]

    def test_what_held_a_secret_is_forgotten(self, conf):
        """The process has it, and needs no second one of it."""
        for _ in range(2):
            said, searched = self.said(
                conf, f'nothing here, but {CANARY}-1 there')
            assert said == 'nothing here, but *** there'
            assert f'nothing here, but {CANARY}-1 there' in searched
        kept = [text for found in known_secrets._redactors.values()
                for text in found._masker.remembered]
        assert kept and not any(CANARY in text for text in kept)

    def test_memory_is_bounded(self, conf, monkeypatch):
        """However much a report has, and however often secrets change."""
        monkeypatch.setattr(mask, 'KEPT_CHARS_MAX', 1000)
        monkeypatch.setattr(known_secrets, 'REMEMBERED_TEXTS_MAX', 10)
        for number in range(5):
            monkeypatch.setenv('NEW_PASSWORD', f'{CANARY}-new-{number}')
            report(conf, lambda: {'all': [f'text {one}' for one in range(
                200)]})
            kept = [found._masker.remembered
                    for found in known_secrets._redactors.values()]
            assert 0 < len(kept) <= known_secrets.REDACTORS_MAX
            assert (0 < len(known_secrets._without_secrets)
                    <= known_secrets.REMEMBERED_TEXTS_MAX)
            assert all(0 < sum(map(len, one)) <= 1000 for one in kept)

    def test_what_changes_from_report_to_report_is_forgotten(self, conf):
        """However many reports there are: not only when it is too much."""
        kept = []
        for number in range(3 * mask.KEPT_REPORTS_MAX):
            texts = [f'{number} {one}' for one in range(50)]
            report(conf, lambda texts=texts: {
                'all': ['text of each', *texts]})
            kept.append([text for found in known_secrets._redactors.values()
                         for text in found._masker.remembered
                         if text.startswith((f'{number} ', '0 ', 'text of'))])
        assert all('text of each' in one for one in kept)
        first, *_, last = kept
        assert len([text for text in first if text[0] == '0']) >= 50
        assert not [text for text in last if text.startswith('0 ')]
        # those of the last one are there
        assert len(last) > 50


class TestUnregistered:
    """Settings in the files that no option of the process reads."""

    def values(self, sections):
        """Their values, by group and name."""
        return {(setting['group'], setting['name']): setting['value']
                for setting in sections['configuration'].data['unregistered']}

    def test_only_what_a_library_calls_ordinary_is_shown(self, conf):
        """The installed libraries are asked; nobody speaks for the rest."""
        sections = report(conf)
        assert self.values(sections) == {
            ('keystone', 'auth_type'): 'v3oidcauthcode',
            ('keystone', 'code'): '***',
            ('keystone', 'auth_url'): 'http://keystone.example.org/v3',
            ('keystone', 'identity_provider'): 'myidp',
            ('cache', 'backend_argument'): '***',
            ('cache', 'backend'): 'dogpile.cache.null',
            ('oslo_messaging_kafka', 'ssl_client_key_password'): '***',
            ('mine', 'bindpw'): '***', ('mine', 'my_pw'): '***',
            ('mine', 'pin'): '***', ('mine', 'signature'): '***',
            ('mine', 'url'): '***', ('mine', 'unknown'): '***',
            ('other', 'code'): '***'}
        text = sections['configuration'].text
        assert 'backend = dogpile.cache.null' in text
        assert 'unknown = ***' in text
        assert all(CANARY not in made.text + json.dumps(made.data)
                   for made in sections.values())

    @pytest.mark.parametrize('number', range(1, 9))
    def test_what_is_secret_is_known_by_value(self, conf, number):
        """In whatever a third-party section says, for one."""
        said = report(conf, lambda: f'see {CANARY}-{number} there')['added']
        assert said.text == 'see *** there'

    def test_libraries_that_hang_cost_one_thread_and_no_report(
            self, conf, monkeypatch):
        """Then nothing of these settings is shown."""
        hanging = hangings.Hanging(monkeypatch)
        monkeypatch.setattr(installed_options, 'ask', hanging.hang)
        hung = {}
        try:
            for _ in range(2):
                sections = report(conf, hung=hung, section_seconds_max=0.2)
                assert set(self.values(sections).values()) == {'***'}
                assert sections['configuration'].status == fields.STATUS_OK
                assert set(hung) == {collect.LIBRARIES}
        finally:
            hanging.released.set()

    def test_libraries_that_raise_hide_no_other(self, conf, monkeypatch):
        """Neither when they are imported, nor when they are asked."""
        class Wrong:
            module = attr = 'wrong'

            def load(self):
                raise SystemExit(3)

        class WrongToo:
            module = attr = 'wrong.too'

            def load(self):
                return lambda: [('x', [object()])]

        for module in ('wrong', 'wrong.too'):
            monkeypatch.setitem(sys.modules, module, None)
        find = entry_points.of
        monkeypatch.setattr(entry_points, 'of', lambda group: [
            Wrong(), WrongToo(), *find(group)])
        assert self.values(report(conf))['cache', 'backend'] == (
            'dogpile.cache.null')

    def test_no_library_is_imported_for_it(self, conf):
        """Only the options of those that are in use already.

        One that is imported may warn of each fork from then on, as eventlet
        does, or be a whole service of OpenStack. Nor is all that is installed
        searched for plugins: that takes longer than the report.
        """
        code = ('import sys\n'
                'import keystoneauth1.loading\n'
                'import oslo_cache\n'
                'import oslo_concurrency\n'
                'from ceilometer.diagnostics.daemon import installed_options\n'
                'before = set(sys.modules)\n'
                'told = installed_options.ask()\n'
                'print("oslo_concurrency.opts" in sys.modules,\n'
                '      "oslo_config.sources._uri" in sys.modules,\n'
                '      len(told.options) > 50,\n'
                '      len(told.plugin_options) > 20)\n'
                'print({name.partition(".")[0]\n'
                '       for name in set(sys.modules) - before}\n'
                '      - set(sys.stdlib_module_names)\n'
                '      - {name.partition(".")[0] for name in before})\n')
        assert subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', code], check=True,
            capture_output=True, text=True).stdout == (
                'True False True True\nset()\n')

    def test_libraries_are_asked_where_there_is_a_question(
            self, tmp_path, monkeypatch):
        """Nothing is imported for a configuration that is all known."""
        asked = []
        monkeypatch.setattr(installed_options, 'ask',
                            lambda: asked.append(1))
        conf = cfg.ConfigOpts()
        conf([])
        report(conf)
        assert not asked
        file = tmp_path / 'a.conf'
        file.write_text('[x]\ny = z\n')
        conf(['--config-file', str(file)])
        report(conf)
        assert asked


class TestRegistered:
    """Options of the process."""

    def test_what_is_told_outvotes_the_name(self, conf):
        """An option that is not secret is shown, and no word is hidden."""
        conf.set_override('reserved_metadata_keys', ['instance_type', 'x'])
        conf.set_override('ordinary_token_hint', 'see the manual')
        # to go by this name alone, it would be secret
        assert secret_names.is_secret('public_token')
        conf.set_override('public_token', 'open-to-all')
        sections = report(conf, lambda: 'an instance_type, see the manual, '
                          'which is open-to-all')
        options = {option['name']: option['value'] for option
                   in sections['configuration'].data['options']}
        assert options['reserved_metadata_keys'] == ['instance_type', 'x']
        assert options['ordinary_token_hint'] == 'see the manual'
        assert 'reserved_metadata_keys = instance_type,x' in (
            sections['configuration'].text)
        assert options['public_token'] == 'open-to-all'
        assert sections['added'].text == (
            'an instance_type, see the manual, which is open-to-all')

    def test_a_password_is_one_whatever_is_told(self, conf):
        """Some libraries forget to say that it is secret."""
        conf.set_override('forgotten_password', CANARY)
        sections = report(conf, lambda: f'see {CANARY}')
        assert sections['added'].text == 'see ***'
        assert CANARY not in sections['configuration'].text
        assert CANARY not in json.dumps(sections['configuration'].data)

    def test_old_name_of_an_option_is_that_option(self, tmp_path, conf):
        """It is registered, and as secret as under its new name."""
        file = tmp_path / 'old.conf'
        file.write_text(f'[past]\nold = {CANARY}\n')
        conf(['--config-file', str(file)])
        sections = report(conf, lambda: f'see {CANARY}')
        assert sections['configuration'].data['unregistered'] == []
        assert sections['added'].text == 'see ***'
        assert CANARY not in sections['configuration'].text


#: What is masked in place in a value: the value, and what is known then.
IN_PLACE = [
    (f'rabbit://a:{CANARY}@h/', [CANARY]),
    (f'rabbit://a:first1@h1,b:{CANARY}@h2/v', ['first1', CANARY]),
    (f'rabbit://a:x@y{CANARY}@h/', [f'x@y{CANARY}']),
    (f'file:///x?password={CANARY}&timeout=3', [CANARY]),
    (f'http://h/x?a=b&token={CANARY}', [CANARY]),
    (f'http://u:first1@h/?token={CANARY}#x', ['first1', CANARY]),
    (f'host=db password={CANARY} user=u', [CANARY]),
    (f'{{"password": "{CANARY}"}}', [CANARY]),
    (f'Authorization: Bearer {CANARY}', [CANARY]),
    (f"auth=('admin', '{CANARY}')", [CANARY]),
    (f'--password {CANARY} --verbose', [CANARY]),
    (f'mysql -p{CANARY}', [CANARY]),
    (f'user:{CANARY}@tcp(h:1)/db', [CANARY]),
    ('rabbit://a:%2Fsecret%2F1@h', ['/secret/1', '%2Fsecret%2F1']),
]


@pytest.mark.parametrize(('value', 'known'), IN_PLACE)
class TestInPlace:
    """What is masked where it stands is known wherever it turns up."""

    def assert_known(self, redactor, known):
        """It is masked alone, without anything that tells it."""
        for secret in known[:1]:
            assert redactor.text(f'see {secret} there') == 'see *** there'
        for secret in known:
            assert secret not in redactor.text(f'see {secret} there')

    def test_option(self, conf, value, known):
        """Of an option that nobody calls secret."""
        conf.set_override('endpoint', value)
        self.assert_known(known_secrets.redactor(section.Context(
            daemons.Daemon('example', conf))), known)

    def test_options_of_several_values(self, conf, value, known):
        """Also one in a list or a mapping."""
        conf.set_override('several', ['x', value])
        conf.set_override('pairs', {'a': value})
        self.assert_known(known_secrets.redactor(section.Context(
            daemons.Daemon('example', conf))), known)

    def test_environment(self, monkeypatch, value, known):
        """Of a variable with an ordinary name."""
        monkeypatch.setenv('ENDPOINT', value)
        self.assert_known(known_secrets.redactor(section.Context(
            daemons.Daemon('example', None))), known)

    def test_argument(self, monkeypatch, value, known):
        """Of an argument of the daemon."""
        monkeypatch.setattr(sys, 'argv', ['x', f'--endpoint={value}', value])
        self.assert_known(known_secrets.redactor(section.Context(
            daemons.Daemon('example', None))), known)

    def test_file(self, tmp_path, value, known):
        """Of a setting that no option reads."""
        file = tmp_path / 'a.conf'
        file.write_text(f'[x]\nendpoint = {value}\n')
        conf = cfg.ConfigOpts()
        conf(['--config-file', str(file)])
        self.assert_known(known_secrets.redactor(section.Context(
            daemons.Daemon('example', conf))), known)


def test_options_that_could_not_be_read_are_looked_for_again(monkeypatch):
    """The whole search of a report knows what the first one missed."""
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    conf.register_opts([cfg.StrOpt('code', secret=True)])
    conf.set_override('code', CANARY)
    context = section.Context(daemons.Daemon('example', conf))

    def fail(conf):
        raise RuntimeError('it changes all the time')

    with monkeypatch.context() as patch:
        patch.setattr(service_options, 'read', fail)
        assert CANARY in known_secrets.redactor(context, files=False).text(
            f'see {CANARY} there')
    assert CANARY not in known_secrets.redactor(context).text(
        f'see {CANARY} there')


def test_working_directory_is_no_secret(monkeypatch):
    """Though its name says password; a report is full of paths in it."""
    monkeypatch.setenv('PWD', '/opt/stack/ceilometer')
    monkeypatch.setenv('OLDPWD', '/opt/stack/ceilometer')
    assert known_secrets.redactor(section.Context(
        daemons.Daemon('example', None))).text(
            'File "/opt/stack/ceilometer/x.py", line 3') == (
                'File "/opt/stack/ceilometer/x.py", line 3')


@pytest.mark.parametrize(('name', 'value'), [
    ('OS_PASSWORD', f'/{CANARY}'), ('DB_PW', f'{CANARY}'),
    ('API_KEY', f'/a/{CANARY}/b'), ('REDISCLI_AUTH', CANARY),
    ('SECRET_ID', CANARY), ('CREDS', f'a:{CANARY}'),
    ('SOME_PASSWORD', f'http://h/x{CANARY}')])
def test_variable_of_a_secret_name_is_known(monkeypatch, name, value):
    """Whatever its value begins with."""
    monkeypatch.setenv(name, value)
    assert CANARY not in known_secrets.redactor(section.Context(
        daemons.Daemon('example', None))).text(f'see {value} there')
