# Performs dbt commands one after another in one process, as dbt's own `dbtRunner` does: dbt is imported once, not for each of them.
# Reads the words of a command as a line of JSON, and answers with whether it succeeded and all that it told.
import json
import os
import sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

from dbt.cli.main import dbtRunner

told = []
dbt = dbtRunner(callbacks=[lambda event: told.append(event.info.msg)])
for line in sys.stdin:
    told.clear()
    result = dbt.invoke(json.loads(line))
    if result.exception is not None:
        told.append(str(result.exception))
    answers.write(json.dumps({"succeeded": bool(result.success), "words": "\n".join(told)}) + "\n")
    answers.flush()
