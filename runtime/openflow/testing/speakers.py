"""Independent OpenFlow speakers, for tests: os-ken and python-openflow read frames and write them again.

Input: one frame per line, in hexadecimal. Output: for each line `os-ken python-openflow`, each the frame as that
speaker writes what it has read, or `!` and its error. `--check` prints which of the two are installed.
"""

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
        again = message.__class__(Datapath)
        again.__dict__.update(message.__dict__)
        again.buf = None
        again.serialize()
        return bytes(again.buf)

except ImportError:
    os_ken = None

try:
    from pyof.utils import unpack

    def pyof(frame):
        return unpack(frame).pack()

except ImportError:
    pyof = None


def late(*_):
    raise TimeoutError()


signal.signal(signal.SIGALRM, late)


def answer(speaker, frame):
    if speaker is None:
        return "-"
    try:
        signal.alarm(1)  # some speakers loop for ever over what they do not know
        return speaker(frame).hex()
    except Exception as error:  # whatever a speaker throws is its answer
        return "!" + (type(error).__name__ + ":" + str(error)).replace(" ", "_").replace("\n", "_")[:120]
    finally:
        signal.alarm(0)


if sys.argv[1:] == ["--check"]:
    print(" ".join(name for name, speaker in (("os-ken", os_ken), ("python-openflow", pyof)) if speaker))
else:
    for line in sys.stdin:
        frame = bytes.fromhex(line.strip())
        print(answer(os_ken, frame), answer(pyof, frame))
