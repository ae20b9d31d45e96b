"""`python -m tests.chart`: the chart's copy of the CustomResourceDefinition, and the manifest that it renders."""

import sys

from tests.chart.rendered import CHART_CRD, INSTALL, SOURCE_CRD, Refused, install_manifest

CHART_CRD.write_bytes(SOURCE_CRD.read_bytes())
try:
    INSTALL.write_text(install_manifest())
except Refused as refused:
    sys.exit(f"{INSTALL.name} was not written: {refused}")
