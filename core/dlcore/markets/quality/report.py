"""What the checks say: findings in one table, a summary, and plain types for machines."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Finding(NamedTuple):
    """One finding, its place as positions in the Panel; `column` is -1 where a whole date is meant."""

    row: int
    column: int
    check: str
    severity: Severity
    value: float
    reason: str


@dataclass(frozen=True)
class Report:
    """What `check_quality` found.

    Attributes
    ----------
    findings : DataFrame
        One row for each: `date`, `asset` ("" for a whole date), `check`, `severity` ("error", "warning", "note"),
        `value` (what was measured) and `reason` (one sentence); by date, then asset.
    weakness : str
        What the Panel says of itself, such as "survivorship-biased": no check of prices can see it.
    """

    findings: "pd.DataFrame"
    weakness: str = ""

    @property
    def errors(self) -> int:
        """Number of findings that are errors."""
        return int((self.findings["severity"].to_numpy() == "error").sum())

    def summary(self) -> "pd.DataFrame":
        """Count the findings of each check and severity.

        Returns
        -------
        DataFrame
            `check`, `severity`, `count`, `example` (the finding with the largest absolute value), errors first.
        """
        import pandas as pd

        groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
        for row in self.findings.to_dict("records"):
            groups.setdefault((SEVERITIES.index(row["severity"]), row["check"]), []).append(row)  # pyright: ignore[reportArgumentType] -- column names are str
        rows = []
        for (severity, check), group in sorted(groups.items(), key=lambda item: item[0]):
            worst = max(group, key=lambda row: abs(row["value"]))
            where = f"{worst['date']:%F} {worst['asset']}".rstrip()
            rows.append((check, SEVERITIES[severity], len(group), f"{where}: {worst['reason']}"))
        return pd.DataFrame(rows, columns=pd.Index(["check", "severity", "count", "example"]))

    def to_dict(self) -> dict[str, Any]:
        """The summary and all findings in plain Python types, ready for JSON.

        Returns
        -------
        dict
            `errors`, `weakness`, `summary` and `findings` (lists of dict); dates as YYYY-MM-DD.
        """
        findings = self.findings.assign(date=self.findings["date"].dt.strftime("%Y-%m-%d"))
        parts = {"summary": self.summary().to_dict("records"), "findings": findings.to_dict("records")}
        return {"errors": self.errors, "weakness": self.weakness} | parts


def make_report(found: list[Finding], panel: "xr.Dataset") -> Report:
    """Give positions their labels.

    Parameters
    ----------
    found : list of Finding
        In any order.
    panel : Dataset (date, asset)
        The Panel that they point into.

    Returns
    -------
    Report
        Findings by date, then asset, then check.
    """
    import pandas as pd

    dates = panel.indexes["date"]
    names = [*map(str, panel.indexes["asset"]), ""]  # place -1 is the whole date
    ordered = sorted(found)
    columns = {
        "date": dates[[finding.row for finding in ordered]],
        "asset": pd.Series([names[finding.column] for finding in ordered], dtype="str"),
        "check": pd.Series([finding.check for finding in ordered], dtype="str"),
        "severity": pd.Series([finding.severity for finding in ordered], dtype="str"),
        "value": pd.Series([finding.value for finding in ordered], dtype="float64"),
        "reason": pd.Series([finding.reason for finding in ordered], dtype="str"),
    }
    return Report(pd.DataFrame(columns), str(panel.attrs.get("weakness", "")))
