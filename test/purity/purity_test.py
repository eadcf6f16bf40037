"""Prove that purity.py catches: small archives, each with one sin, and one without.

    purity_test.py CC AR NM
"""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CC, AR, NM = "cc", "ar", "nm"

CLEAN = {
    "base": "#include <stdlib.h>\n"
            "void *base_get(void); void *base_get(void) { return malloc(8); }\n"
            "void base_end(void); void base_end(void) { abort(); }\n",
    "msg": "void *base_get(void); void *msg_get(void); void *msg_get(void) { return base_get(); }\n",
    "wire": "void *msg_get(void); void *wire_get(void); void *wire_get(void) { return msg_get(); }\n",
    "hub": "void *msg_get(void); void *hub_get(void); void *hub_get(void) { return msg_get(); }\n",
}


class Purity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.clean = {layer: cls.archive(layer, source) for layer, source in CLEAN.items()}

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    @classmethod
    def archive(cls, layer, source):
        """Gives the path of an archive with one object, compiled from `source`."""
        folder = tempfile.mkdtemp(dir=cls.folder.name)
        stem = os.path.join(folder, layer)
        with open(f"{stem}.c", "w", encoding="utf-8") as file:
            file.write(source)
        subprocess.run([CC, "-std=c17", "-D_GNU_SOURCE", "-fno-builtin", "-c", f"{stem}.c", "-o", f"{stem}.o"],
                       check=True)
        subprocess.run([AR, "rcs", f"{stem}.a", f"{stem}.o"], check=True)
        return f"{stem}.a"

    def run_purity(self, archives, allow=os.path.join(HERE, "allowed.txt")):
        run = subprocess.run([sys.executable, os.path.join(HERE, "purity.py"), "--nm", NM, "--allow", allow,
                              *(f"{layer}={path}" for layer, path in archives.items())],
                             stdout=subprocess.PIPE, text=True, check=False)
        return run.returncode, run.stdout

    def run_with(self, layer, addition):
        """The verdict on the clean house with `addition` in one of its layers."""
        return self.run_purity({**self.clean, layer: self.archive(layer, CLEAN[layer] + addition)})

    def assert_caught(self, verdict, *words):
        status, output = verdict
        self.assertEqual(status, 1, output)
        for word in words:
            self.assertIn(word, output)

    def test_passes_a_clean_house(self):
        status, output = self.run_purity(self.clean)
        self.assertEqual(status, 0, output)
        self.assertIn("4 layers", output)

    def test_catches_a_clock(self):
        self.assert_caught(self.run_with("hub", "#include <time.h>\nvoid now(struct timespec *t);\n"
                                         "void now(struct timespec *t) { clock_gettime(CLOCK_MONOTONIC, t); }\n"),
                           "hub: hub.o uses clock_gettime,")

    def test_catches_the_environment(self):
        self.assert_caught(self.run_with("wire", "#include <stdlib.h>\nchar *home(void);\n"
                                         "char *home(void) { return getenv(\"HOME\"); }\n"),
                           "wire: wire.o uses getenv,")

    def test_catches_descriptors_threads_randomness_and_logs(self):
        names = ("write", "socket", "pthread_create", "rand", "getrandom", "printf", "fputs", "setlocale")
        calls = "".join(f"void {name}(void); void slip_{name}(void); void slip_{name}(void) {{ {name}(); }}\n"
                        for name in names)
        self.assert_caught(self.run_with("msg", calls), *(f"msg: msg.o uses {name}," for name in names))

    def test_catches_data_that_is_not_ours(self):
        self.assert_caught(self.run_with("base", "extern char **environ; char **all(void);\n"
                                         "char **all(void) { return environ; }\n"), "uses environ,")

    def test_catches_a_weak_reference(self):
        self.assert_caught(self.run_with("base", "int gettid(void) __attribute__((weak)); int who(void);\n"
                                         "int who(void) { return gettid != 0 ? gettid() : 0; }\n"), "uses gettid,")

    def test_catches_the_hub_using_the_wire(self):
        self.assert_caught(self.run_with("hub", "void *wire_get(void); void *slip(void);\n"
                                         "void *slip(void) { return wire_get(); }\n"),
                           "hub: hub.o uses wire_get, which belongs to wire")

    def test_catches_every_use_against_the_order(self):
        for layer, other in (("base", "msg"), ("base", "hub"), ("msg", "wire"), ("msg", "hub"), ("wire", "hub")):
            with self.subTest(layer=layer, other=other):
                self.assert_caught(self.run_with(layer, f"void *{other}_get(void); void *slip(void);\n"
                                                 f"void *slip(void) {{ return {other}_get(); }}\n"),
                                   f"{layer}.o uses {other}_get, which belongs to {other}")

    def test_allows_abort_to_base_only(self):
        self.assert_caught(self.run_with("hub", "void abort(void); void end(void); void end(void) { abort(); }\n"),
                           "hub: hub.o uses abort,")

    def test_wants_a_reason_for_every_group(self):
        with open(self.path("allowed.txt"), "w", encoding="utf-8") as file:
            file.write("# Memory.\nmalloc base:abort\n\ngetenv\n")
        self.assert_caught(self.run_purity(self.clean, self.path("allowed.txt")),
                           "allowed.txt:4: a group without a reason")

    def test_is_not_content_with_less_than_the_whole_house(self):
        empty = self.path("empty.a")
        subprocess.run([AR, "rcs", empty], check=True)
        self.assert_caught(self.run_purity({**self.clean, "msg": empty}), "defines nothing")
        self.assert_caught(self.run_purity({**self.clean, "msg": self.path("missing.a")}), "missing.a")
        self.assert_caught(self.run_purity({**self.clean, "attic": self.clean["base"]}), "attic")
        self.assert_caught(self.run_purity({"base": self.clean["base"]}), "msg: a pure layer that was not handed in")


if __name__ == "__main__":
    CC, AR, NM = sys.argv[1:4]
    unittest.main(argv=sys.argv[:1], verbosity=2)
