"""Tenants that speak the protocol themselves: for others, out of turn, malformed, and far too much."""

from __future__ import annotations

from .probe import Attack

FOREIGN = """
number = mine()
for run in [n for n in range(number - 40, number + 41) if n != number] + [0, -1, 2**53]:
    whose = {"run": run}
    say(
        {"k": "returned", **whose, "value": '"stolen"'},
        {"k": "raised", **whose, "error": {"name": "Forged", "message": "forged"}, "fatal": True},
        {"k": "parked", **whose},
        {"k": "start", **whose, "key": "do:forged-1", "name": "forged", "attempt": 1, "config": None},
        {"k": "finish", **whose, "key": "do:keep-1", "attempt": 1, "value": '"forged"'},
        {"k": "sleep", **whose, "key": "sleep:forged-1", "duration": 1},
        {"k": "call", **whose, "n": 900, "binding": "WORLD", "method": "forged", "args": "[]", "kwargs": "{}"},
        {"k": "log", **whose, "level": "info", "text": "forged"},
        {"k": "get", **whose, "key": "do:keep-1"},
    )
await asyncio.sleep(0.2)
return "forged"
"""
PORT_OF_A_DEAD_RUN = """
number, post = mine(), own_guest().outbox._post
text = json.dumps({"v": 1, "m": [{"k": "returned", "run": number, "value": '"again"'}] * 5})
js.setTimeout(create_proxy(lambda: post(text)), 300)
return "once"
"""
# The port that only the platform's own code holds, caught where it posts; other ports travel with a text.
STOLEN_PORT = """
ports, prototype = [], js.MessagePort.prototype
post = prototype.postMessage

def caught(port, *arguments):
    ports.append(port)
    return js.Reflect.apply(post, port, to_js(arguments))

prototype.postMessage = create_proxy(caught, capture_this=True)
await self.env.WORLD.hello()
prototype.postMessage = post
number = mine()
text = json.dumps({"v": 1, "m": [{"k": "returned", "run": run, "value": '"stolen"'} for run in range(number - 5, number)]})
for port in ports:  # one of them is the way to the engine
    port.postMessage(text)
    port.postMessage("a port comes with this", to_js([js.MessageChannel.new().port1]))
    js.setTimeout(create_proxy(lambda port=port: port.postMessage(text)), 300)
return len(ports) > 0
"""
MALFORMED = """
import math
post = own_guest().outbox._post
for text in ["", "null", "[]", "{", '{"v":1}', '{"v":2,"m":[]}', '{"v":1,"m":[NaN]}', '{"v":1,"m":[],"m":[1]}',
             '{"v":1,"m":[{"k":"nonsense"}]}', '{"v":1,"m":[{"k":"__class__"}]}', '{"v":1,"m":[{"k":["start"]}]}',
             '{"v":1,"m":[{"k":"settle","run":1,"key":"x","order":1}]}', '{"v":1,"m":[{"k":"ping","n":1}]}',
             '{"v":1,"m":[{"k":"load","n":1,"id":"victim/x","main":"main.py","modules":{},"env":{}}]}',
             '{"v":1,"m":[{"k":"loaded","re":1,"entrypoints":["Keeper"]}]}', "\\ud800", "\\x00" * 100]:
    post(text)
await asyncio.sleep(0.1)
return "said"
"""
GIANT = """
post = own_guest().outbox._post
post("[" * 4_000_000)
await asyncio.sleep(0.3)
post('{"v":1,"m":' + "[" * 100_000 + "]" * 100_000 + "}")
post('{"v":1,"m":[' + "9" * 1_000_000 + "]}")
post('{"v":1,"m":[{"k":"pong","re":1' + "0" * 4_000_000 + "}]}")
await asyncio.sleep(0.5)
post('{"v":1,"m":[' + ",".join(['{"k":"pong","re":1}'] * 20_001) + "]}")
post('{"v":1,"m":[{"k":"log","level":"info","run":%d,"text":"%s"}]}' % (mine(), "x" * 3_000_000))
await asyncio.sleep(0.2)
return "sent"
"""
RESULT_CHANGED = """
@step.do("once")
async def once():
    return "first"

kept = await once()
number = mine()
for attempt in (1, 2):
    say({"k": "start", "run": number, "key": "do:once-1", "name": "once", "attempt": attempt, "config": None},
        {"k": "finish", "run": number, "key": "do:once-1", "attempt": attempt, "value": '"second"'})
say({"k": "finish", "run": number, "key": "do:never-1", "attempt": 1, "value": '"unstarted"'})
await step.sleep("nap", 1_100)  # the run is let go and replayed from what is stored
return [kept, await once()]
"""
MEMO = """
@step.do("once")
async def once():
    return await self.env.WORLD.paid(key="memo")

kept = await once()
run = own_guest()._runs[mine()]
for place in vars(run).values():
    if isinstance(place, dict):
        for key in [k for k in place if "once" in str(k)]:
            place[key] = None
return (await once())["id"]
"""
BINDINGS = """
tried = {}
for n, (binding, method) in enumerate([
    ("__class__", "x"), ("WORLD", "__init__"), ("WORKFLOWS", "_binding"), ("WORKFLOWS", "__class__"), ("WORKFLOWS", "mro"),
    ("DB", "query"), ("LOADER", "__dict__"), ("WORKFLOWS", "instance.delete"), ("../WORLD", "x"), ("", ""),
]):
    say({"k": "call", "run": mine(), "n": 9000 + n, "binding": binding, "method": method, "args": "[]", "kwargs": "{}"})
for id in ("kept", "../victim/kept", "victim/kept", "kept' or '1'='1", "k%", "kept\\x00"):
    try:
        other = await self.env.WORKFLOWS.get(id)
        tried[id] = str(await other.status())
    except Exception as error:
        tried[id] = type(error).__name__
await asyncio.sleep(0.1)
return tried
"""
OWN_OF_ITS_NAME = """
made = await self.env.WORKFLOWS.create(id="kept", params={"tenant": "victim", "tenantId": "victim"})
await made.terminate()
return made.id
"""
NAMES = """
tried = []
for id in ("\\ud800", "\\x00", "", " ", "x" * 1_000_000, "'; drop table history; --", "../../x", "ａ", "a\\u202eb", 5, None, [], {}):
    try:
        await self.env.WORKFLOWS.create(id=id) if id is not None else None
        tried.append(f"made {id!r:.20}") if id is not None else None
    except Exception as error:
        tried.append(type(error).__name__)
for name in ("\\ud800", "\\x00", "'; drop table history; --", '"', "do:keep-1", "\\u202e", "%", "x" * 257):
    try:
        await step.do(name)(lambda: name[:20])()
    except Exception as error:
        tried.append(type(error).__name__)
return [len(tried), [one for one in tried if one.startswith("made")]]
"""
SQL = """
bad = ["'; drop table history; --", '"; attach database "/data/main.sqlite" as x; --', "') union select value from meta --",
       "x\\x00y", "%' or 1=1 --", "?1", ":name", "@a", "$b", "vacuum into '/tmp/x'", "pragma writable_schema=1",
       "with recursive n(i) as (select 1 union all select i+1 from n) select count(*) from n"]
kept = []
for n, text in enumerate(bad):
    @step.do(text[:200] if "\\x00" not in text else f"text {n}")
    async def tried():
        await self.env.WORLD.call(text, key=text)
        return text
    kept.append(await tried() == text)
    handle = await self.env.WORKFLOWS.get(event["instanceId"])
    try:
        await handle.send_event({"type": text, "payload": text})
    except Exception:
        pass
    try:
        got = await step.wait_for_event(f"w{n}", text, timeout=1_000)
        kept.append(got["payload"] == text)
    except Exception:
        pass
return all(kept) and len(kept) >= len(bad)
"""
POLLUTION = """
js.Object.prototype.kind = "kill"
js.Object.prototype.closed = "polluted"
js.Array.prototype.toJSON = None
js.Reflect.set(js.MessagePort.prototype, "closed", "polluted")
js.JSON.parse = js.JSON.stringify
js.Object.freeze(js.Object.prototype)
return "polluted"
"""
SHADOWED = (
    ("json.py", "def loads(*a, **k): return {}\ndef dumps(*a, **k): return '{}'\n"),
    ("dynamic_workflows.py", "raise SystemExit\n"),
    ("asyncio.py", "from __future__ import annotations\n"),
)

ATTACKS = [
    Attack("foreign-runs", FOREIGN, says="forged", refused=9 * 80),
    Attack("replayed-port", PORT_OF_A_DEAD_RUN, says="once", refused=5),
    Attack("stolen-port", STOLEN_PORT, says="'output': 'true'", refused=11),
    Attack("malformed", MALFORMED, says="said", refused=15),
    Attack("giant", GIANT, says="sent", refused=6),
    Attack("changed-result", RESULT_CHANGED, says=r'\["first","first"\]', refused=5),
    Attack("memo", MEMO, "errored", r"(?s)step\.completed.*paid-1"),
    Attack("bindings", BINDINGS, says=r'"kept":"InstanceNotFound|"kept":"\w*Error'),
    Attack("namesake", OWN_OF_ITS_NAME, says="kept"),
    Attack("names", NAMES, says=r"\[21,\[\]\]|\[\d+,\["),
    Attack("sql", SQL, says="'output': 'true'"),
    Attack("pollution", POLLUTION, says="polluted"),
]
