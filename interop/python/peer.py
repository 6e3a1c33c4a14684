"""A WAMP client on autobahn-python that does what it is told, line by line.

usage: peer.py URL REALM SERIALIZER [LOGIN]

LOGIN is JSON: the method, and what autobahn.wamp.auth.create_authenticator takes for it.

Each line on stdin is a request as JSON: {"id": 1, "do": "call", ...}. Each line on stdout is either
the answer, {"id": 1, "ok": ...} or {"id": 1, "error": {...}}, or something that happened, {"event":
...} and {"invocation": ...}. Bytes are written as {"$bytes": base64}.
"""

import asyncio
import base64
import json
import sys

from autobahn.asyncio.wamp import ApplicationSession
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.auth import create_authenticator
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import (
    CallOptions,
    CallResult,
    ComponentConfig,
    PublishOptions,
    RegisterOptions,
    SubscribeOptions,
)


def to_json(value):
    # Named exception: JavaScript's CBOR libraries mark bytes as a typed array (RFC 8746, tag 64), and
    # cbor2 shows the mark. A router that passes payloads on as they are leaves it on.
    if type(value).__name__ == "CBORTag" and value.tag == 64:
        return to_json(value.value)
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


def from_json(value):
    if isinstance(value, dict):
        if list(value) == ["$bytes"]:
            return base64.b64decode(value["$bytes"])
        return {key: from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return value


def say(message):
    print(json.dumps(to_json(message)), flush=True)


def serializers_of(name):
    if name == "default":
        return None
    # One of each, and none of its batched forms.
    if name == "json":
        from autobahn.wamp.serializer import JsonSerializer as Serializer
    elif name == "msgpack":
        from autobahn.wamp.serializer import MsgPackSerializer as Serializer
    else:
        from autobahn.wamp.serializer import CBORSerializer as Serializer
    return [Serializer()]


def told_of_caller(details):
    return {
        "procedure": details.procedure,
        "caller": details.caller,
        "caller_authid": details.caller_authid,
        "caller_authrole": details.caller_authrole,
        "progress": details.progress is not None,
    }


class Peer(ApplicationSession):
    def __init__(self, config, ended, login):
        super().__init__(config)
        self.login = login
        self.ended = ended
        self.handles = {}

    def onConnect(self):
        if self.login is None:
            super().onConnect()
            return
        self.authenticator = create_authenticator(self.login.pop("method"), **self.login)
        self.join(
            self.config.realm,
            authmethods=[self.authenticator.name],
            authid=self.login["authid"],
            authextra=self.authenticator.authextra,
        )

    def onChallenge(self, challenge):
        return self.authenticator.on_challenge(self, challenge)

    def onJoin(self, details):
        say(
            {
                "joined": {
                    "session": details.session,
                    "realm": details.realm,
                    "authid": details.authid,
                    "authrole": details.authrole,
                    "authmethod": details.authmethod,
                }
            }
        )
        self.reader = asyncio.ensure_future(self.obey())

    def onLeave(self, details):
        say({"left": {"reason": details.reason, "message": details.message}})
        self.disconnect()

    def onUserError(self, fail, msg):
        """What handlers raise here is meant to reach the caller, and no log."""

    def onDisconnect(self):
        if not self.ended.done():
            self.ended.set_result(None)

    async def obey(self):
        loop = asyncio.get_running_loop()
        lines = asyncio.StreamReader(limit=2**24)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while True:
            line = await lines.readline()
            if not line:
                return
            request = from_json(json.loads(line))
            asyncio.ensure_future(self.answer(request))

    async def answer(self, request):
        number = request.pop("id")
        try:
            say({"id": number, "ok": await getattr(self, "do_" + request.pop("do"))(**request)})
        except ApplicationError as error:
            told = {"error": error.error, "args": list(error.args), "kwargs": error.kwargs}
            say({"id": number, "error": told})
        except asyncio.CancelledError:
            say({"id": number, "error": {"error": "asyncio.CancelledError", "args": [], "kwargs": {}}})
        except Exception as error:
            told = {"error": "python." + type(error).__name__, "args": [str(error)], "kwargs": {}}
            say({"id": number, "error": told})

    async def do_call(self, procedure, args=(), kwargs=None, options=None, cancel_after=None):
        options = dict(options or {})
        progress = []
        if options.pop("progress", False):
            options["on_progress"] = lambda *a, **kw: progress.append([list(a), kw])
        call = self.call(
            procedure, *args, **(kwargs or {}), options=CallOptions(**options) if options else None
        )
        if cancel_after is not None:
            await self.handles[cancel_after].wait()
            call.cancel()
        result = await call
        if isinstance(result, CallResult):
            told = {"args": list(result.results), "kwargs": result.kwresults}
        else:
            # It shows a result of nothing and one of null in the same way.
            told = {"args": [] if result is None else [result], "kwargs": {}}
        return {**told, "progress": progress}

    async def do_publish(self, topic, args=(), kwargs=None, options=None):
        publication = await self.publish(
            topic, *args, **(kwargs or {}), options=PublishOptions(acknowledge=True, **(options or {}))
        )
        return publication.id

    async def do_subscribe(self, topic, options=None):
        def handler(*args, details=None, **kwargs):
            told = {
                "topic": details.topic,
                "publication": details.publication,
                "publisher": details.publisher,
                "publisher_authid": details.publisher_authid,
                "publisher_authrole": details.publisher_authrole,
            }
            say({"event": {"args": list(args), "kwargs": kwargs, "details": told}})

        options = SubscribeOptions(details=True, **(options or {}))
        subscription = await self.subscribe(handler, topic, options)
        self.handles[subscription.id] = subscription
        return subscription.id

    async def do_unsubscribe(self, handle):
        await self.handles.pop(handle).unsubscribe()

    async def do_register(self, procedure, how="echo", options=None):
        def echo(*args, details=None, **kwargs):
            say({"invocation": {"args": list(args), "kwargs": kwargs, "details": told_of_caller(details)}})
            return CallResult(*args, **kwargs)

        def fail(*args, details=None, **kwargs):
            raise ApplicationError("com.example.error", *args, **kwargs)

        async def count(limit, details=None):
            for number in range(1, limit + 1):
                if details.progress is not None:
                    details.progress(number)
                await asyncio.sleep(0)
            return "done"

        async def wait(details=None):
            say({"invocation": {"args": [], "kwargs": {}, "details": told_of_caller(details)}})
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                say({"interrupted": procedure})
                raise

        endpoint = {"echo": echo, "fail": fail, "count": count, "wait": wait}[how]
        options = RegisterOptions(details=True, **(options or {}))
        registration = await self.register(endpoint, procedure, options)
        self.handles[registration.id] = registration
        return registration.id

    async def do_unregister(self, handle):
        await self.handles.pop(handle).unregister()

    async def do_event(self, name):
        """Something that `cancel_after` may wait for."""
        self.handles.setdefault(name, asyncio.Event())

    async def do_set(self, name):
        self.handles[name].set()

    async def do_leave(self):
        self.leave()


def on_exception(loop, context):
    # The library leaves a handler that was interrupted to the loop, which complains.
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


async def main(url, realm, serializer, login="null"):
    asyncio.get_running_loop().set_exception_handler(on_exception)
    ended = asyncio.get_running_loop().create_future()
    factory = WampWebSocketClientFactory(
        lambda: Peer(ComponentConfig(realm=realm), ended, json.loads(login)), url=url, serializers=serializers_of(serializer)
    )
    await asyncio.get_running_loop().create_connection(factory, factory.host, factory.port)
    await ended


asyncio.run(main(*sys.argv[1:]))
