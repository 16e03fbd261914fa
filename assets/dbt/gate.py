"""The gate between dbt and the server: a statement that would change anything but the deployment side is not sent.

It stands at the last step, where psycopg2 is given the bytes to send, whoever wrote them: a materialization, a hook, a model.
What can't be read is not sent either, and once a statement was refused, nothing more is changed by this process.
"""

import threading

# How much of a statement a message shows.
SHOWN = 160

class Bounds:
    """What may be changed: the schemas and clusters of one side. Without any, only reading is allowed."""

    NONE = {"database": None, "schemas": (), "clusters": (), "production": (), "existing": ()}

    def __init__(self, told=None):
        # A key that is not told is no empty list: whoever tells and whoever is told don't fit each other.
        told = self.NONE if told is None else told
        self.database = told["database"]
        self.schemas = set(told["schemas"])
        self.clusters = set(told["clusters"])
        # Clusters that not even a query of the build may run on.
        self.production = set(told["production"])
        # What stands there and is not built again: nobody has shown what would go with it.
        self.existing = {tuple(name) for name in told["existing"]}


KINDS = ("view", "table", "source", "sink", "index", "connection", "secret", "type", "function")
# What begins a statement that changes nothing but its own session.
HARMLESS = {
    "select", "values", "table", "show", "explain", "subscribe", "fetch", "close", "inspect", "raise", "validate",
    "begin", "start", "commit", "end", "deallocate",
}  # fmt: skip
READS = HARMLESS | {"(", "with", "set", "reset", "execute", "discard", "rollback", "abort"}
# Functions that change more than they answer.
ACTING = {"pg_cancel_backend", "pg_terminate_backend", "set_config"}
# Settings that decide what the name of a schema means.
NAMING = {"database", "all"}
# What runs somewhere, so that a cluster must be named.
RUNS = ("materialized view", "index", "source", "sink", "continual task")


