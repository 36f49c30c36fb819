"""Storing a lesson's outputs: execute it, take off what changes from run to run, write it back in place."""

import tempfile
from pathlib import Path

import nbformat

from challenges.course.catalog import Lesson
from challenges.course.run import execute

KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def joined_streams(outputs: list) -> list:
    """Consecutive pieces of one stream as one: where a kernel cuts them is a matter of timing."""
    joined: list = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def normalised(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The same notebook without times, versions and machine: equal runs give equal files."""
    notebook.metadata = nbformat.from_dict({**KERNEL, "language_info": {"name": "python"}})
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata = nbformat.from_dict({"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {})
        if cell.cell_type == "code":
            cell.outputs = joined_streams(cell.outputs)
            for output in cell.outputs:
                output.pop("metadata", None) if output.output_type == "stream" else output.update(metadata={})
    return notebook


def stamp(lesson: Lesson) -> None:
    """Execute the lesson with its own parameters and store the outputs in its notebook."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / lesson.notebook.name
        execute(lesson.notebook, out, {}, Path(folder) / "notes")
        notebook = normalised(nbformat.read(out, as_version=4))
    temporary = lesson.notebook.with_suffix(".stamping")
    nbformat.write(notebook, temporary)
    temporary.replace(lesson.notebook)
