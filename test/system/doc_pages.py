"""What stands in a Markdown page, and whether the tree agrees: links, names of files and functions, states, settings.

Every check gives a list of complaints, one line each; an empty list means that the page is true.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# What may stand in a fence: run (sh, python), checked (ini, systemd: configuration), compared (output: of the block before
# it), or only looked at by people (text).
TAGS = ("sh", "python", "ini", "systemd", "output", "text")

# Functions that are not ours.
SYSTEM_FUNCTIONS = {"recv", "sendmsg"}


class Block:
    """A fenced block."""

    def __init__(self, tag, line, text):
        self.tag, self.line, self.text = tag, line, text


def split(page):
    """The prose of a page as lines, with every line of a fence blanked, and its blocks."""
    prose, blocks, fence = [], [], None
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("```"):
            if fence is None:
                fence = Block(line[3:].strip(), number, "")
            else:
                blocks.append(fence)
                fence = None
            prose.append("")
        elif fence is not None:
            fence.text += line + "\n"
            prose.append("")
        else:
            prose.append(line)
    return prose, blocks


def rows(page):
    """The rows of all tables, as pairs of a line number and the cells."""
    prose, _ = split(page)
    for number, line in enumerate(prose, 1):
        if line.startswith("|") and not set(line) <= set("|-: "):
            yield number, [cell.strip() for cell in line.strip().strip("|").split("|")]


def words(text):
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


def tables(page):
    """Tables, as pairs of a header and the rows below it."""
    found, last = [], 0
    for number, cells in rows(page):
        # Between the header and the first row stands the line of dashes.
        if number > last + 2 or not found or (number == last + 2 and found[-1][1]):
            found.append((cells, []))
        else:
            found[-1][1].append((number, cells))
        last = number
    return found


# --- links -----------------------------------------------------------------------------------------------------------


def pages(root=ROOT):
    """Every page of the tree, without what was built."""
    return sorted(path for path in root.rglob("*.md")
                  if not {"build", ".git"} & set(path.relative_to(root).parts[:-1]))


def slug(heading):
    """The anchor that a heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def check_links(path):
    """Relative links of a page lead to something."""
    complaints = []
    prose, _ = split(path.read_text(encoding="utf-8"))
    for number, line in enumerate(prose, 1):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            other = path if not name else (path.parent / name)
            if not other.exists():
                complaints.append(f"{path.name}:{number}: the link {target} leads nowhere")
            elif anchor:
                headings, _ = split(other.read_text(encoding="utf-8"))
                if anchor not in {slug(h.lstrip("#")) for h in headings if h.startswith("#")}:
                    complaints.append(f"{path.name}:{number}: {name or path.name} has no heading #{anchor}")
    return complaints


def check_tags(name, page):
    """Each block says what it is, so that none is left out of the tests by accident."""
    return [f"{name}:{block.line}: a block with the tag \"{block.tag}\"" for block in split(page)[1]
            if block.tag not in TAGS]


# --- names -----------------------------------------------------------------------------------------------------------


class Tree:
    """The names that the sources define."""

    def __init__(self, root=ROOT):
        self.root = root
        self.texts = {}
        self.functions = {}  # name: the files that define it
        self.members = set()  # of structs, that are functions
        for folder in ("src", "test", "include", "cmake"):
            for path in sorted((root / folder).rglob("*")):
                if path.suffix in (".c", ".h", ".cmake") or path.name == "CMakeLists.txt":
                    self._take(path)
        self.words = set()
        for text in self.texts.values():
            self.words.update(re.findall(r"\w+", text))

    def _take(self, path):
        text = path.read_text(encoding="utf-8", errors="replace")
        name = str(path.relative_to(self.root))
        self.texts[name] = text
        self.members.update(re.findall(r"\(\*(\w+)\)\(", text))
        for match in re.finditer(r"^(?:[A-Za-z_][\w \t*]*?[ *])(\w+)\(", text, re.M):
            end = re.search(r"[;{]", text[match.end():])
            if end and end.group() == "{":
                self.functions.setdefault(match.group(1), set()).add(name)
        for pattern in (r"^function\((\w+)", r"^#define (\w+)\("):
            for macro in re.findall(pattern, text, re.M):
                self.functions.setdefault(macro, set()).add(name)

    def has_file(self, name):
        """A file, a folder, or a pattern that something matches."""
        return any(self.root.glob(name.rstrip("/"))) if "*" in name else (self.root / name).exists()

    def states(self, name):
        """The states of every table in a file, in order."""
        tables_of_file = re.findall(r"struct ald_state \w+\[\] = \{(.*?)\n\};", self.texts.get(name, ""), re.S)
        return [re.findall(r'\]\s*=\s*\{"(\w+)"', table) for table in tables_of_file]


def is_path(word, root=ROOT):
    first = word.split("/")[0]
    return "/" in word and re.fullmatch(r"[\w.*/-]+", word) and first not in ("", ".") and (root / first).is_dir()


