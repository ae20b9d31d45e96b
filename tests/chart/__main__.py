"""`python -m tests.chart`: the chart's copy of the CustomResourceDefinition, and the manifest that it renders."""

from tests.chart.rendered import CHART_CRD, INSTALL, SOURCE_CRD, install_manifest

CHART_CRD.write_bytes(SOURCE_CRD.read_bytes())
INSTALL.write_text(install_manifest())
