"""The panels that show how the backup of NATS stands, and a dashboard that has only them."""

from __future__ import annotations

from itertools import count
from typing import Final, TypeVar

from grafana_foundation_sdk.builders import common, dashboard, gauge, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import GraphThresholdsStyleMode
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

Panel = TypeVar("Panel", stat.Panel, gauge.Panel, timeseries.Panel)

TITLE: Final = "Backup of NATS"
_AGE: Final = 'cronjob:last_success_age_seconds:max{cronjob="nats-backup"}'


def build() -> str:
    """Give the dashboard as JSON: one row, two lines of panels."""
    ids = count(1)
    found = (
        dashboard.Dashboard(TITLE)
        .uid("nats-backup")
        .tags(["backup", "nats"])
        .time("now-7d", "now")
        .with_row(dashboard.Row(TITLE).id(next(ids)))
    )
    for status in (_last(), _success_7d(), _volume(), _s3_copy()):
        found.with_panel(status.id(next(ids)).span(6).height(5))
    for indicator in (_freshness(), _success_30d(), _restore_time()):
        found.with_panel(indicator.id(next(ids)).span(8).height(6))
    return JSONEncoder(sort_keys=True, indent=2).encode(found.build()) + "\n"


def _last() -> stat.Panel:
    # A recorded age and the moment of its recording: their difference does not move.
    query = _query(f"(timestamp({_AGE}) - {_AGE}) * 1000")
    why = "When a backup last went well, however it was started."
    panel = _shown(stat.Panel().title("Last backup"), query, "dateTimeAsIso", why)
    return panel.no_value("no good backup known")


def _success_7d() -> gauge.Panel:
    query = _query(f"avg_over_time(({_AGE} <= bool 86400)[7d:1d])")
    why = "Days with a good backup, of the last 7, midnight to midnight in UTC. Red below 99 %."
    panel = _shown(gauge.Panel().title("Backup success, 7 days"), query, "percentunit", why)
    return _good_from(panel.min(0).max(1), 0.99).no_value("known after midnight UTC")


def _volume() -> gauge.Panel:
    query = _query("last_over_time(persistentvolumeclaim:used:ratio[26h])")
    why = "How full the backup volume was when it was last measured. Red from 80 %."
    panel = _shown(gauge.Panel().title("Backup volume used"), query, "percentunit", why)
    return _bad_above(panel.min(0).max(1), 0.8).no_value("not measured for 26 hours")


def _s3_copy() -> stat.Panel:
    query = _query('cronjob:last_success_age_seconds:max{cronjob="nats-backup-verify-s3"}')
    why = "How long ago a backup was last restored out of the bucket. Red from 26 hours."
    panel = _shown(stat.Panel().title("S3 copy, last restored"), query, "s", why)
    return _bad_above(panel, 93600).no_value("never restored")


def _freshness() -> timeseries.Panel:
    why = "Age of the newest good backup: what would be lost. Objective: below 25 hours."
    panel = _shown(timeseries.Panel().title("Freshness"), _query(_AGE).range(), "s", why)
    line = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.LINE)
    return _bad_above(panel.min(0), 90000).thresholds_style(line)


def _success_30d() -> stat.Panel:
    query = _query('cronjob:days_with_success:ratio30d{cronjob="nats-backup"}')
    why = "Days with a good backup, of the last 30. Objective: above 99 %."
    panel = _shown(stat.Panel().title("Backup success, 30 days"), query, "percentunit", why)
    return _good_from(panel, 0.99).no_value("known after midnight UTC")


def _restore_time() -> stat.Panel:
    query = _query("cronjob:verify_duration_seconds:max", "{{cronjob}}")
    why = "The slowest of the verifications that are kept. Objective: below 15 minutes."
    panel = _shown(stat.Panel().title("Restore time"), query, "s", why)
    return _bad_above(panel, 900).no_value("no verification is kept")


def _shown(panel: Panel, query: prometheus.Dataquery, unit: str, why: str) -> Panel:
    return panel.description(why).unit(unit).with_target(query)


def _query(expression: str, legend: str = "{{namespace}}") -> prometheus.Dataquery:
    return prometheus.Dataquery().ref_id("A").expr(expression).legend_format(legend).instant()


def _bad_above(panel: Panel, limit: float) -> Panel:
    return _coloured(panel, "green", limit, "red")


def _good_from(panel: Panel, limit: float) -> Panel:
    return _coloured(panel, "red", limit, "green")


def _coloured(panel: Panel, below: str, limit: float, above: str) -> Panel:
    steps = [Threshold(value=None, color=below), Threshold(value=limit, color=above)]
    levels = dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
    return panel.thresholds(levels)
