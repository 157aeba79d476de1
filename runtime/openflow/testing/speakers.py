"""Independent OpenFlow speakers, for tests: os-ken and python-openflow read frames and write them again.

Input: one frame per line, in hexadecimal. Output: one line of JSON for each, with what os-ken has read (its values by
name, and flow-mods as it writes them again) and the frame as python-openflow writes it again, or the error of either. `--check` prints which are installed.
"""

import json
import logging
import signal
import struct
import sys

logging.disable(logging.CRITICAL)

try:
    from os_ken.ofproto import ofproto_v1_3, ofproto_v1_3_parser

    class Datapath:
        ofproto = ofproto_v1_3
        ofproto_parser = ofproto_v1_3_parser

    def os_ken(frame):
        version, kind, length, xid = struct.unpack_from("!BBHI", frame)
        message = ofproto_v1_3_parser.msg_parser(Datapath, version, kind, length, xid, frame)
        if kind == ofproto_v1_3.OFPT_FLOW_MOD:  # the one message that os-ken both reads and writes
            again = message.__class__(Datapath)
            again.__dict__.update(message.__dict__, buf=None)
            again.serialize()
            return {"values": message.to_jsondict(), "frame": bytes(again.buf).hex()}
        return {"values": message.to_jsondict()}

except ImportError:
    os_ken = None

try:
    from pyof.utils import unpack

    def pyof(frame):
        return unpack(frame).pack().hex()

except ImportError:
    pyof = None


def late(*_):
    raise TimeoutError()


signal.signal(signal.SIGALRM, late)


def answer(speaker, frame):
    if speaker is None:
        return None
    try:
        signal.alarm(1)  # some speakers loop for ever over what they do not know
        return speaker(frame)
    except Exception as error:  # whatever a speaker throws is its answer
        return {"error": type(error).__name__ + ": " + str(error)}
    finally:
        signal.alarm(0)


if sys.argv[1:] == ["--check"]:
    print(" ".join(name for name, speaker in (("os-ken", os_ken), ("python-openflow", pyof)) if speaker))
else:
    for line in sys.stdin:
        frame = bytes.fromhex(line.strip())
        print(json.dumps({"osken": answer(os_ken, frame), "pyof": answer(pyof, frame)}))
