"""The documentation site: sphinx-build -W --keep-going -n docs docs/_build. Nothing in it is fetched from elsewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util.inspect import signature, stringify_signature

import learnrate

project = "learnrate"
release = learnrate.__version__
html_title = f"learnrate {release}"
html_theme = "furo"
html_math_renderer = "mathml"  # that of `math`, below
html_static_path = ["site.css"]
html_css_files = ["site.css"]
pygments_dark_style = "github-dark"
html_copy_source = html_show_copyright = html_show_sphinx = False
exclude_patterns = ["_build"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "matplotlib.sphinxext.plot_directive"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 2

default_role = "literal"  # docstrings have Markdown's single backticks, which help() shows as they stand
autodoc_mock_imports = ["keras", "torch"]
autodoc_typehints_format = "short"
napoleon_attr_annotations = False  # a field's is what type checkers take the field for
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 88
# Other projects' inventories would have to be fetched.
nitpick_ignore_regex = [("py:.*", r"(collections|keras|matplotlib|numpy|torch|typing)\..*|Axes")]

plot_formats = ["svg"]
plot_html_show_formats = plot_html_show_source_link = False
plot_rcparams = {"savefig.transparent": True, "svg.hashsalt": "learnrate"}

ROOT = Path(__file__).parent.parent
PAGES = {"CONTRIBUTING.md": "contributing.md", "benches/README.md": "speed.md", "examples/README.md": "recipes.md"}


def lead_links_here(app: Sphinx, path: Path, parent: str, content: list[str]) -> None:
    """Relative links of an included file lead to the page that has their target, or else download it."""
    folder = (app.srcdir / path).resolve().parent

    def here(match: re.Match[str]) -> str:
        file = Path(os.path.normpath(folder / match[0])).relative_to(ROOT).as_posix()
        return PAGES.get(file, f"../{file}")

    content[0] = re.sub(r"(?<=\]\()(?!https?:|#)[^)]+", here, content[0])


class Run(Directive):
    """Runs a command of ours where the examples are, and shows what it prints: `{run} learnrate --help`."""

    required_arguments, final_argument_whitespace = 1, True

    def run(self) -> list[nodes.Node]:
        (command,) = self.arguments
        shown = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)],
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            check=True,
            encoding="utf-8",
        )
        return [nodes.literal_block(text := f"$ {command}\n{shown.stdout}", text, language="console")]


def constructor(app: Sphinx, what: str, name: str, subject: Any, options: Any, *shown: str) -> tuple[str, ...]:
    """The signature of a class whose base is mocked, which hides it."""
    if what == "class" and shown[0] == "(*args: Any, **kwargs: Any)":
        own = signature(subject.__init__, bound_method=True)
        return stringify_signature(own, show_return_annotation=False, unqualified_typehints=True), ""
    return shown


def math(translator: Any, node: nodes.Element) -> None:
    """MathML, which browsers typeset themselves."""
    translator.body.append(tex2mathml(node.astext(), as_block=isinstance(node, nodes.math_block)))
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_directive("run", Run)
    app.add_html_math_renderer("mathml", (math, None), (math, None))
    app.connect("autodoc-process-signature", constructor)
    app.connect("include-read", lead_links_here)
