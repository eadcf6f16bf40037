"""Prove that the pure layers are pure, by what their archives ask the linker for.

    purity.py --nm NM --allow FILE LAYER=ARCHIVE...

Each undefined symbol of a layer must be defined in the layer itself, or in one it may use, or stand in FILE with a
reason. Everything else is named, with the object that asks for it, and the exit status is 1.
"""

import argparse
import fnmatch
import subprocess
import sys

# Who may use whom: the order of the house, in which the hub does not know the wire.
LAYERS = {
    "base": (),
    "msg": ("base",),
    "wire": ("base", "msg"),
    "hub": ("base", "msg"),
}

UNDEFINED = "Uwv"
DEFINED = "TDBRSCVWGui"


class Failure(Exception):
    """The question could not be asked: the archives or the list are not what they should be."""


def read_allowed(path):
    """The patterns of the file, as pairs of a layer (None: every one) and a pattern."""
    allowed = []
    reason = False
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if not line:
                reason = False
            elif line.startswith("#"):
                reason = True
            elif not reason:
                raise Failure(f"{path}:{number}: a group without a reason")
            else:
                for word in line.split():
                    layer, colon, pattern = word.rpartition(":")
                    allowed.append((layer if colon else None, pattern))
    return allowed


def read_archive(nm, path):
    """The names an archive defines, and pairs of object and name for those it does not."""
    run = subprocess.run([nm, "-A", "-P", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        raise Failure(f"{path}: {run.stderr.strip()}")
    defined, wanted = set(), set()
    for line in run.stdout.splitlines():
        place, _, rest = line.partition("]: ")
        name, kind = rest.split()[:2]
        if kind in UNDEFINED:
            wanted.add((place.rpartition("[")[2], name))
        elif kind in DEFINED:
            defined.add(name)
    if not defined:
        raise Failure(f"{path}: defines nothing, so it proves nothing")
    return defined, wanted


def is_allowed(allowed, layer, name):
    return any(where in (None, layer) and fnmatch.fnmatchcase(name, pattern) for where, pattern in allowed)


def check_layer(layer, archives, allowed):
    """One line for everything the layer asks for and may not have."""
    defined, wanted = archives[layer]
    usable = set(defined).union(*(archives[other][0] for other in LAYERS[layer] if other in archives))
    for place, name in sorted(wanted):
        if name in usable or is_allowed(allowed, layer, name):
            continue
        owners = [other for other in archives if name in archives[other][0]]
        if owners:
            yield f"{layer}: {place} uses {name}, which belongs to {owners[0]}: {layer} may not use that layer"
        else:
            yield f"{layer}: {place} uses {name}, which is neither ours nor allowed to a pure layer"


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", required=True)
    parser.add_argument("--allow", required=True)
    parser.add_argument("layers", nargs="+", metavar="LAYER=ARCHIVE")
    options = parser.parse_args(arguments)
    try:
        allowed = read_allowed(options.allow)
        archives = {}
        for word in options.layers:
            layer, _, path = word.partition("=")
            if layer not in LAYERS:
                raise Failure(f"{layer}: a pure layer nobody has said what it may use of")
            archives[layer] = read_archive(options.nm, path)
        for layer in LAYERS:
            if layer not in archives:
                raise Failure(f"{layer}: a pure layer that was not handed in")
    except (Failure, OSError) as failure:
        print(f"purity: {failure}")
        return 1
    complaints = [line for layer in archives for line in check_layer(layer, archives, allowed)]
    for line in complaints:
        print(line)
    print(f"purity: {len(archives)} layers, {sum(len(a[1]) for a in archives.values())} references, "
          f"{len(complaints)} not allowed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
