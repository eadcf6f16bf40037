"""The manual pages: they hold what the programs know of themselves, and formatters have nothing against them."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from cli_rig import environment
from harness import BINARIES, PATIENCE, binary

PAGES = {"aldis.1": ("aldis", "manual"), "aldisd.8": ("aldisd", "--manual"), "aldis.conf.5": ("aldisd", "--manual-keys")}


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, env=environment())
    return done.returncode, done.stdout, done.stderr


def page(name):
    program, *words = PAGES[name]
    status, out, err = run(binary(program), *words)
    assert (status, err) == (0, ""), (status, err)
    return out


def plain(text):
    """The words of a page, without its escapes."""
    text = re.sub(r"\\f[BIR]|\\&", "", text)
    for escape, character in (("\\-", "-"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\(ga", "`"), ("\\e", "\\")):
        text = text.replace(escape, character)
    return " ".join(text.split())


class Manual(unittest.TestCase):
    maxDiff = None

    def test_every_verb_and_option_has_its_place(self):
        text = plain(page("aldis.1"))
        _, help_text, _ = run(binary("aldis"), "help")
        verbs = re.findall(r"(?m)^  ([a-z]+) {2,}\S", help_text.split("Verbs")[1].split("Options")[0])
        self.assertGreater(len(verbs), 10)
        for verb in verbs:
            self.assertIn(f'.SS "aldis {verb}"', text)
            _, verb_help, _ = run(binary("aldis"), verb, "--help")
            for option in re.findall(r"(?m)^  (?:(-\w, )|    )(--[a-z-]+)", verb_help):
                self.assertIn("".join(option), text)

    def test_every_setting_has_its_place(self):
        text = page("aldis.conf.5")
        _, keys, _ = run(binary("aldisd"), "--help-keys")
        section = ""
        for line in keys.splitlines():
            if line.startswith("["):
                section = line
                self.assertIn(f'.SS "{section}"', text)
            elif found := re.match(r"#?(\w+) =", line):
                self.assertIn(f".TP\n\\fB{found[1]}\\fR\n", text.split(f'.SS "{section}"')[1].split(".SS")[0])

    def test_the_daemons_options_have_their_place(self):
        text = page("aldisd.8")
        _, help_text, _ = run(binary("aldisd"), "--help")
        options = re.findall(r"(?m)^  (?:-\w, |    )(--[a-z-]+)", help_text)
        self.assertGreater(len(options), 5)
        for option in options:
            self.assertIn(option, plain(text))
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "STARTING AND STOPPING", "EXAMPLE", "SEE ALSO"):
            self.assertIn(f'.SH "{section}"\n', text)

    def test_formatters_have_nothing_against_them(self):
        checks = []
        if shutil.which("mandoc"):
            checks.append(["mandoc", "-Tlint", "-Wwarning"])
        if shutil.which("groff"):
            checks.append(["groff", "-man", "-ww", "-Tutf8", "-z"])
        elif shutil.which("man"):
            checks.append(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"])
        if not checks:
            self.skipTest("there is neither mandoc nor groff nor man")
        for name in PAGES:
            with tempfile.NamedTemporaryFile("w", suffix=name, encoding="utf-8") as file:
                file.write(page(name))
                file.flush()
                for check in checks:
                    with self.subTest(page=name, check=check[0]):
                        _, out, err = run(*check, file.name)
                        said = [line for line in ((out if check[0] == "mandoc" else "") + err).splitlines()
                                if "missing date" not in line]  # on purpose: the same sources make the same page
                        self.assertEqual(said, [])

    def test_what_is_installed_is_what_the_programs_say(self):
        share = os.path.join(os.path.abspath(BINARIES), "..", "share")
        if not os.path.exists(share):
            self.skipTest("nothing was made beside these programs")
        made = {f"man/man{name[-1]}/{name}": page(name) for name in PAGES}
        made["bash-completion/completions/aldis"] = run(binary("aldis"), "completion", "bash")[1]
        made["zsh/site-functions/_aldis"] = run(binary("aldis"), "completion", "zsh")[1]
        for path, text in made.items():
            with self.subTest(path=path), open(os.path.join(share, path), encoding="utf-8") as file:
                self.assertEqual(file.read(), text)


if __name__ == "__main__":
    unittest.main()
