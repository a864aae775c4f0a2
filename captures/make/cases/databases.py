"""Databases and caches on moved ports."""

from __future__ import annotations

from pathlib import Path

from case import case, moved, negotiated
from lab import INSIDE, OUTSIDE, SERVER, Lab

TLS_HOST = "203.0.113.11"


def as_user(user: str, *argv: str | Path) -> list[str | Path]:
    """Run with another user's rights."""
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *argv]


@case(
    "moved-redis-memcached",
    "Redis and memcached on moved ports",
    [
        negotiated("tcp", 26379, "redis", connections=4), moved("tcp", 21211, "memcached", connections=1), moved("tcp", 21212, "memcached", connections=1),
        moved("udp", 21213, "memcached", connections=1),
    ],
    debian=("redis-server", "redis-tools", "memcached", "ncat"),
)  # fmt: skip
def caches(lab: Lab) -> None:
    """Redis asked by its own client; memcached's text protocol, its binary protocol, and the text protocol within its UDP frames."""
    lab.start(
        OUTSIDE,
        "redis-server",
        "--port",
        "26379",
        "--bind",
        SERVER,
        "--protected-mode",
        "no",
        "--save",
        "",
        "--dir",
        lab.dir,
        ready="tcp:26379",
    )
    for port, udp in ((21211, 0), (21212, 0), (21214, 21213)):
        lab.start(OUTSIDE, "memcached", "-u", "nobody", "-l", SERVER, "-p", str(port), "-U", str(udp), "-m", "8", ready=f"tcp:{port}")
    with lab.capture("tcp or udp"):
        for command in ("SET task sleep", "GET task", "LPUSH out a b c", "-3 LRANGE out 0 -1"):
            lab.run(INSIDE, "redis-cli", "-h", SERVER, "-p", "26379", *command.split())
        text = "set task 0 60 5\r\nsleep\r\nget task\r\nstats\r\nquit\r\n"
        lab.run(INSIDE, "ncat", SERVER, "21211", stdin=text)
        lab.tool(INSIDE, "memcached_binary.py", SERVER, "21212", "tcp")
        lab.tool(INSIDE, "memcached_binary.py", SERVER, "21213", "udp")


@case(
    "moved-mysql",
    "MySQL on a moved port",
    [
        moved("tcp", 23306, "mysql", connections=1, resp_h=SERVER),
        moved("tcp", 23306, "mysql", connections=1, resp_h=TLS_HOST, upgraded="tls"),
    ],
    debian=("mariadb-server", "mariadb-client"),
)
def mysql(lab: Lab) -> None:
    """MariaDB and its client, once in the clear and once going over to TLS."""
    data = lab.folder("mysql", owner="mysql")
    key, cert = lab.certificate("db.example")
    lab.run(
        OUTSIDE,
        "mariadb-install-db",
        "--no-defaults",
        "--user=mysql",
        f"--datadir={data}",
        "--auth-root-authentication-method=normal",
        timeout=90,
    )
    init = lab.file("init.sql", "CREATE USER app IDENTIFIED BY 'secret';\nGRANT ALL ON *.* TO app;\n")
    options = [
        f"--datadir={data}",
        f"--socket={data}/s",
        f"--pid-file={data}/pid",
        f"--init-file={init}",
        f"--ssl-cert={cert}",
        f"--ssl-key={key}",
    ]
    lab.start(
        OUTSIDE, "mariadbd", "--no-defaults", "--user=mysql", "--port=23306", "--skip-name-resolve", *options, ready="tcp:23306", wait=40
    )
    with lab.capture("tcp"):
        for host, tls in ((SERVER, "--skip-ssl"), (TLS_HOST, "--ssl")):
            lab.run(
                INSIDE,
                "mariadb",
                "--no-defaults",
                "-h",
                host,
                "-P",
                "23306",
                "-uapp",
                "-psecret",
                tls,
                "-e",
                "SELECT VERSION(); SHOW DATABASES;",
            )


