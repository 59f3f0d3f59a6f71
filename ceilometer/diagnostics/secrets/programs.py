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

"""What options of known programs mean, where their names do not say it.

Data only. Of programs that are not here nothing is shown that could be the
value of an option.
"""

from __future__ import annotations

from ceilometer.diagnostics import named_tuple


class Program(named_tuple.NamedTuple):
    """What is known of a program's short options.

    :ivar secret: letters of options whose value is secret
    :ivar shown: letters of options whose value is none
    :ivar flags: letters of options without a value
    :ivar long: names of options with one hyphen whose value is secret
    :ivar words: whether its other arguments are never secret
    :ivar single: whether it has long options with one hyphen
    :ivar command: the letter of the option whose value is a command line
    :ivar joined: letters of options whose value is never the next argument
    :ivar runs: whether its first argument that is no option is a program
    :ivar host: whether it is a host, and a command line follows
    :ivar hidden_from: the number of its first argument, of those that are no
        options, that may be a secret; None for none of them
    :ivar behind: its own verbs whose next argument is secret
    :ivar last: its own verbs whose next argument but one is secret
    :ivar values: its own verbs behind whose next argument all are secret, or
        what they assign: ``kv put PATH KEY=S``; verbs may be several words
    :ivar needs: a flag without which :attr:`hidden_from` is none in a text
    :ivar fewer: a flag with which it has one argument less before those that
        may be secret
    :ivar in_text: whether what :attr:`hidden_from` says holds in a text, too
    :ivar slashed: names of options whose value is secret: ``/p:S``
    :ivar taking: names of options with two hyphens whose value is the next
        argument, and no secret
    :ivar verb: its own verb without which :attr:`secret` says nothing
    """

    secret: str = ''
    shown: str = ''
    flags: str = ''
    long: tuple[str, ...] = ()
    words: bool = False
    single: bool = False
    command: str = ''
    joined: str = ''
    runs: bool = False
    host: bool = False
    hidden_from: int | None = None
    behind: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    needs: str = ''
    fewer: str = ''
    in_text: bool = False
    slashed: tuple[str, ...] = ()
    taking: tuple[str, ...] = ()
    verb: str = ''


_MYSQL = Program(secret='p', joined='p', shown='huPSDe',
                 flags='BsNvrtfCANVqw', words=True)
_SHELL = Program(flags='xelivu', command='c', words=False)
_PYTHON = Program(shown='mWX', flags='bBdEhiIOPqRsStuvVx', command='c',
                  words=False, runs=True)
_LDAP = Program(secret='wyY', shown='HDbhpUs', flags='xZLvWnM', words=True)
_SNMP = Program(secret='cAXk', shown='vulaxnrtm', flags='d', words=True)
_FENCE = Program(secret='p', shown='alonPuK', flags='xvC')
_LOGIN = Program(secret='p', shown='uf')
# docker run -p 80:80
_ENGINE = Program(secret='p', verb='login')
_SAMBA = Program(secret='U', shown='cLIp', flags='Nk')
_FREEIPMI = Program(secret='pk', shown='huDl', words=False)
_RAR = Program(secret='p', flags='xelh', words=True)
_SEVEN_ZIP = Program(secret='p', shown='ot', joined='p', words=True)
_FREERDP = Program(slashed=('p', 'gp', 'password', 'pass', 'pth'))
_SQLCMD = Program(secret='P', shown='SUdQqiofc', flags='ECbTnw')
_MONGO = Program(secret='p', shown='udchoqf', words=True)
_CEPH = Program(shown='pmcn', words=True, long=('key',))
_EXEC = Program(secret='pH', shown='udxM')
_DIG = Program(secret='y', shown='kptxqcb', flags='46')

