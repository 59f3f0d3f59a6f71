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

"""Texts and data that hold a secret, and texts that hold none.

Plain data: ``§`` stands for the secret. Each canary is one example of a kind;
the tests put it into short texts, long texts and data.
"""

from __future__ import annotations

#: A secret as a generator makes them.
CANARY = 'xK9-canary-77q'

#: A secret that is a word: nothing but its name tells that it is one.
WORD = 'swordfish'

#: What holds a secret whatever it looks like: kind, then texts.
CANARIES: dict[str, list[str]] = {
    'names': [
        'my_pw = §', 'mypw=§', 'bindpw: §', 'pin = §', 'creds = §',
        'pgpass=§', 'jwt: §', 'psk=§', 'otp = §', 'secret_id: §',
        'SecretId=§', 'VAULT_UNSEAL_KEY=§',
        'rocommunity: §', 'rwcommunity = §', 'token_id=§', 'totp = §',
        'wpa_psk=§', 'rootpw = §',
        'dbpass=§', 'db_pswd = §', 'user_cred: §', 'snmp_community = §',
        'PGPASSWORD=§', 'MYSQL_PWD=§', 'SSHPASS=§', 'password2 = §',
        'erlang_cookie = §', 'X-Amz-Security-Token: §', 'masterauth: §',
        'requirepass=§', 'client.secret = §', 'clientSecret: §',
        'JSESSIONID=§', 'passcode=§', 'application_credential_secret = §',
        'OS_APPLICATION_CREDENTIAL_SECRET=§', 'fernet_key = §',
        'AccountKey=§', 'sharedAccessKey: §', 'ssh_private_key = §'],
    'INI': [
        'password = §', 'password=§', 'password =§', 'password : §',
        '[keystone_authtoken]\npassword = §\nuser = x',
        'password = correct horse §', 'password=correct horse §',
        'password = correct horse \\\n  battery §',
        'password = correct\n  horse §\nuser = x', 'password =\n  §',
        '; password = §', '# password: §', '\tpassword = §',
        'passwords = one, §, three', 'passwords =\n  one\n  §\n'],
    'YAML': [
        'password: §', "password: '§'", 'password: "§ x"',
        'password: |-\n  §', 'password: |-\n§\n', 'password: >\n  a\n  §\n',
        'password: |\n  a\n\n  §\n', 'passwords:\n  - one\n  - §\n',
        'passwords:\n- one\n- §\n', 'auth:\n  password:\n    §\n',
        'tokens:\n  first: §\n', 'tokens:\n  first:\n    second: §\n',
        '- name: x\n  password: §', 'x: {password: §, user: u}',
        'passwords: [one, §]', 'passwords: [\n  one,\n  §\n]',
        'credentials: &anchor\n  user: x\n  is: §\n',
        'password: !vault |\n  §',
        '"password": §', 'password: >-2\n    §\n'],
    'Kubernetes': [
        '- name: DB_PASSWORD\n  value: §\n- name: X\n  value: y',
        '- name: DB_PASSWORD\n  value: "§"\n',
        '- value: §\n  name: DB_PASSWORD\n',
        'env:\n  - name: OS_TOKEN\n    value: §\n',
        'stringData:\n  password: §\n'],
    'JSON': [
        '{"password": "§"}', '{"password":"§"}',
        '{"a":1,"password":"§","b":2}',
        '{\n  "password":\n    "§"\n}', '{\n  "password" : [\n    "§"\n  ]\n}',
        '{"passwords": ["one", "§"]}', '{"tokens": {"first": "§"}}',
        '{"tokens": {\n  "first": "§"\n }\n}', '{\\"password\\": \\"§\\"}',
        '"{\\\\\\"password\\\\\\": \\\\\\"§\\\\\\"}"',
        '{&quot;password&quot;: &quot;§&quot;}',
        '{"name": "password", "value": "§"}',
        '{"name": "password", "default": "§"}',
        '{"default": "§", "name": "password"}',
        '{\n  "key": "api_token",\n  "type": "str",\n  "value": "§"\n}',
        '{"password": {"value": "§"}}', '{"password" :\n\n  "§"\n}',
        '<key>password</key>\n  <string>§</string>'],
    'Python': [
        "{'password': '§'}", "{'password': b'§'}", "{'password': ('§', 1)}",
        "{'password': ['one', '§']}", "{'passwords': {'one', '§'}}",
        "('X-Auth-Token', '§')", "(b'X-Auth-Token', b'§')",
        "[('Accept', 'x'), ('X-Auth-Token', '§')]", "['X-Auth-Token', '§']",
        "{'name': 'password', 'default': '§'}",
        "{'value': '§', 'name': 'password'}",
        "Opt(name='password', default='§')",
        "StrOpt('password', secret=True, default='§')",
        "Client(password='§', timeout=3)",
        "Client(password='it\\'s §')", "Client(password='a' 'b §')",
        "Client(password=SecretStr('§'))", "Auth(token=Token(id='§', a=1))",
        "password: str = '§'", "os.environ['DB_PASSWORD'] = '§'",
        "headers={'X-Auth-Token': '§'}", "password='''a\n§'''",
        "{'auth': {'passwordCredentials': {'user': 'u', 'password': '§'}}}",
        "Token(id='§', expires='x')", "Password('§')",
        "HTTPBasicAuth('admin', '§')", 'basic_auth("admin", "§")',
        "get(url, auth=('admin', '§'))", 'auth: admin:§', "auth = 'admin:§'",
        "{'cookies': {'session': '§'}}", "deque(password=deque(['§']))",
        "<Auth password=§ user=x>", "secret=bytearray(b'§')"],
    'HTTP': [
        'Authorization: Basic §', 'Authorization: Bearer §',
        'Authorization: Foo §', 'authorization: §', 'X-Auth-Token: §',
        'X-Subject-Token: §', 'Proxy-Authorization: Basic §',
        'Cookie: a=b; session=§', 'Set-Cookie: a=§; path=/',
        'Cookie: a=b;\r\n c=§', 'Authorization: Bearer\r\n §',
        '> X-Auth-Token: §', "-H 'X-Auth-Token: §'", '-H "X-Auth-Token: §" x',
        'GET /v3?user=x&token=§&y=1', '/x?password=§',
        '/x?a=b&amp;token=§&amp;c',
        'password%3D§', 'user=x&password=§', 'X-Api-Key: §',
        "b'X-Auth-Token: §\\r\\n'", 'Basic api_key: §', 'X-Amz-Credential=§'],
    'XML': [
        '<password>§</password>', '<ns:password>§</ns:password>',
        '<password type="text">\n  §\n</password>',
        '<credentials><user>u</user><is>§</is></credentials>',
        '<user password="§"/>', "<user password='§' name='u'>",
        '&lt;password&gt;§&lt;/password&gt;',
        '<password><![CDATA[§]]></password>', '<password>§',
        '<property><name>db.password</name><value>§</value></property>',
        '<property name="password" value="§"/>',
        '<entry key="password">§</entry>', '<adminPass>a § b</adminPass>'],
    'command lines': [
        'tool --password §', 'tool --password=§', 'tool --password\n§',
        'tool --password \\\n  §', "tool --password '§'", 'tool -password §',
        "['tool', '--password', '§']", "['tool', '--password=§']",
        'mysql -p§ -h db', 'mysql -u root -p§', "mysql '-p§'",
        'mysqldump -uroot -p§ db', "['mysql', '-p§']", 'sh -c "mysql -p§"',
        "sh -c 'mysql -u root -p§ -e x'", 'curl -u admin:§ http://h/',
        'curl --user admin:§ http://h/', 'curl -uadmin:§ http://h/',
        'curl -sSu admin:§ http://h/', "['curl', '-u', 'admin:§']",
        "curl -k -u 'admin:§' x", 'sshpass -p § ssh h', 'sshpass -p§ ssh h',
        'ldapsearch -x -D cn=admin -w § -b dc=x', 'ldapmodify -w§',
        'ipmitool -I lanplus -H h -U root -P § chassis',
        'snmpwalk -v2c -c § host', 'snmpget -v3 -A § -X § host oid',
        'redis-cli -h h -a § ping', 'openssl enc -k § -in x',
        'openssl rsa -passin pass:§ -in x', 'openssl rsa -passout pass:§',
        'smbclient //h/x -U user%§', 'OS_PASSWORD=§ nova list',
        'export OS_PASSWORD=§', "export OS_PASSWORD='§ x'",
        'env MYSQL_PWD=§ mysql', 'java -Djavax.net.ssl.keyStorePassword=§',
        'docker login -u x -p § h', 'mysql \\\n  -p§',
        'rabbitmqctl add_user u §', 'rabbitmqctl -q change_password u §',
        "['rabbitmqctl', 'authenticate_user', 'u', '§']",
        'mysqladmin -u root password §', "mysqladmin password '§'",
        'virsh secret-set-value u §', 'vault login §',
        'curl --cert c.pem:§ http://h'],
    'URLs': [
        'amqp://user:§@host:5672//', 'redis://:§@host:6379/0',
        'https://§@git.example.org/x', 'rabbit://a:x12345@h1:1,b:§@h2:2/v',
        'rabbit://a:§@h1:1,b:x12345@h2:2/v', 'rabbit://user:a@b§@host/',
        'rabbit://user:a/§@host/', 'rabbit://user:a,§@host/',
        'rabbit://user:a:§@host/', 'rabbit://user:a#b?§@host/',
        "connection='mysql+pymysql://u:§@db/ceilometer'",
        'http://h/ amqp://u:§@h http://h/', 'http://u:http://v:§@h/',
        'file:///x?password=§', 'http://h:1/x?a=b&token=§',
        'user:§@tcp(127.0.0.1:3306)/db', 'admin:§@10.0.0.1:5672',
        'mongodb://u:§@a:1,b:2/x', 'http://h:80/?x=a@b http://u:§@h'],
    'values that are names': [
        '-password\npassword: §', 'key=password=§', 'token: password: §',
        '--password token=§'],
    'of peers': [
        'export AWS_SECRET_ACCESS_KEY=§', 'aws_secret_access_key = §',
        'Authorization: AWS4-HMAC-SHA256 Credential=A/x, Signature=§',
        'Authorization: Digest username="u", nonce="n", response="§"',
        'DefaultEndpointsProtocol=https;AccountName=x;AccountKey=§;X=core',
        'jdbc:mysql://h:3306/db?user=u&password=§', "{u'password': u'§'}",
        '[password] => §', "define('DB_PASSWORD', '§');", 'password := "§"',
        "rabbit_password: '§'  # comment", '-e DB_PASSWORD=§ image',
        'mount -o username=u,password=§ //h/x /m', "curl -d 'pw=§' http://h",
        '{"Name": "password", "Value": "§"}', 'name=password value=§',
        'name: db_password\nvalue: |\n  §\n', 'password: &p §',
        'otpauth://totp/x?secret=§&issuer=y', 'dsn = "u:§@tcp(h)/d"',
        '"password": null, "token": "§"', "password=None, token='§'",
        "Namespace(os_password='§', os_username='u')", 'my_pw: !!str §',
        "CalledProcessError: Command '['mysql', '-p§']' returned 1",
        'Authorization: Token token="§"', 'http_proxy=http://u:§@proxy:3128',
        'ssh-keygen -N § -f x'],
    'connection strings': [
        'host=db user=u password=§ dbname=x', "host=db password='§ x' user=u",
        'Server=h;Uid=u;Pwd=§;Database=x',
        'Server=h;UID=u;PWD=§;Database=x', 'Server=h;Password=a § b;Timeout=3',
        'machine h login u password §1Ab', "CREATE USER u PASSWORD '§'",
        "CREATE USER u IDENTIFIED BY '§'", "ALTER USER u WITH PASSWORD '§'",
        "SET PASSWORD = '§'", "IDENTIFIED WITH x BY '§'"],
    'SQL': [
        "INSERT INTO user (name, password) VALUES ('u', '§')",
        "INSERT INTO user (name, password) VALUES ('u', 'a'), ('v', '§')",
        "INSERT INTO `user` (`name`, `password`) VALUES ('u', '§')",
        "INSERT INTO [user] ([name], [password]) VALUES (N'u', N'§')",
        "insert into t(password,name)values('§','u')",
        "INSERT INTO t (name, password) VALUES ('a, ''b'', c', '§')",
        "INSERT INTO t (id, password) VALUES (nextval('x,y'), '§')",
        "UPDATE u SET (name, password) = ('u', '§')",
        "UPDATE `user` SET `password`='§', `x`='y'",
        "SET PASSWORD FOR 'u'@'h' = '§'",
        "CREATE USER u IDENTIFIED WITH x AS '§'",
        "SELECT * FROM t WHERE name='u' AND password LIKE '§'",
        "SELECT * FROM t WHERE password IN ('§')",
        "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password '§')",
        '[SQL: INSERT INTO user (name, password) VALUES (?, ?)]\n'
        "[parameters: ('u', '§')]",
        '[SQL: INSERT INTO user (name, password) VALUES (%s, %s)]\n'
        "[parameters: [('u', 'a'), ('v', '§')]]",
        '[SQL: INSERT INTO u (name, password) VALUES ($1::VARCHAR, '
        "$2::VARCHAR)]\n[parameters: ('u', '§')]",
        '[SQL: UPDATE user SET name=?, password=? WHERE user.id = ?]\n'
        "[parameters: ('u', '§', 3)]",
        '[SQL: UPDATE user SET password=%(param_1)s WHERE id = %(id_1)s]\n'
        "[parameters: {'param_1': '§', 'id_1': 3}]",
        "[parameters: [{'password': '§'}, {'password': 'a'}]]",
        'INFO sqlalchemy.engine.Engine INSERT INTO t (x, password) VALUES (?, '
        "?)\nINFO sqlalchemy.engine.Engine [generated in 0.1s] (1, '§')",
        'execute("INSERT INTO t (x, password) VALUES (%s, %s)", (1, \'§\'))',
        'execute("UPDATE t SET password = %s", (\'§\',))'],
    'calls': [
        "login('u', '§')", 'smtp.login("u", "§")', "c.login(user, '§')",
        'authenticate("u", "§", timeout=3)', "sign_in('u', '§')",
        "ldap.simple_bind_s('cn=admin,dc=x', '§')", 'conn.auth("u", "§")',
        "HTTPDigestAuth('u', '§')", "credentials ('u', '§')",
        "user.set_password('§')", "change_password('u', 'old', '§')",
        "create_user('u', '§')", "setattr(x, 'password', '§')",
        "os.putenv('DB_PASSWORD', '§')", "user, password = 'u', '§'"],
    'other languages': [
        'passwort = §', 'dbPasswort: §', 'Kennwort: §', 'motdepasse = §',
        'mot_de_passe: §', 'MotDePasse=§', 'contraseña=§', 'contrasena = §',
        'senha: §', 'rabbit_senha=§', 'wachtwoord = §', 'lösenord = §',
        'adgangskode: §', 'salasana = §', 'hasło = §', 'heslo: §',
        'jelszó = §', 'şifre: §', "пароль = '§'", 'Пароль: §', 'κωδικός: §',
        'סיסמה: §', '密码: §', '密码\uff1a§', '密碼=§', 'パスワード: §',
        '비밀번호: §', '"contraseña": "§"', '<passwort>§</passwort>',
        'tool --passwort §'],
    'logs': [
        '2026-11-22 20:25:46.911 36 ERROR ceilometer.x [-] password = a §',
        'req-1 INFO x [-] admin password: a §', '[x] token: §',
        "the password is '§'", 'REQ: curl -g -i -H "X-Auth-Token: §"',
        'Traceback (most recent call last):\n  File "x.py", line 1, in f\n'
        "ValueError: bad: {'password': '§'}",
        "TypeError: f() got ['--password', '§']", 'a: b, password: §, c: d'],
    'private keys': [
        '-----BEGIN PRIVATE KEY-----\nMII\n§\n-----END PRIVATE KEY-----\n',
        '-----BEGIN RSA PRIVATE KEY-----\nMII\n§\n'
        '-----END RSA PRIVATE KEY-----\n',
        '-----BEGIN PGP PRIVATE KEY BLOCK-----\nMII\n§\n'
        '-----END PGP PRIVATE KEY BLOCK-----\n',
        '-----BEGIN PRIVATE KEY-----\nMII\n§',
        "'-----BEGIN PRIVATE KEY-----\\nMII\\n§\\n-----END'",
        '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n§\n'
        '---- END SSH2 ENCRYPTED PRIVATE KEY ----\n',
        '-----BEGIN OpenVPN Static key V1-----\n§\n'
        '-----END OpenVPN Static key V1-----\n',
        '-----BEGIN%20RSA%20PRIVATE%20KEY-----%0AMII%0A§%0A',
        '-----BEGIN+PRIVATE+KEY-----%0AMII%0A§%0A',
        'PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 2\nAAA\n§\n'
        'Private-MAC: §\n',
        'key: |\n  -----BEGIN EC PRIVATE KEY-----\n  MII\n  §\n'],
}

