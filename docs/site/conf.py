"""Sphinx's settings: MyST-NB pages that are never executed here, the pydata theme, nothing fetched from elsewhere."""

from importlib import metadata
from pathlib import Path

from numpydoc.xref import DEFAULT_LINKS

from docs.site.reference import types

MATHJAX = metadata.distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline/static/mathjax")

project = "Pattern Pursuit"
author = "the Pattern Pursuit founders"
release = metadata.version("dlcore")

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "sphinx_design",
]
templates_path = [str(Path(__file__).parent / "templates")]
highlight_language = "text"
exclude_patterns = ["_tree"]

nb_execution_mode = "off"  # what `make all-days` ran is shown as it is
nb_merge_streams = True
nb_code_prompt_show = "The numbers that a fresh run must reproduce"  # the only cell that is hidden
nb_code_prompt_hide = "Hide them"
nb_render_text_lexer = "text"
myst_enable_extensions = ["amsmath", "attrs_block", "colon_fence", "dollarmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 3

autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_typehints = "none"  # numpydoc's own lines say the types
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = True  # types of dlcore become links, all other words stay words
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {word: word for word in DEFAULT_LINKS} | types()
viewcode_line_numbers = True

html_theme = "pydata_sphinx_theme"
html_title = "Pattern Pursuit"
html_static_path = [str(Path(__file__).parent / "static"), str(Path(str(MATHJAX)).parent)]
html_css_files = ["house.css"]
html_search_scorer = str(Path(__file__).parent / "static" / "days_first.js")
html_show_search_summary = False  # a page read from disk may not fetch another
html_context = {"default_mode": "auto"}
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
mathjax_path = "mathjax/tex-mml-chtml.js"
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "navigation_depth": 3,
    "show_nav_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": [], "leaderboard": []}
copyright = "Pattern Pursuit, MIT licence. Education, not investment advice"
