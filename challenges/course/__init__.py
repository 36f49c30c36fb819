"""The course's machinery: what days there are, how they run, how their results are kept, how answers are judged.

In come `curriculum.toml`, notebooks and modules; out come executed copies, stamped outputs, blanks and verdicts.
`python -m challenges.course` is the door; the Makefile is its only caller that matters.
"""
