"""dbt for `cutover`, in one process: it parses once, tells where every relation would be built, and builds only when told to.

Orders come as JSON lines on standard input, answers go out as JSON lines that begin with the marker of the first order;
every other line is dbt's own. The end of standard input is the end of whoever gives orders: nothing may be built after that.
"""

import json
import os
import queue
import signal
import sys
import threading

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


def guard(gate):
    """Lets every connection that this process makes send through the gate."""
    import psycopg2
    from psycopg2 import extensions

    class Cursor(extensions.cursor):
        def execute(self, query, vars=None):
            sent = self.mogrify(query, vars)
            known = gate.check(sent, self.connection.temporary)
            super().execute(sent)
            self.connection.temporary = known

        def executemany(self, query, vars_list):
            for vars in vars_list:
                self.execute(query, vars)

        def copy_expert(self, sql, file, size=8192):
            gate.check(self.mogrify(sql), self.connection.temporary)
            super().copy_expert(sql, file, size)

        def callproc(self, *args):
            gate.refuse("a call", "can't be read")

        copy_from = copy_to = callproc

    class Connection(extensions.connection):
        is_gated = True

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.temporary = set()

        def cursor(self, *args, **kwargs):
            if args or kwargs.keys() & {"name", "cursor_factory"}:
                gate.refuse("a cursor", "can't be read")
            return super().cursor(cursor_factory=Cursor, **kwargs)

        def lobject(self, *args, **kwargs):
            gate.refuse("a large object", "can't be read")

    genuine = psycopg2.connect

    def connect(dsn=None, connection_factory=None, cursor_factory=None, **kwargs):
        return genuine(dsn, connection_factory=Connection, **kwargs)

    psycopg2.connect = connect


def stop_dbt():
    """What dbt has begun ends, and no other model is begun."""
    from dbt.flags import get_flags

    object.__setattr__(get_flags(), "FAIL_FAST", True)


class Driver:
    def __init__(self, marker):
        self.marker = marker
        self.manifest = None
        self.gate = Gate()
        self.gate.on_refusal = stop_dbt

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
        self.gate.begin(order.get("bounds"))
        more = {}
        if order["do"] == "tell":
            more["relations"], exit_code, error = self.tell(order["args"])
        else:
            result, exit_code, error = self.invoke(order["args"], self.manifest if order.get("parsed") else None)
        if self.gate.refused is not None and order["do"] == "go":
            exit_code, error = exit_code or 1, self.gate.refused
        elif order["do"] == "parse" and exit_code == 0:
            self.manifest = result
        elif order["do"] == "list" and exit_code == 0:
            more["ids"] = [json.loads(line)["unique_id"] for line in result or []]
        self.answer(answer=order["do"], exit=exit_code, error=error, **more)

    def tell(self, args):
        """Where the build with these arguments would put everything: asked in its own place, in front of its first step."""
        from dbt.task.run import RunTask

        told = []

        def run(task):
            told.append(Rendering(task.manifest).relations())

        RunTask.run = run
        try:
            _, exit_code, error = self.invoke(args, self.manifest)
        finally:
            del RunTask.run
        return (told[0], 0, None) if told else ([], exit_code or 2, error)


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
            handle = self.adapter.connections.get_thread_connection().handle
            if not getattr(handle, "is_gated", False):
                raise RuntimeError("this dbt does not connect by psycopg2, so nothing would keep it off production")
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
        guard(driver.gate)
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
