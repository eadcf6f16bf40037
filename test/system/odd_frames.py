"""Odd frames of exchange.md 2.10 and the close that each must cost, malformed JSON, and texts that trip old readers."""

from foreign import V1, Legacy

UNKNOWN = (1002, "Exchange message unknown")
NO_EXCHANGE = (1002, "Unrecognized incoming exchange")
UNEXPECTED = (1011, "Unexpected error while handling incoming websocket exchange")
TEXT = (1003, "Unsupported text frame")

ODD = {
    V1: [
        (UNKNOWN, "exchange_unknown_frame", [
            b"x", b"t:FOO;;e:{}", b"t:UNKNOWN;;e:{}", b"t:;;e:{}", b"et:X;;e:{}", b"e:{}", b"t", b";;;;", b"\0",
            b"\xff\xfe",
            b' t:COMMAND;;e:{"id":"1","type":"X"}', b'\tt:COMMAND;;e:{"id":"1","type":"X"}',
            b'e:{"id":"1","type":"X"};;t:COMMAND', b't:COMMAND;e:{"id":"1","type":"X"}', b"t:command;;e:{}",
            b"T:COMMAND;;e:{}",
            b"t:STATUS;;e:{}", b'command: {"id":"1","type":"X"}', b"t:COMMAND;;t:FOO;;e:{}"]),
        (NO_EXCHANGE, "exchange_frame_without_exchange", [
            b"t:COMMAND", b"t:COMMAND;;", b"t:COMMAND;;et:X", b"t:COMMAND;;e:null", b"t:COMMAND;;et:X;;e: null ",
            b't:COMMAND;;E:{"id":"1","type":"X"}', b't:COMMAND;; e:{"id":"1","type":"X"}']),
        (UNEXPECTED, "exchange_frame_without_exchange", [
            b"t:REPLY", b"t:REPLY;;et:X", b"t:REPLY;;e:null", b't:REPLY;;e:{"type":"X","commandStatus":"SUCCEEDED"}',
            b't:REPLY;;e:{"commandId":null,"type":"X"}', b"t:REPLY;;e:{}"]),
    ],
    Legacy: [
        (UNKNOWN, "exchange_unknown_frame", [
            b"foo", b'command:{"id":"1","type":"X"}', b"replica: false", b"primary: false", b"primary:true", b"command",
            b' command: {"id":"1","type":"X"}', b'Command: {"id":"1","type":"X"}',
            b't:COMMAND;;e:{"id":"1","type":"X"}',
            b"\xff", b"replica"]),
        (NO_EXCHANGE, "exchange_frame_without_exchange", [b"command: null", b"command:   null "]),
        (UNEXPECTED, "exchange_frame_without_exchange", [b"reply: {}", b'reply: {"type":"X"}', b"reply: null"]),
    ],
}

# What is no JSON, or no object, and does not tell first whose it was.
HOPELESS = [b"", b" ", b"{", b"{]", b"[]", b'[{"id":"1","type":"X"}]', b'"x"', b"5", b"true", b"nul",
            b'{"type":"X","id":"1"', b'{"id":"1', b'{"id":{"a":1},"type":"X"}', b'{"id":[],"type":"X"}', b"\xff\xff",
            b"{'id':'1'}", b"[" * 100000]
# What is no JSON, and does.
HOPEFUL = [b'{"id":"1"', b'{"id":"1","type":"X","payload":{', b'{"id":"1",}', b'{"id":"1" "type":"X"}',
           b'{"id":"1","type":nope}',
           b'{"id":"1","type":"X","payload":[1,]}', b'{"id":"1","type":"X","payload":01}', b'{ "id" : "1" , "type":"X',
           b'{"id":"1","type":"X","payload":"\x01"}', b'{"id":"1","payload":' + b"[" * 100000,
           b'{"id":"1","payload":' + b'{"a":' * 100000]

# V1ProtocolAdapterTest, and fragments of both grammars.
SEMICOLONS = ["a;;b", "a;;b;;c", "a;;;;b", ";;a", "a;;", ";;", ";;;", ";", "a;;e:b;;t:c", "t:REPLY;;e:{}",
              "\\u003b;", "\\;;",
              'case "$1" in\n  start) run ;;\n  stop) halt ;;\n  *) usage ;;\nesac\n']
PREFIXES = ["run command: ls", "command: ", "reply: ", "reply: reply: x", "command:  x", "ccommand: ommand: ",
            "primary: true",
            "replica: true", "command\\u003a x", "reply:command: "]
OTHERS = ["", " ", "ü", "\u2028\u2029\ufeff", "\U0001f4a1", "\x00\x01\x1f\x7f", '"\\/\b\f\n\r\t', "x" * 70000, "\ufffd"]


def large(grammar, kind, size, **members):
    """A frame of exactly `size` bytes."""
    exchange = {**members, "payload": {"content": ""}}
    room = size - len(grammar.write(kind, exchange))
    exchange["payload"]["content"] = "x" * room
    frame = grammar.write(kind, exchange)
    assert len(frame) == size
    return frame


def pieces(message, size=65536):
    """As the original sends what is longer (exchange.md 2.5)."""
    return [message[at:at + size] for at in range(0, len(message), size)]
