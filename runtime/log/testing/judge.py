"""
Reads the log of a folder with nothing but Python's own libraries, by what runtime/log/README.md says: prints the number
of the first record, of the next one, the term, and the hash of each record; or ends with what is wrong.
"""
import hashlib, json, sqlite3, sys

db = sqlite3.connect(f"file:{sys.argv[1]}/log.db?mode=ro", uri=True)
db.execute("BEGIN")
(term,) = db.execute("SELECT term FROM lead").fetchone()
snapshot = db.execute("SELECT at, hash, time, digest FROM snapshot").fetchone()
n, prev, time = 0, "0" * 64, 0
if snapshot is not None:
    n, prev, time, digest = snapshot
    parts = b"".join(b for (b,) in db.execute("SELECT bytes FROM part WHERE at = ? ORDER BY i", (n,)))
    assert hashlib.sha256(parts).hexdigest() == digest, "the snapshot"
    assert parts.startswith(b"state at %d;" % n), "the snapshot is of another place"
print("first", n)
for number, data in db.execute("SELECT n, bytes FROM record WHERE n >= ? ORDER BY n", (n,)):
    record = json.loads(data)
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert text.encode() == data, f"the form of {n}"
    assert number == record["n"] == n, f"the number of {n}"
    assert record["prev"] == prev, f"the record before {n}"
    assert record["at"] >= time and record["term"] <= term, f"the time or term of {n}"
    assert record["text"] == f"{n} " + "x" * (n * 7919 % 2000), f"the text of {n}"
    n, prev, time = n + 1, hashlib.sha256(data).hexdigest(), record["at"]
    print(n, prev)
print("term", term)
