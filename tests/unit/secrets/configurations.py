"""Secrets in configurations, connection strings and the files of tools. `§` stands for the secret."""

# ruff: noqa: RUF001 -- a colon as it is typed in Chinese

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.secrets.rows import MARK, Maker, Row, encoded, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each stands on lines of its own, with an empty one between.
TEXTS = """
postgres://app:§@db.internal:5432/orders

postgresql+psycopg2://app:§@db/orders?sslmode=require

mysql+pymysql://root:§@10.0.0.7/shop

mongodb+srv://svc:§@cluster0.abcde.mongodb.net/?retryWrites=true

redis://:§@cache.internal:6379/0

rediss://default:§@eu1.upstash.io:38721

amqp://guest:§@rabbit:5672/%2f

sftp://deploy:§@files.example.com/in

smtp://mailer%40example.com:§@smtp.example.com:587

ldap://cn=admin,dc=example:§@ldap.example.com

snowflake://ana:§@xy12345.eu-central-1/db/public?warehouse=wh

clickhouse://default:§@ch.example.com:9440/default

jdbc:mysql://db:3306/shop?user=app&password=§&useSSL=true

jdbc:sqlserver://db:1433;databaseName=shop;user=sa;password=§;encrypt=true

jdbc:oracle:thin:scott/§@//db:1521/orcl

Server=tcp:x.database.windows.net,1433;Database=shop;User ID=ana;Password=§;Encrypt=True

Driver={ODBC Driver 18 for SQL Server};Server=db;UID=sa;PWD=§

host=db port=5432 dbname=shop user=app password=§ sslmode=require

DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=§;EndpointSuffix=core.windows.net

Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=§

HostName=hub.azure-devices.net;DeviceId=d1;SharedAccessKey=§

--extra-index-url https://ci:§@pypi.example.com/simple

git clone https://oauth2:§@gitlab.com/acme/shop.git

https://x-access-token:§@github.com/acme/shop

//registry.npmjs.org/:_authToken=§

//npm.example.com/:_password=§

machine api.heroku.com login ana@example.com password §

db.internal:5432:orders:app:§

[client]
user=app
password=§

[default]
aws_access_key_id = EXAMPLE
aws_secret_access_key = §

DB_HOST=db
DB_PASSWORD=§
DB_PORT=5432

export PGPASSWORD='§'

[database]
user = "app"
password = "§"

database:
  host: db
  password: §
  port: 5432

db:
  credentials:
    user: app
    pass: "§"

spring.datasource.password=§

spring.datasource.hikari.password: §

DATABASES = {'default': {'ENGINE': 'x', 'USER': 'app', 'PASSWORD': '§'}}

SECRET_KEY = '§'

secret_key_base: §

define('DB_PASSWORD', '§');

$config['db']['password'] = '§';

<add name="shop" connectionString="Server=db;Database=shop;User Id=sa;Password=§" />

<add key="ClearTextPassword" value="§" />

<server><id>central</id><username>ci</username><password>§</password></server>

<machineKey validationKey="§" decryption="AES" />

<bean><property name="password"><value>§</value></property></bean>

<wsse:Password Type="PasswordText">§</wsse:Password>

apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  whatever: §

users:
- name: dev
  user:
    token: §

users:
- name: dev
  user:
    client-key-data: §

{"apiVersion": "v1", "kind": "Secret", "data": {"whatever": "§"}}

{"auths": {"https://index.docker.io/v1/": {"auth": "§"}}}

{"type": "service_account", "project_id": "shop", "private_key_id": "1", "private_key": "§"}

{"outputs": {"db_password": {"value": "§", "type": "string", "sensitive": true}}}

variable "db_password" { default = "§" }

db_password = "§"

[Interface]
PrivateKey = §
Address = 10.0.0.2/24

network={
  ssid="home"
  psk="§"
}

requirepass §

IDENTIFIED BY '§'

docker login -u ana -p § registry.example.com

mysql -h db -uroot -p§ shop

sshpass -p § ssh ana@host

wget --user=ana --password=§ https://files.example.com/a

openssl rsa -in key.pem -passin pass:§

vault login token=§

kubectl create secret generic db --from-literal=password=§

aws configure set aws_secret_access_key §

psql "postgresql://app:§@db/orders" -c "select 1"

echo '§' | docker login --password-stdin

net use X: \\\\server\\share § /user:ana

redis-cli -a § ping

curl -u ana:§ https://api.example.com/v1/x

curl -H 'X-Api-Key: §' https://api.example.com

http --auth ana:§ https://api.example.com

{"next":"https:\\/\\/ana:§@example.com\\/a"}

UPDATE users SET `password`='§' WHERE id=1

<password><![CDATA[§]]></password>

password = <<EOF
§
EOF

passwords:
  - sunflower77
  - §
port: 3

credentials:
  user: ana
  key: §

密码：§
"""

# Base64 of these is what the configuration holds.
ENCODED = """
password: §
DB_PASSWORD=§
{"password": "§", "user": "ana"}
postgres://app:§@db/orders
user:§
"""


def rows() -> Iterator[Row]:
    """Each text as a variable, and the encoded ones in manifests."""
    for number, text in enumerate(TEXTS.strip().split("\n\n")):
        maker = Maker(text)
        secret = maker.fill("{a16}") if number % 2 else maker.password()
        filled = text.replace(MARK, secret)
        yield Row(f"configuration {text[:30]}", one_of(number, {"text": filled}, {"lines": [filled]}, {"fault": ValueError(f"cannot parse: {filled}")}), secret)  # fmt: skip
    for number, text in enumerate(ENCODED.strip().splitlines()):
        secret = Maker(text).fill("{a18}")
        whole, part = encoded(text.replace(MARK, secret), secret)
        yield Row(f"manifest {text[:30]}", one_of(number, {"doc": f"kind: Secret\ndata:\n  config: {whole}\n"}, {"item": {"kind": "Secret", "data": {"config": whole}}}), part)  # fmt: skip
