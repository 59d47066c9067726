"""Decodes HELLO messages, and tries itself on vectors.json: `python3 decoder.py vectors.json`."""
import json
import re
import sys

MAX_BYTES = 64
MAX_SAFE = 2**53 - 1
TERMINATORS = b"\n\r\0"
# The stages of a message; a prefix of it is incomplete, anything else malformed (HS-1, HS-7).
PREFIX = re.compile(rb"(?i:h(?:e(?:l(?:l(?:o(?: +(?:[+-](?:\d+)?|\d+)?)?)?)?)?)?)\Z")
WHOLE = re.compile(rb"(?i:hello) +([+-]?\d+)\Z")


def decode(segments):
    """Returns the numbers in the segments, and the code of the failure after them or None. A pause follows each segment."""
    values, message = [], b""

    def finish():
        nonlocal message
        whole, message = WHOLE.match(message), b""
        if not whole:
            return "ERR_HS_MALFORMED"
        value = int(whole.group(1))
        if abs(value) > MAX_SAFE:
            return "ERR_HS_OUT_OF_RANGE"
        values.append(value)
        return None

    for segment in segments:
        for byte in segment:
            byte = bytes([byte])
            after_digits = WHOLE.match(message)
            if byte in TERMINATORS and not message:
                continue
            if after_digits and (byte in TERMINATORS or byte in b"Hh"):
                if code := finish():
                    return values, code
                message = b"" if byte in TERMINATORS else byte
                continue
            message += byte
            if len(message) > MAX_BYTES:
                return values, "ERR_HS_TOO_LONG"
            if not PREFIX.match(message):
                return values, "ERR_HS_MALFORMED"
        if message and (code := finish()):
            return values, code
    return values, None


def main(path):
    with open(path, encoding="ascii") as file:
        vectors = json.load(file)
    rows = vectors["canonical"] + vectors["deviations"] + vectors["malformed"]
    for row in rows:
        segments = [row[key].encode("latin-1") for key in ("bytes", "later") if key in row]
        decoded, expected = decode(segments), (row.get("values", []), row.get("code"))
        if decoded != expected:
            sys.exit(f"{row['bytes']!r} ({row['why']}): expected {expected}, decoded {decoded}")
    print(f"{len(rows)} rows")


main(sys.argv[1])