#: What holds a secret only if that looks like one.
LOOKING_CANARIES: dict[str, list[str]] = {
    'names': [
        'signature = §', 'X-Amz-Signature=§', 'sig=§', 'mykey: §',
        'key = §', 'keys = §', 'session: §', 'auth = §', 'hmac: §',
        'metadata_seed=§'],
    'tuples': [
        "auth=('admin', '§')", 'auth = ["admin", "§"]', "keys=['x', '§']",
        "{'key': '§'}", 'AIza?key=§&x=1'],
    'tables': ['| admin_password | § |', '| password | § | x |'],
    'HTTP': ['sent Bearer § to host', 'Basic § x', 'negotiate §'],
    'complaints': [
        'Invalid password: §', 'Could not use token: §',
        'Failed to check the token: § is expired'],
    'sentences': ['token is §', 'machine h login u password §'],
    'calls': ['login(u, §)', 'authenticate(u, §)', "r.auth('§')",
              "check_password('§', 'pbkdf2')"],
    'other languages': ['clave = §', 'parola: §'],
}

#: Secrets that their form tells.
FORMS = [
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N',
    'gAAAAABmQ2xhc3NpYyBmZXJuZXQgdG9rZW4gb2YgS2V5c3RvbmU',
    'ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'glpat-aBcDeFgHiJkLmNoPqRsT',
    'xoxb-123456789012-abcdefABCDEF', 'hvs.CAESIJlWh0aBcDeFgHiJkLmNoPq',
    '$6$saltsalt$abcdefghijklmnopqrstuvwxyz0123456789',
    '$2b$12$abcdefghijklmnopqrstuvABCDEFGH',
    '$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.Rh',
    '$apr1$saltsalt$abcdefghijklmnopqrstuv',
    '$pbkdf2-sha512$25000$saltsaltsaltsalt$abcdefghijklmnopqrstuvwxyz',
    '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4Cb',
    'AQBSdFhcAAAAABAAxKJ7cGJ8dS1kZXBsb3llZA==',
    'npm_abcdefghijklmnopqrstuvwxyzABCDEF0123', 'ghs_16C7e42F292c6912E7710c',
    'hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX',
    'https://x.webhook.office.com/webhookb2/0a1b2c3d-4e5f@6a7b/Incoming',
]

