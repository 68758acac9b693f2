"""Compares the errors that C raised (`tests errors`, on stdin) with the library's table.

The argument is the output of `toll errors --json`. Whatever is printed is a difference.
"""

import json
import sys

# No function of the C library closes anything that could still be named.
NOT_RAISED_IN_C = {"closed"}


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as table:
        wanted = {
            f"{row['code']} {row['name']}"
            + "".join(f" {field['name']}:{field['kind']}" for field in row["fields"])
            for row in json.load(table)
            if row["name"] not in NOT_RAISED_IN_C
        }
    raised = {line.rstrip("\n") for line in sys.stdin}
    for line in sorted(wanted - raised):
        print(f"not raised: {line}")
    for line in sorted(raised - wanted):
        print(f"not in the table: {line}")
    return int(wanted != raised)


if __name__ == "__main__":
    sys.exit(main())