def check_word(word, tree):
    """What is wrong with a word between backticks, or None."""
    function = re.fullmatch(r"(\w+)\([^()]*\)", word)
    struct = re.fullmatch(r"struct (\w+)", word)
    if "NAME" in word:
        return None
    if is_path(word, tree.root):
        return None if tree.has_file(word) else f"there is no {word}"
    if function:
        name = function.group(1)
        known = name in tree.functions or name in tree.members or name in SYSTEM_FUNCTIONS
        return None if known else f"there is no function {name}()"
    if struct:
        found = any(f"struct {struct.group(1)} {{" in text for text in tree.texts.values())
        return None if found else f"there is no {word}"
    if re.fullmatch(r"(ald_|ALD_)\w+|[A-Z][A-Z0-9_]{3,}", word):
        return None if word in tree.words else f"there is no {word}"
    return None


def check_names(name, page, tree):
    """Files, functions, structs and constants that a page names exist; a function in a table stands in that row's file."""
    complaints = []
    prose, _ = split(page)
    for number, line in enumerate(prose, 1):
        for word in words(line):
            wrong = check_word(word, tree)
            if wrong:
                complaints.append(f"{name}:{number}: {wrong}")
    for header, body in tables(page):
        if header[:2] != ["file", "functions"]:
            continue
        for number, cells in body:
            file = words(cells[0])[0]
            for word in words(cells[1]):
                function = word.rstrip("()")
                if file not in tree.functions.get(function, ()):
                    complaints.append(f"{name}:{number}: {function}() is not in {file}")
    return complaints


def check_states(name, page, tree):
    """The table of state machines is that of the sources, in both directions."""
    complaints, told = [], {}
    for header, body in tables(page):
        if header != ["machine", "file", "states"]:
            continue
        for number, (_, file, states) in body:
            listed = states.split(", ")
            told.setdefault(words(file)[0], []).append(listed)
            if listed not in tree.states(words(file)[0]):
                complaints.append(f"{name}:{number}: {words(file)[0]} has no machine with these states")
    for file in tree.texts:
        if file.startswith("src/") and not file.endswith("_test.c"):
            complaints += [f"{name}: the machine {', '.join(states)} of {file} is not told"
                           for states in tree.states(file) if states not in told.get(file, ())]
    return complaints


LIBRARIES = {"PkgConfig::UV": "libuv", "PkgConfig::OPENSSL": "OpenSSL", "PkgConfig::PCRE2": "PCRE2"}


def check_layers(name, page, tree):
    """The table of layers is what the CMakeLists.txt of each says."""
    true = {}
    for file, text in tree.texts.items():
        call = re.search(r"ald_layer\((\w+)([^)]*)\)", text) if file.startswith("src/") else None
        if call:
            lists = {"USES": [], "LIBS": [], "": []}
            kind = ""
            for word in call.group(2).split():
                kind = word if word in lists else kind
                if word not in lists:
                    lists[kind].append(word)
            true[call.group(1)] = ("yes" if "PURE" in lists[""] else "no",
                                   ", ".join(used.removeprefix("ald_") for used in lists["USES"]) or "–",
                                   ", ".join(LIBRARIES[lib] for lib in lists["LIBS"]) or "–")
    told = {cells[0]: tuple(cells[1:]) for header, body in tables(page) if header[0] == "layer" for _, cells in body}
    return [f"{name}: the layer {layer} is {true.get(layer)}, not {told.get(layer)}"
            for layer in sorted({*true, *told}) if true.get(layer) != told.get(layer)]


# --- settings and words ------------------------------------------------------------------------------------------------

MACHINE = "(the machine's)"


def settings(help_text):
    """The table of settings as `aldisd --help-keys` prints it: `[section] key` to default, kind and text."""
    found, section, comment = {}, None, []
    for line in help_text.splitlines():
        if line.startswith("["):
            section = line
        elif line.startswith("# "):
            comment.append(line[2:])
        elif re.match(r"#?\w+ =", line):
            key, _, value = line.partition(" =")
            default = MACHINE if key.startswith("#") else f"`{value.strip()}`" if value.strip() else "(empty)"
            kind = comment.pop().strip("()")
            found[f"{section} {key.lstrip('#')}"] = (default, kind, " ".join(comment))
            comment = []
    return found


def settings_table(found):
    """The same as the guide has it."""
    lines = ["| key | default | kind | what it sets |", "|---|---|---|---|"]
    lines += [f"| `{key}` | {default} | {kind} | {text} |" for key, (default, kind, text) in found.items()]
    return "\n".join(lines)


def check_settings(name, page, found):
    """The guide's table of settings is that of the program, in both directions."""
    complaints, told = [], {}
    for header, body in tables(page):
        if header[0] == "key":
            told.update((words(cells[0])[0], tuple(cells[1:])) for _, cells in body)
    for key in found:
        if key not in told:
            complaints.append(f"{name}: {key} is not told")
        elif told[key] != found[key]:
            complaints.append(f"{name}: {key} is {' | '.join(found[key])}, not {' | '.join(told[key])}")
    complaints += [f"{name}: there is no {key}" for key in told if key not in found]
    return complaints


def first_words(page, title):
    """The words between backticks in the first cells of the table whose first title is `title`."""
    return [word for header, body in tables(page) if header[0] == title for _, cells in body for word in words(cells[0])]


def check_same(name, what, told, true):
    """Two lists say the same, in any order."""
    return ([f"{name}: the {what} {word} is not told" for word in true if word not in told] +
            [f"{name}: there is no {what} {word}" for word in told if word not in true])