#: Texts that tell a cause, or what a reader looks for: they stay as they are.
SURVIVORS = [
    "KeyError: 'volume_id'", "KeyError: 'password'", "KeyError: 'token'",
    'routing_key=notifications.info', 'binding_key = notifications.#',
    'sorted(d, key=lambda x: x[1])', 'max(items, key=len)',
    "sorted(d, key=operator.itemgetter('name'))", 'f(key=get_key(x))',
    'AuthorizationFailure: Authorization failed: Connection refused',
    'AuthorizationFailure: cannot reach Keystone',
    'Authorization failed: Unable to establish connection',
    'http://controller:5000/v3/auth/tokens: HTTPConnectionPool(host='
    "'controller', port=5000): Max retries exceeded with url: "
    '/v3/auth/tokens (Caused by NewConnectionError: refused)',
    '…/v3/auth/tokens: HTTPConnectionPool(… refused)',
    'POST /v3/auth/tokens: 401', 'rabbit://host:5672/vhost',
    'Failed to fetch token: Connection refused',
    'Could not get token: HTTPConnectionPool(host=h): Max retries exceeded',
    'Unable to validate token: Identity server rejected authorization',
    'Failed to read password: [Errno 2] No such file or directory: /x',
    'InvalidToken: the token has expired', 'Invalid token: expired',
    "ExpiredSignatureError: Signature has expired",
    'keystoneauth1.exceptions.http.Unauthorized: The request you have made '
    'requires authentication. (HTTP 401)',
    "keystoneauth1.exceptions.auth_plugins.MissingRequiredOptions: Auth "
    'plugin requires parameters which were not given: auth_url',
    "NoMatchingPlugin: The plugin password could not be found",
    "Access denied for user 'ceilometer'@'10.0.0.5' (using password: YES)",
    'FATAL:  password authentication failed for user "ceilometer"',
    'ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN',
    "TypeError: f() got an unexpected keyword argument 'password'",
    'ValueError: Fernet key must be 32 url-safe base64-encoded bytes.',
    'DETAIL:  Key (id)=(42) already exists.',
    "IntegrityError: (1062, \"Duplicate entry 'x' for key 'PRIMARY'\")",
    "psycopg2.errors.UniqueViolation: duplicate key value violates x",
    'WWW-Authenticate: Bearer realm="x"', 'auth_type = password',
    'auth_strategy = keystone', 'auth_url = http://h:5000/v3',
    'token_cache_time = 300', 'token_expiry = 3600', 'max_key_length: 20',
    'ssl_key_file = /etc/ssl/private/key.pem', 'key_id: abc1234',
    'password = None', "{'secret': None}", 'password=', "password=''",
    'keystone_authtoken', 'key without value', 'Basic settings',
    'monkey = banana', 'passing = 3', 'passed: 3, failed: 0', 'a = b = c',
    'File "/usr/lib/python3/keys.py", line 3, in get_key',
    'http://host:8041/v1/metric?limit=3', 'key=volume.size', 'key: name',
    'primary_key=id', "sort_keys=['timestamp', 'id']", 'author: someone',
    'http://h:5000/v3?mail=a@example.org', 'user@example.org: hello',
    'ceilometer@openstack', 'git@github.com:openstack/ceilometer',
    'pipeline: meter_source, sink: notifier', 'signal: SIGUSR1',
    'session closed', 'pinned = 3', 'pin_memory=True', 'opinion: fine',
    'curl: (7) Failed to connect to h port 5000: Connection refused',
    'mysql: [Warning] Using a password on the command line',
    'mysql -h db -u root ceilometer', 'ipmitool -I lanplus -H 10.0.0.1 sdr',
    'ssh -p 22 host', 'tail -f /var/log/x', '10:20:30 a@b',
    'BypassPolicy: x', 'design: simple', 'sorted(key=str.lower)',
    'cache key: resource_id', "KeyError('token')",
    "TokenNotFound('x')", "validate_password('x', 'y')", 'auth: keystone',
    'PWD=/opt/dir', 'export OLDPWD=/root',
    'tokens: 5', 'passwords = 0',
    'rabbitmqctl: command not found', 'virsh: error: no domain',
    'begin of a private key', '-----BEGIN CERTIFICATE-----\nMIIB\n',
    '-----BEGIN PUBLIC KEY-----\nMIIB\n',
    '"GET /v3/auth/tokens HTTP/1.1" 401 109',
    'http://h:5000 "POST /v3/auth/tokens HTTP/1.1" 201 7394',
    '"POST /v3/users/me/password HTTP/1.1" 403 90',
    '    token = self.get_token()', 'password = conf.password',
    'f(password=CONF.keystone_authtoken.password, x=1)',
    'rabbit://openstack@h:5672/vhost', 'git+ssh://git@h/x',
    'qemu+ssh://nova@compute1/system?keyfile=/etc/nova/ssh/id_rsa',
    'password: <not set>', 'token: expired', 'Authorization: denied',
    'cookies: disabled', 'jwt: n/a', "{'token': 'missing', 'x': 1}",
    'hmac: sha256', 'signature: HMAC-SHA512', 'expires_at: 2026-11-22T20:25',
    'token.expires_at: 2026-11-22T20:25:46Z', 'token_expires_in: 3600s',
    'tokens_per_second: 35.5b', 'ai.tokens.used=1200x',
    "dict_keys(['password', 'user'])", "missing: ['password', 'token']",
    "('password', 'auth_url')", "methods: ['password', 'token']",
    "INSERT INTO sample (meter_id, user_id) VALUES (3, 'u1')",
    'INSERT INTO user (name, password) VALUES (%(name)s, %(password)s)',
    "INSERT INTO user (name, password) VALUES ('u', NULL)",
    "INSERT INTO metric (id, key) VALUES ('a', 'volume.size')",
    '[SQL: UPDATE user SET password=?, name=? WHERE id = ?]\n'
    "[parameters: (None, 'u', 3)]",
    '(psycopg2.errors.UndefinedColumn) column "password" of relation "user" '
    'does not exist', "SELECT password FROM user WHERE name = 'ceilometer'",
    'execute("INSERT INTO metric (id, name) VALUES (%s, %s)", (\'x\', 1))',
    '    self.login(user, password)', 'client.login(self.user, self.password)',
    "login('admin')", "login failed (user 'u', host 'h')",
    "load_auth_from_conf_options(conf, 'service_credentials')",
    "get_auth_plugin(conf, group='service_credentials')",
    "queue_bind('ceilometer', 'notifications.info')",
    "conf.set_override('interval', 600, group='polling')",
    "getattr(conf, 'password', None)", "setattr(self, 'interval', 600)",
    "key, value = 'volume', 'x'", 'HTTPBasicAuth(user, password)',
    "TypeError: login() missing 1 required positional argument: 'password'",
    "the user is identified as 'ceilometer'", 'Antwort: nein', 'enclave: 3',
    "missing: password in 'keystone_authtoken'", 'größe = 3',
    'Zeitüberschreitung: 3 s', 'мощность: 5',
]
