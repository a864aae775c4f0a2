"""Clients of message brokers by their own libraries: ``brokers.py KIND HOST PORT``."""

from __future__ import annotations

import asyncio
import sys
import time


def nats(host: str, port: int) -> None:
    """Subscribe, publish, take it."""
    import nats as library

    async def talk() -> None:
        client = await library.connect(f"nats://{host}:{port}")
        mine = await client.subscribe("dev.17")
        await client.publish("dev.17", b"on")
        await mine.next_msg(timeout=3)
        await client.drain()

    asyncio.run(talk())


def amqp(host: str, port: int) -> None:
    """Declare a queue, publish, take it."""
    import pika

    connection = pika.BlockingConnection(pika.ConnectionParameters(host, port))
    channel = connection.channel()
    channel.queue_declare("out", auto_delete=True)
    channel.basic_publish("", "out", b"on")
    channel.basic_get("out", auto_ack=True)
    connection.close()


def stomp(host: str, port: int) -> None:
    """Connect, send, leave."""
    import stomp as library

    connection = library.Connection11([(host, port)], vhost="/")
    connection.connect("guest", "guest", wait=True)
    connection.send("/queue/out", "on")
    time.sleep(0.3)
    connection.disconnect()


def zmq(host: str, port: int) -> None:
    """Ask a REP socket."""
    import zmq as library

    context = library.Context()
    ask = context.socket(library.REQ)
    ask.connect(f"tcp://{host}:{port}")
    for text in (b"hello", b"more"):
        ask.send(text)
        ask.recv()
    ask.close()
    context.term()


def zmq_serve(host: str, port: int) -> None:
    """Answer on a REP socket."""
    import zmq as library

    answer = library.Context().socket(library.REP)
    answer.bind(f"tcp://{host}:{port}")
    while True:
        answer.send(b"re: " + answer.recv())


if __name__ == "__main__":
    {"nats": nats, "amqp": amqp, "stomp": stomp, "zmq": zmq, "zmq-serve": zmq_serve}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
