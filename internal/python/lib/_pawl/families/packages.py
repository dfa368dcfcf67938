"""Packages that code in R asks for, and that are not there."""
import re
import shutil
import subprocess

from _pawl.notebooks import text_of

USED = re.compile(r"""\b(?:library|require|requireNamespace|loadNamespace)\s*\(\s*["']?([A-Za-z][\w.]*)["']?\s*[,)]|\b([A-Za-z][\w.]*):::?[\w.`]""")


def lacking(message, notebook):
    """All that a notebook which failed with a message lacks, as lines for people."""
    if "there is no package called" not in message:
        return []
    code = [text_of(c) for c in notebook["cells"] if c["cell_type"] == "code"]
    text = "\n".join(re.sub(r"(?m)^\s*#.*$", "", c) for c in code)
    names = sorted(set(a or b for a, b in USED.findall(text)))
    found = re.search("there is no package called \\W?([\\w.]+)", message)
    missing = [name for name in absent(names) if name] or ([found.group(1)] if found else [])
    if not missing:
        return []
    listed = ", ".join('"%s"' % name for name in missing)
    return ["R lacks %s: Rscript -e 'install.packages(c(%s))'" % (" and ".join(missing), listed)]


def absent(names):
    """Which packages R can't find."""
    program = shutil.which("Rscript")
    if program is None or not names:
        return []
    code = "a <- commandArgs(TRUE); cat(a[!nzchar(vapply(a, function(p) system.file(package = p), ''))], sep = '\\n')"
    told = subprocess.run([program, "-e", code] + names, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return told.stdout.decode("utf-8", "replace").split()
