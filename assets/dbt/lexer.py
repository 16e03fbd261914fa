"""SQL as Materialize's own lexer reads it: comments nest, strings may be escaped, dollar-quoted or continued on another line.

Facts: src/sql-lexer/src/lexer.rs of MaterializeInc/materialize.
"""

import sys

# The folder that Python puts first is no place for modules: it may be the project's own.
if sys.path and sys.path[0] in ("", "."):
    sys.path.pop(0)

import re  # noqa: E402

TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\x0c\r]+|--[^\n]*)
  | (?P<comment>/\*)
  | (?P<escaped>[eE]')
  | (?P<string>[xX]?')
  | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
  | (?P<name>"[^"]*(?:""[^"]*)*")
  | (?P<dollar>\$(?![0-9])[^$]*\$)
  | (?P<number>\.?[0-9][0-9.]*)
  | (?P<sign>[-+*/<>=~!@\#%^&|`?$(),.:;\[\]])
    """,
    re.VERBOSE,
)
COMMENT = re.compile(r"/\*|\*/")
# Each character fits one way only: else a quotation without an end would be tried in as many ways as there are to cut it.
PLAIN = re.compile(r"[^']*(?:''[^']*)*'")
ESCAPED = re.compile(r"[^'\\]*(?:(?:''|\\.)[^'\\]*)*'", re.DOTALL)
GAP = re.compile(r"[ \t\n\x0c\r]*")
OPERATOR = "+-*/<>=~!@#%^&|`?"


class Refused(Exception):
    """Why a statement is not sent: the rest of a sentence that begins with `it`."""


def comment_end(text, at):
    """Comments nest."""
    depth, at = 1, at + 2
    while depth:
        found = COMMENT.search(text, at)
        if found is None:
            raise Refused("has a comment without an end")
        depth += 1 if found.group() == "/*" else -1
        at = found.end()
    return at


def string_end(text, at, body):
    """Strings with a line end between them are one."""
    while True:
        found = body.match(text, at)
        if found is None:
            raise Refused("has a string without an end")
        gap = GAP.match(text, found.end())
        goes_on = ("\n" in gap.group() or "\r" in gap.group()) and text.startswith("'", gap.end())
        if not goes_on:
            return found.end()
        at = gap.end() + 1


class Operator:
    """The operator that is being read.

    Where one ends with signs that are no part of it (`1 +-2`), the server goes back by as many characters as it gives back signs. A
    comment in it, or right behind it, makes it go back into that comment, and read what stands there as SQL.
    """

    def __init__(self):
        self.signs = ""
        self.has_comment = False

    def goes_on(self, kind, shown):
        if kind == "sign" and shown in OPERATOR:
            self.signs += shown
        elif kind == "comment" or shown.startswith("--"):
            self.has_comment = self.signs != ""
        else:
            self.ends()

    def ends(self):
        gives_back = len(self.signs) > 1 and self.signs[-1] in "+-" and not set(self.signs) & set("~!@#%^&|`?")
        if self.has_comment and gives_back:
            raise Refused("has a comment within an operator")
        self.__init__()


def tokens_of(text):
    """Kinds with texts: `word` (lower case), `name` (as quoted), `string`, `number`, `sign`; and where each begins."""
    at, tokens, begins, operator = 0, [], [], Operator()
    if "\0" in text:
        # Nothing behind it would be sent.
        raise Refused("has a NUL")
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise Refused("can't be read")
        kind, shown, at = found.lastgroup, found.group(), found.end()
        operator.goes_on(kind, shown)
        if kind == "space":
            continue
        if kind == "comment":
            at = comment_end(text, found.start())
            continue
        begins.append(found.start())
        if kind in ("string", "escaped"):
            at = string_end(text, at, ESCAPED if kind == "escaped" else PLAIN)
            tokens.append(("string", text[found.start() : at]))
        elif kind == "dollar":
            end = text.find(shown, at)
            if end < 0:
                raise Refused("has a string without an end")
            at = end + len(shown)
            tokens.append(("string", text[found.start() : at]))
        elif kind == "word":
            tokens.append(("word", shown.lower()))
        elif kind == "name":
            tokens.append(("name", shown[1:-1].replace('""', '"')))
        else:
            tokens.append((kind, shown))
    operator.ends()
    return tokens, begins


def statements_of(text):
    """The statements of a text: each as written, with its tokens."""
    tokens, begins = tokens_of(text)
    first = 0
    for end in [at for at, token in enumerate(tokens) if token == ("sign", ";")] + [len(tokens)]:
        if end > first:
            until = begins[end] if end < len(begins) else len(text)
            yield text[begins[first] : until], tokens[first:end]
        first = end + 1
