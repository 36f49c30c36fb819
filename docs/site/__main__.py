"""Build the site: lay out the sources, then Sphinx with every warning an error."""

import sys
from pathlib import Path

from challenges.course.catalog import ROOT
from docs.site.assemble import lay_out


def main() -> int:
    """Build build/site; Sphinx's exit status."""
    from sphinx.cmd.build import build_main

    source, target = ROOT / "build" / "site-source", ROOT / "build" / "site"
    lay_out(source)
    options = ["-W", "--keep-going", "-q", "-j", "auto", "-c", str(Path(__file__).parent), "-d", str(source / "_tree")]
    status = build_main(["-b", "html", *options, str(source), str(target)])
    if status == 0:
        print(f"build/site/index.html: {sum(1 for _ in target.rglob('*.html'))} pages; make site-serve opens them")
    return status


if __name__ == "__main__":
    sys.exit(main())