PROGRAMS: dict[str, Program] = {
    # of our own family
    'ceilometer-polling': Program(words=True),
    'ceilometer-agent-notification': Program(words=True),
    'ceilometer-agent-compute': Program(words=True),
    'ceilometer-agent-central': Program(words=True),
    'ceilometer-agent-ipmi': Program(words=True),
    'ceilometer-diagnostics': Program(words=True, runs=True),
    'ceilometer-rootwrap': Program(words=True, runs=True),
    'privsep-helper': Program(words=True),
    # that run others
    'python': _PYTHON, 'sh': _SHELL, 'bash': _SHELL, 'dash': _SHELL,
    'zsh': _SHELL, 'ksh': _SHELL, 'ash': _SHELL, 'busybox': Program(runs=True),
    'sudo': Program(shown='ugUh', flags='nEHSibkKA', runs=True),
    'su': Program(shown='s', flags='lmp', command='c', words=True),
    'env': Program(shown='uC', flags='iv0', command='S', runs=True),
    'nice': Program(shown='n', runs=True),
    'ionice': Program(shown='cnp', flags='t', runs=True),
    'timeout': Program(shown='ks', runs=False),
    'nohup': Program(runs=True), 'setsid': Program(flags='cfw', runs=True),
    'strace': Program(shown='eopsEuP', flags='fFqtTvxyc', runs=True),
    'nsenter': Program(shown='tSG', flags='amuinpUCrwF', runs=True),
    'sshpass': Program(secret='p', shown='fdP', flags='ev', runs=True),
    'ssh': Program(shown='bcDEeFIiJLlmOopQRSWw',
                   flags='46AaCfGgKkMNnqsTtVvXxYy', host=True),
    # whose options hold secrets
    'mysql': _MYSQL, 'mysqldump': _MYSQL,
    'mysqladmin': _MYSQL._replace(behind=('password',)),
    'mysqlcheck': _MYSQL, 'mysqlimport': _MYSQL, 'mysqlshow': _MYSQL,
    'mariadb': _MYSQL, 'mariadb-dump': _MYSQL,
    'mariadb-admin': _MYSQL._replace(behind=('password',)),
    'mycli': _MYSQL,
    'curl': Program(secret='uUbE', shown='XoHwAemCTrYyzQ',
                    flags='ksSLvifIgGjJNOqpa#0123469',
                    long=('user', 'proxy-user', 'pass', 'oauth2-bearer',
                          'cert')),
    'etcdctl': Program(long=('user', 'password'), words=True,
                       behind=('user add',), last=('put',)),
    'useradd': Program(secret='p', shown='bcdegGkKsuR', flags='DlmMNorU',
                       words=True),
    'usermod': Program(secret='p', shown='cdegGlsuR', flags='aLmoU',
                       words=True),
    'racadm': Program(secret='p', shown='ru', words=True),
    'wbinfo': Program(secret='a', words=True),
    'wget': Program(shown='OoatUPTwQ', flags='qvcSNrkp'),
    'psql': Program(shown='hpUdcfFvLoPRT', flags='atAlnqsSwWxXz1', words=True),
    'pg_dump': Program(shown='hpUdfFjnt', flags='acCOsvwWx', words=True),
    'redis-cli': Program(secret='a', shown='hpnrisu', flags='cx', words=False,
                         behind=('auth', 'AUTH', 'auth default',
                                 'AUTH default'),
                         last=('auth-pass',)),
    'http': Program(secret='a', words=True),
    'mongo': Program(secret='p', shown='u', words=False),
    'mongosh': Program(secret='p', shown='u', words=False),
    'ldapsearch': _LDAP, 'ldapmodify': _LDAP, 'ldapadd': _LDAP,
    'ldapdelete': _LDAP, 'ldapwhoami': _LDAP, 'ldappasswd': Program(
        secret='wsayY', shown='HDbhpU', flags='xZLvWn', words=True),
    'ipmitool': Program(secret='Pky', shown='HUIptlLoNRCSA', flags='cvVKE',
                        words=False, last=('set password',)),
    **dict.fromkeys((
        'ipmi-sensors', 'ipmi-dcmi', 'ipmi-sel', 'ipmi-fru', 'ipmi-chassis',
        'ipmi-raw', 'ipmi-oem', 'ipmi-config', 'bmc-config', 'bmc-info',
        'bmc-device', 'ipmipower', 'ipmiconsole', 'ipmi-ping'), _FREEIPMI),
    'snmpget': _SNMP, 'snmpwalk': _SNMP, 'snmpbulkwalk': _SNMP,
    'snmpset': _SNMP, 'snmpgetnext': _SNMP, 'snmpbulkget': _SNMP,
    'snmptrap': _SNMP, 'snmpinform': _SNMP, 'snmptable': _SNMP,
    'snmpstatus': _SNMP, 'snmpdf': _SNMP, 'trapsess': _SNMP,
    'snmpusm': _SNMP._replace(behind=('passwd',), values=('passwd',)),
    # of Nagios
    'check_snmp': Program(secret='CAXU', shown='Houwcm', words=True),
    'check_http': Program(secret='ab', shown='HIpuwc', words=True),
    'check_mysql': Program(secret='p', shown='HPudwc', words=True),
    'check_ipmi_sensor': Program(secret='P', shown='HULTx', words=True),
    'openssl': Program(secret='kK', shown='', single=True, words=True, long=(
        'pass', 'passin', 'passout', 'password', 'passwd', 'k', 'K', 'iv',
        'macopt', 'hmac', 'srppass', 'psk', 'salt'), behind=('passwd',)),
    'keytool': Program(single=True, words=True),
    'smbclient': _SAMBA, 'winexe': _SAMBA, 'wmic': _SAMBA,
    'net': _SAMBA._replace(last=('user',), values=('use',)),
    'smbcacls': _SAMBA, 'smbget': _SAMBA, 'smbtree': _SAMBA,
    'smbpasswd': Program(secret='Uw', shown='rLc', flags='adexnDshi',
                         hidden_from=1, in_text=True),
    'fence_ipmilan': _FENCE, 'fence_ilo': _FENCE, 'fence_drac5': _FENCE,
    'fence_redfish': _FENCE, 'fence_virsh': _FENCE, 'fence_apc': _FENCE,
    'twine': _LOGIN, 'skopeo': _LOGIN, 'buildah': _LOGIN, 'crane': _LOGIN,
    'pcs': _LOGIN, 'ilorest': _LOGIN, 'rdesktop': _LOGIN,
    'redfishtool': _LOGIN._replace(shown='ur'),
    'dig': _DIG, 'nsupdate': _DIG,
    'kadmin': Program(secret='w', shown='pqrskc'),
    'slappasswd': Program(secret='s', shown='hcT', flags='nvu'),
    'pk12util': Program(secret='WwKk', shown='iodnl'),
    'certutil': Program(secret='pP', shown='dnsthaiocg', single=True),
    'hdparm': Program(shown='SBMW', flags='ICit', long=(
        'security-set-pass', 'security-unlock', 'security-erase',
        'security-disable')),
    'swaks': Program(single=True, long=('ap',)),
    'sendemail': Program(single=True, long=('xp',)),
    'lftp': Program(secret='u', shown='pe'),
    'rar': _RAR, 'unrar': _RAR, '7za': _SEVEN_ZIP, '7zr': _SEVEN_ZIP,
    '7zz': _SEVEN_ZIP,
    'xfreerdp': _FREERDP, 'xfreerdp3': _FREERDP, 'wlfreerdp': _FREERDP,
    'wlfreerdp3': _FREERDP, 'sdl-freerdp': _FREERDP,
    'cmdkey': Program(slashed=('pass', 'p')),
    'sqlcmd': _SQLCMD, 'bcp': _SQLCMD,
    'isql': Program(shown='d', flags='bvcwq', hidden_from=2, in_text=True),
    'qpdf': Program(long=('password',), hidden_from=0, in_text=True),
    'pdftk': Program(behind=('input_pw', 'owner_pw', 'user_pw')),
    'crackmapexec': _EXEC, 'netexec': _EXEC, 'nxc': _EXEC, 'cme': _EXEC,
    'hponcfg': Program(secret='p', shown='usflw', flags='rgvh'),
    'evil-winrm': Program(secret='pH', shown='iuPsec', flags='SlNn'),
    'mongodump': _MONGO, 'mongorestore': _MONGO, 'mongoexport': _MONGO,
    'mongoimport': _MONGO, 'mongostat': _MONGO,
    'nmcli': Program(behind=('password', 'wifi-sec.psk')),
    'wpa_passphrase': Program(hidden_from=1),
    'mkpasswd': Program(shown='mSR', flags='s', hidden_from=0,
                        in_text=True),
    'mc': Program(values=('alias set', 'config host add')),
    'consul': Program(single=True, last=(
        'kv put', 'set-agent-token')),
    'openstack': Program(secret='p', shown='fcntm', long=('payload',),
                         last=('credential create',), taking=('type',),
                         behind=('token revoke',)),
    'barbican': Program(secret='p', shown='fcntm', long=('payload',)),
    'ansible-vault': Program(behind=('encrypt_string',)),
    'ceph': Program(shown='cnsmf', flags='swv', long=('key',),
                    last=('config-key set', 'config-key put',
                          'ac-user-create'),
                    behind=('set-rgw-api-secret-key',)),
    'rpcclient': Program(secret='U', shown='cp', flags='N', words=False),
    'docker': _ENGINE, 'podman': _ENGINE, 'nerdctl': _ENGINE,
    'helm': _ENGINE, 'oc': _ENGINE,
    'swift': Program(secret='K', shown='AUV', words=True),
    'ssh-keygen': Program(secret='NP', shown='tfbC', flags='qyl',
                          words=True),
    'zip': Program(secret='P', flags='rqj', words=True),
    'unzip': Program(secret='P', shown='d', flags='oqnjl', words=True),
    '7z': _SEVEN_ZIP,
    # htpasswd -nb USER S has no file before them
    'htpasswd': Program(shown='C', flags='bcnmBDsdpiv25', hidden_from=2,
                        needs='b', fewer='n', in_text=True),
    'sqlplus': Program(flags='SL', hidden_from=0),
    'rabbitmqctl': Program(shown='nptl', flags='q', last=(
        'add_user', 'change_password', 'authenticate_user', 'encode'),
        behind=('eval', 'encode', 'decode', 'hash_password')),
    'vault': Program(
        behind=('login', 'operator unseal', 'unwrap', 'token lookup',
                'token renew', 'token revoke', 'token capabilities'),
        values=('kv put', 'kv patch', 'write'), single=True, words=True),
    'echo': Program(flags='ne', hidden_from=0),
    'printf': Program(hidden_from=0),
    'cqlsh': Program(secret='p', shown='u', words=True),
    'rabbitmqadmin': Program(secret='p', shown='HPuVfd', words=True),
    'mosquitto_pub': Program(secret='P', shown='htumq', words=False),
    'mosquitto_sub': Program(secret='P', shown='htuq', words=False),
    'az': Program(secret='p', shown='ugt', words=True),
    'influx': Program(words=False, single=True),
    'virsh': Program(shown='c', flags='rqd', words=False,
                     last=('secret-set-value',), long=('base64',)),
    # that have none
    'sleep': Program(words=True), 'cat': Program(words=True),
    'ps': Program(words=True), 'top': Program(words=True),
    'true': Program(words=True), 'tail': Program(shown='nc', words=True),
    'less': Program(words=True), 'journalctl': Program(
        shown='uounDpgtFSU', flags='fearqbkx', words=True),
    'systemctl': Program(shown='tHMsnpo', flags='laqf', words=True),
    'qemu-img': Program(shown='fFO', words=True),
    'ip': Program(shown='nf', flags='46sd', words=True),
    'ovs-vsctl': Program(words=True), 'java': Program(single=True),
    'ls': Program(flags='lahrtR1dSZ', words=True),
    'multipath': Program(shown='v', flags='lftFwW', words=True),
    'rbd': _CEPH, 'rados': _CEPH, 'rbd-nbd': _CEPH, 'ceph-fuse': _CEPH,
    'cephfs-shell': _CEPH,
    'iostat': Program(words=True), 'smartctl': Program(
        shown='dAi', flags='aix', words=True),
    'nvidia-smi': Program(words=True),
}


def of(argument: str) -> Program | None:
    """What is known of a program, None if it is not known.

    :param argument: as a command line has it: a path, ``python3.11``, or the
        title that a daemon has given itself
    """
    name = argument.rpartition('/')[2]
    if name.startswith('ceilometer-') and not name.endswith('rootwrap'):
        name = name.split()[0].rstrip(':')
    known = PROGRAMS.get(name)
    if known is None and name.startswith(('python', 'pypy')):
        return PROGRAMS['python']
    return known