@case(
    "moved-postgresql",
    "PostgreSQL on a moved port",
    [
        moved("tcp", 25432, "postgresql", connections=1, resp_h=SERVER),
        moved("tcp", 25432, "postgresql", connections=1, resp_h=TLS_HOST, upgraded="tls"),
    ],
    debian=("postgresql-15", "postgresql-client-15"),
)
def postgresql(lab: Lab) -> None:
    """PostgreSQL and psql, once in the clear and once going over to TLS."""
    bin_ = Path("/usr/lib/postgresql/15/bin")
    data = lab.folder("pg", owner="postgres")
    key, cert = lab.certificate("db.example")
    lab.run(OUTSIDE, *as_user("postgres", bin_ / "initdb", "-D", data / "d", "-A", "trust", "-U", "postgres"), timeout=90)
    lab.file("pg/d/pg_hba.conf", "host all all 0.0.0.0/0 trust\n")
    for name, path in (("k", key), ("c", cert)):
        lab.file(f"pg/d/{name}", path.read_bytes(), 0o600)
    lab.run(OUTSIDE, "chown", "-R", "postgres", data)
    options = ["-p", "25432", "-k", str(data), "-c", "listen_addresses=*", "-c", "ssl=on", "-c", "ssl_cert_file=c", "-c", "ssl_key_file=k"]
    lab.start(OUTSIDE, *as_user("postgres", bin_ / "postgres", "-D", data / "d", *options), ready="tcp:25432", wait=40)
    with lab.capture("tcp"):
        for host, mode in ((SERVER, "disable"), (TLS_HOST, "require")):
            target = f"host={host} port=25432 user=postgres dbname=postgres sslmode={mode} gssencmode=disable"
            lab.run(INSIDE, "psql", target, "-c", "SELECT version()", "-c", "CREATE TEMP TABLE t(a int)")


@case(
    "moved-messaging",
    "Message brokers on moved ports",
    [
        moved("tcp", 21883, "mqtt", connections=2), moved("tcp", 24222, "nats", connections=2), moved("tcp", 25672, "amqp", connections=1),
        moved("tcp", 26161, "stomp", connections=1), negotiated("tcp", 25555, "zmtp", connections=1),
    ],
    debian=("mosquitto", "mosquitto-clients", "nats-server", "rabbitmq-server"),
    python=("nats-py", "pika", "stomp.py", "pyzmq"),
)  # fmt: skip
def messaging(lab: Lab) -> None:
    """MQTT 3.1.1 and 5 at mosquitto, NATS, AMQP 0-9-1 and STOMP at RabbitMQ, ZMTP between two ends of ZeroMQ."""
    lab.start(
        OUTSIDE,
        "mosquitto",
        "-c",
        lab.file("mosquitto.conf", f"listener 21883 {SERVER}\nallow_anonymous true\nuser root\n"),
        ready="tcp:21883",
    )
    lab.start(OUTSIDE, "nats-server", "-a", SERVER, "-p", "24222", ready="tcp:24222")
    home = lab.folder("rabbit")
    env = {
        "HOME": str(home), "RABBITMQ_MNESIA_BASE": str(home / "mnesia"), "RABBITMQ_LOG_BASE": str(home / "log"), "RABBITMQ_NODENAME": "rabbit@localhost",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(lab.file("rabbit/plugins", "[rabbitmq_stomp].\n")),
        "RABBITMQ_CONFIG_FILE": str(lab.file("rabbit/rabbitmq.conf", f"listeners.tcp.1 = {SERVER}:25672\nloopback_users = none\nstomp.listeners.tcp.1 = {SERVER}:26161\n")),
        "RABBITMQ_DIST_PORT": "29999",
    }  # fmt: skip
    server = next(Path("/usr/lib/rabbitmq/lib").glob("*/sbin/rabbitmq-server"))
    lab.start(OUTSIDE, server, env=env, ready="tcp:26161", wait=90)
    lab.serve(OUTSIDE, "brokers.py", "zmq-serve", SERVER, "25555", ready="tcp:25555")
    with lab.capture("tcp"):
        for version in ("mqttv311", "mqttv5"):
            lab.run(INSIDE, "mosquitto_pub", "-h", SERVER, "-p", "21883", "-V", version, "-t", "dev/17/state", "-m", "on", "-q", "1")
        for _ in range(2):
            lab.tool(INSIDE, "brokers.py", "nats", SERVER, "24222")
        for kind, port in (("amqp", "25672"), ("stomp", "26161"), ("zmq", "25555")):
            lab.tool(INSIDE, "brokers.py", kind, SERVER, port)
