"""dbt for `cutover`, in one process: it parses once, tells where every relation would be built, and builds only when told to.

Orders come as JSON lines on standard input, answers go out as JSON lines that begin with the marker of the first order;
every other line is dbt's own. The end of standard input is the end of whoever gives orders: nothing may be built after that.
"""

import sys

# The folder that Python puts first is no place for modules: it may be the project's own.
if sys.path and sys.path[0] in ("", "."):
    sys.path.pop(0)

import json  # noqa: E402
import os  # noqa: E402
import queue  # noqa: E402
import signal  # noqa: E402
import threading  # noqa: E402

# Seconds that dbt has to cancel its queries once nobody is there any more.
GRACE = 5

# Seeds set their cluster for a DELETE alone; views run on none.
SESSION_ONLY = ("seed", "test")
WITHOUT_CLUSTER = ("view", "ephemeral", "seed", "test")


class Orders:
    """The lines of standard input. Their end stops the process, whatever it is doing."""

    def __init__(self):
        self.lines = queue.SimpleQueue()
        self.busy = False
        self.ended = False
        self.lock = threading.Lock()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        with os.fdopen(os.dup(0), "rb", buffering=0) as orders:
            rest = b""
            while True:
                read = orders.read(65536)
                if not read:
                    break
                *lines, rest = (rest + read).split(b"\n")
                for line in lines:
                    self.lines.put(json.loads(line))
        with self.lock:
            self.ended = True
            busy = self.busy
        if busy:
            self.end_group()
        self.lines.put(None)

    def end_group(self):
        """What dbt started goes with it, as long as the group is ours alone."""
        own = os.getpgrp() == os.getpid()
        send = (lambda number: os.killpg(os.getpgrp(), number)) if own else (lambda number: os.kill(os.getpid(), number))
        send(signal.SIGINT)
        timer = threading.Timer(GRACE, lambda: send(signal.SIGKILL))
        timer.daemon = True
        timer.start()

    def next(self):
        with self.lock:
            self.busy = False
        order = self.lines.get()
        with self.lock:
            # What still waits when the giver of orders is gone is not begun.
            self.busy = order is not None and not self.ended
            return order if self.busy else None


class Driver:
    def __init__(self, marker):
        self.marker = marker
        self.manifest = None

    def answer(self, **answer):
        sys.stdout.flush()
        line = (self.marker + json.dumps(answer) + "\n").encode("ascii")
        while line:
            line = line[os.write(1, line):]

    def invoke(self, args, manifest=None):
        from dbt.cli.main import dbtRunner

        result = dbtRunner(manifest=manifest).invoke(args)
        if result.success:
            exit_code = 0
        elif result.exception is None:
            exit_code = 1
        else:
            exit_code = 2
        error = None if result.exception is None else str(result.exception) or type(result.exception).__name__
        return result.result, exit_code, error

    def obey(self, order):
        result, exit_code, error = self.invoke(order["args"], self.manifest if order.get("parsed") else None)
        more = {}
        if order["do"] == "parse" and exit_code == 0:
            self.manifest = result
            more["relations"] = Rendering(result).relations()
        elif order["do"] == "list" and exit_code == 0:
            more["ids"] = [json.loads(line)["unique_id"] for line in result or []]
        self.answer(answer=order["do"], exit=exit_code, error=error, **more)


class Rendering:
    """Where the parsed project would be built, in the words of the adapter itself."""

    def __init__(self, manifest):
        from dbt.adapters.factory import FACTORY

        self.manifest = manifest
        (self.adapter,) = FACTORY.adapters.values()
        self.target_cluster = getattr(self.adapter.config.credentials, "cluster", None)
        self.known = {}

    def relations(self):
        with self.adapter.connection_named("cutover"):
            nodes = self.manifest.nodes.values()
            return [self.relation(node) for node in nodes if str(node.resource_type) in ("model", "seed", "test")]

    def relation(self, node):
        kind = str(node.resource_type)
        materialized = node.config.materialized
        own = node.config.get("cluster", self.target_cluster)
        cluster = None if materialized in WITHOUT_CLUSTER else self.cluster(own)
        session = self.cluster(own) if kind in SESSION_ONLY and own else None
        indexes = node.config.get("indexes") or []
        return {
            "id": node.unique_id,
            "database": node.database,
            "schema": node.schema,
            "name": node.alias,
            "materialized": materialized,
            "cluster": cluster,
            "session": session,
            "indexes": [self.cluster((index or {}).get("cluster") or own) for index in indexes],
        }

    def cluster(self, name):
        if name not in self.known:
            self.known[name] = self.render(name)
        return self.known[name]

    def render(self, name):
        try:
            rendered = self.adapter.generate_final_cluster_name(name)
        except Exception as error:
            return {"error": str(error) or type(error).__name__}
        return {"name": None if rendered is None else str(rendered).strip()}


def main():
    orders = Orders()
    first = orders.next()
    if first is None:
        return
    driver = Driver(first["marker"])
    try:
        import dbt.cli.main  # noqa: F401
    except Exception as error:
        driver.answer(answer="unusable", exit=2, error=str(error))
        return
    driver.answer(answer="ready", exit=0, error=None)
    while True:
        order = orders.next()
        if order is None:
            return
        try:
            driver.obey(order)
        except KeyboardInterrupt:
            driver.answer(answer=order["do"], exit=2, error="interrupted")
        except Exception as error:
            driver.answer(answer=order["do"], exit=2, error=f"{type(error).__name__}: {error}")


try:
    main()
except (KeyboardInterrupt, BrokenPipeError):
    pass
finally:
    # Threads of dbt's that still wait for a server must not hold up the end.
    os._exit(0)