class Statement:
    """One statement, read from its beginning as far as it names what it changes."""

    def __init__(self, tokens, bounds, temporary):
        self.tokens = tokens
        self.bounds = bounds
        self.temporary = temporary
        self.at = 0

    # Reading.

    def word(self, ahead=0):
        kind, text = self.token(ahead)
        return text if kind == "word" else None

    def token(self, ahead=0):
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else (None, None)

    def take(self, *words):
        """Goes past these words, where they come next."""
        if all(self.word(ahead) == word for ahead, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def take_sign(self, sign):
        if self.token() == ("sign", sign):
            self.at += 1
            return True
        return False

    def name(self):
        """A name with its qualifiers, as the server reads it."""
        parts = [self.part()]
        while self.take_sign("."):
            parts.append(self.part())
        return tuple(parts)

    def part(self):
        kind, text = self.token()
        if kind not in ("word", "name"):
            raise Refused("does not name in plain words what it changes")
        self.at += 1
        return text

    def names(self):
        names = [self.name()]
        while self.take_sign(","):
            names.append(self.name())
        return names

    def find(self, *words):
        """Goes behind these words, outside of parentheses and before a query."""
        begin, depth = self.at, 0
        while self.at < len(self.tokens):
            token = self.token()
            if token == ("sign", "("):
                depth += 1
            elif token == ("sign", ")"):
                depth -= 1
            elif depth == 0 and token == ("word", "as"):
                break
            elif depth == 0 and self.take(*words):
                return True
            self.at += 1
        self.at = begin
        return False

    # Judging.

    def is_temporary(self, name):
        return (len(name) == 1 and name[0] in self.temporary) or name[:-1] == ("mz_temp",)

    def relation(self, name):
        if not name:
            raise Refused("does not name the relation that it would change")
        if self.is_temporary(name):
            return
        shown = ".".join(name)
        if len(name) == 1:
            raise Refused(f"would change `{shown}`, whose schema it does not name")
        database = name[-3] if len(name) > 2 else self.bounds.database
        if len(name) > 3 or name[-2] not in self.bounds.schemas or database != self.bounds.database:
            raise Refused(f"would change `{shown}`, which is not on the deployment side")

    def schema(self, name):
        database = name[0] if len(name) > 1 else self.bounds.database
        if len(name) > 2 or name[-1] not in self.bounds.schemas or database != self.bounds.database:
            raise Refused(f"would change schema `{'.'.join(name)}`, which is not the deployment side's")

    def cluster(self, name):
        if name[0] not in self.bounds.clusters:
            raise Refused(f"would change or use cluster `{name[0]}`, which is not the deployment side's")

    def refuse(self, what):
        raise Refused(f"{what}, which is no part of a build")

    def judge(self):
        self.functions()
        head = self.word()
        if self.token() == ("sign", "(") or head in HARMLESS:
            return
        judged = getattr(self, f"judge_{head}", None) if head and head.isalpha() else None
        if judged is None:
            self.refuse("begins with what is not known to be harmless")
        self.at += 1
        judged()

    def functions(self):
        for (kind, text), behind in zip(self.tokens, self.tokens[1:]):
            if kind in ("word", "name") and text in ACTING and behind == ("sign", "("):
                self.refuse(f"calls `{text}`")

    def judge_with(self):
        writes = {("insert", "into"), ("delete", "from"), ("merge", "into")}
        words = [text if kind == "word" else None for kind, text in self.tokens]
        if writes & set(zip(words, words[1:])) or {"update", "set"} <= set(words):
            self.refuse("changes something within a query")

    def judge_declare(self):
        self.inner("for")

    def judge_prepare(self):
        self.inner("as")

    def inner(self, word):
        """Judges the statement that stands behind this word."""
        if ("word", word) not in self.tokens:
            raise Refused("can't be read")
        inner = self.tokens[self.tokens.index(("word", word)) + 1 :]
        # What is temporary now need not be there any more when it runs.
        Statement(inner, self.bounds, set()).judge()

    def judge_execute(self):
        """What was prepared was judged; a text that is run at once was not."""
        self.name()
        if self.at < len(self.tokens) and self.token() != ("sign", "("):
            raise Refused("does not name in plain words what it runs")

    def forget(self):
        """What was temporary may be gone, and its name mean something else."""
        self.temporary.clear()

    judge_rollback = judge_abort = forget

    def judge_discard(self):
        self.setting()
        self.forget()

    def setting(self):
        """The setting whose name comes next."""
        kind, text = self.token()
        if kind not in ("word", "name"):
            raise Refused("does not name its setting in plain words")
        if text.lower() in NAMING:
            self.refuse("would change the database that the names behind it lie in")
        return text.lower()

    judge_reset = setting

    def judge_set(self):
        if not self.take("session"):
            self.take("local")
        if self.setting() == "cluster":
            self.at += 1
            if not (self.take_sign("=") or self.take("to")):
                raise Refused("can't be read")
            kind, text = self.token()
            name = text[1:-1].replace("''", "'") if kind == "string" else text
            if kind not in ("word", "name", "string") or len(self.tokens) > self.at + 1:
                raise Refused("does not name its cluster in plain words")
            # Settings fold what is not quoted within a string, too.
            if {name, name.lower()} & self.bounds.production:
                raise Refused(f"would run what follows on production's cluster `{name}`")

    def rows(self):
        if not self.take("into"):
            self.take("from")
        self.relation(self.name())

    judge_insert = judge_delete = judge_update = rows

    def judge_copy(self):
        writes = self.take("into")
        if self.token() == ("sign", "("):
            return
        name = self.name()
        if writes or self.find("from"):
            self.relation(name)

    def kind(self):
        """The kind of object that comes next, in the words of CREATE and DROP."""
        for two in ("materialized view", "cluster replica", "network policy", "continual task"):
            if self.take(*two.split()):
                return two
        word = self.word()
        if word is None:
            raise Refused("can't be read")
        self.at += 1
        return word

    def judge_create(self):
        self.take("or", "replace")
        temporary = self.take("temporary") or self.take("temp")
        self.take("replacement")
        self.take("default")
        kind = self.kind()
        self.take("if", "not", "exists")
        if kind == "index":
            return self.index()
        if kind == "schema":
            return self.schema(self.name())
        if kind in ("cluster", "cluster replica"):
            return self.cluster(self.name())
        if kind not in KINDS + RUNS:
            self.refuse(f"would create a {kind}")
        name = self.name()
        if temporary:
            if kind not in ("view", "table"):
                raise Refused("can't be read")
            if len(name) > 1 and name[:-1] != ("mz_temp",):
                raise Refused("can't be read")
            return self.temporary.add(name[-1])
        if len(name) == 1:
            # The server finds a schema for it, even where a temporary one is alike.
            self.temporary.discard(name[0])
        self.relation(name)
        if self.take("for"):
            self.relation(self.name())
        if kind in RUNS:
            self.in_cluster()
        if kind == "source":
            self.brings()

    def brings(self):
        """What a source makes beside itself: tables, in its own schema unless they name one, and its progress, in the session's."""
        while self.at < len(self.tokens):
            progress = self.take("progress")
            if not (self.take("as") or self.take("into")):
                self.at += not progress
                continue
            if self.token()[0] in ("word", "name"):
                name = self.name()
                # In one part it is a table beside the source, or a column.
                if progress or len(name) > 1:
                    self.relation(name)

    def index(self):
        if self.word() not in ("in", "on"):
            self.part()
        self.in_cluster()
        if not self.find("on"):
            raise Refused("can't be read")
        self.relation(self.name())

    def in_cluster(self):
        begin = self.at
        if not self.find("in", "cluster"):
            raise Refused("names no cluster, so that it would run on whatever cluster the session has")
        self.cluster(self.name())
        self.at = begin

    def judge_drop(self):
        kind = self.kind()
        if kind not in KINDS + ("materialized view", "cluster replica", "continual task"):
            self.refuse(f"would drop a {kind}")
        self.take("if", "exists")
        names = self.names()
        cascades = self.take("cascade")
        self.take("restrict")
        if self.at < len(self.tokens):
            raise Refused("can't be read")
        for name in names:
            if kind == "cluster replica":
                self.cluster(name)
                continue
            self.relation(name)
            if self.is_temporary(name):
                self.temporary.discard(name[-1])
            elif cascades and name[-2:] in self.bounds.existing:
                raise Refused(f"would drop all that reads `{'.'.join(name)}`, which the plan does not build again")

    def judge_alter(self):
        kind = self.kind()
        self.take("if", "exists")
        if kind in ("cluster", "cluster replica"):
            self.cluster(self.name())
            if not (self.take("set") or self.take("reset")):
                self.refuse(f"would alter a {kind}")
            return
        if kind == "default":
            return self.privileges()
        if kind not in KINDS + ("materialized view", "continual task"):
            self.refuse(f"would alter a {kind}")
        self.relation(self.name())
        if self.take("set", "cluster"):
            return self.cluster(self.name())
        if self.take("apply", "replacement"):
            return self.relation(self.name())
        if not self.alters_itself():
            self.refuse(f"would alter a {kind} in a way that is not known to stay on its side")

    def alters_itself(self):
        """Whether what comes next changes no more than what was named."""
        if self.word() in ("rename", "owner", "rotate", "as"):
            return True
        if self.word() in ("add", "drop") and self.word(1) == "column":
            return True
        # The options of `SET` and `RESET`; a sink's new input.
        return self.word() in ("set", "reset") and (self.token(1) == ("sign", "(") or self.word(1) == "from")

    def privileges(self):
        if not self.find("in", "schema"):
            self.refuse("would change privileges on more than one schema")
        for name in self.names():
            self.schema(name)

    def judge_comment(self):
        self.take("on")
        kind = self.kind()
        name = self.name()
        if kind == "column":
            return self.relation(name[:-1])
        self.owned(kind, name)

    def owned(self, kind, name):
        if kind == "schema":
            self.schema(name)
        elif kind in ("cluster", "cluster replica"):
            self.cluster(name)
        elif kind in KINDS + ("materialized view", "continual task"):
            self.relation(name)
        else:
            self.refuse(f"would change a {kind}")

    def judge_grant(self):
        if not self.find("on"):
            self.refuse("would change what roles are members of")
        if self.take("all"):
            return self.privileges()
        typed = {"materialized", "cluster", "schema", "database", "network", "system", "continual"} | set(KINDS)
        follows = self.token(1)[0] in ("word", "name") and self.word(1) != "to" and self.word(1) != "from"
        kind = self.kind() if self.word() in typed and follows else "table"
        for name in self.names():
            self.owned(kind, name)

    judge_revoke = judge_grant


def message(text, refused):
    shown = " ".join(text.split())
    shown = shown if len(shown) <= SHOWN else shown[:SHOWN] + " ..."
    return (
        f"cutover did not send `{shown}`: it {refused}. Let it name its relation by {{{{ this }}}}, or by what dbt hands to"
        " the macro, and its cluster by adapter.generate_final_cluster_name(...); or take it out of the build."
    )


class Gate:
    """Judges what is about to be sent. One for the process; its bounds are set for a build."""

    def __init__(self):
        self.bounds = Bounds()
        self.refused = None
        self.on_refusal = None
        self.lock = threading.Lock()

    def judge(self, text, temporary):
        """The temporary names of the session when the text has run; `Refused` where it must not be sent."""
        known = set(temporary)
        shown = text
        try:
            for shown, tokens in statements_of(text):
                Statement(tokens, self.bounds, known).judge()
                if self.refused is not None and tokens[0][1] not in READS:
                    raise Refused("comes after one that was refused, so that nothing more is changed")
        except Refused as refused:
            raise Refused(message(shown, refused)) from None
        return known

    def begin(self, told):
        """The bounds of an order. What was refused before is told and over."""
        self.bounds = Bounds(told)
        self.refused = None

    def check(self, sent, temporary):
        """As `judge`, for the bytes that are about to be sent."""
        try:
            return self.judge(sent.decode("utf-8"), temporary)
        except UnicodeDecodeError:
            self.refuse(ascii(sent), "is not in UTF-8")
        except Refused as refused:
            self.stop(refused)
            raise
        except Exception as error:
            self.refuse(ascii(sent), f"can't be read ({type(error).__name__})")

    def refuse(self, text, why):
        refused = Refused(message(text, why))
        self.stop(refused)
        raise refused

    def stop(self, refused):
        with self.lock:
            first = self.refused is None
            self.refused = self.refused or str(refused)
        if first and self.on_refusal is not None:
            self.on_refusal()
