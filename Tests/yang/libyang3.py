"""libyang3.py FOLDERS MODULE...: reads documents from the standard input, a JSON string a line, and answers each with a
line `[accepted, text]`.

Each has a process of its own: libyang 3.12 can crash after it has refused the key of a list.
"""
import json
import os
import sys

import libyang


def verdict(context: libyang.Context, document: str) -> tuple[bool, str]:
    """Whether libyang accepts the document, and what it says if not."""
    try:
        context.parse_data_mem(document, "json", strict=True, no_state=True)
        return True, ""
    except libyang.LibyangError as error:
        return False, str(error)


def main() -> None:
    context = libyang.Context(sys.argv[1])
    for module in sys.argv[2:]:
        context.load_module(module)
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            with open(writer, "w", encoding="utf-8") as answer:
                json.dump(verdict(context, json.loads(line)), answer)
            os._exit(0)
        os.close(writer)
        with open(reader, encoding="utf-8") as answer:
            text = answer.read()
        status = os.waitpid(child, 0)[1]
        # A crash behind the answer would not change it; without one there is no verdict.
        print(text or json.dumps([False, f"libyang crashed with status {status}"]), flush=True)


main()
