"""The document step, build + check + sign, beside bare RSA-2048 signatures of the same run."""

from statistics import median

from tests.bench.document_rate import bench_document
from tests.bench.figures import tell


def measure() -> None:
    for lines, least in ((2, "0.30"), (100, "0.03")):
        runs = [bench_document(2, lines) for _run in range(5)]
        documents, signatures = median(run[0] for run in runs), median(run[1] for run in runs)
        tell(f"document step, {lines} lines: build + check + sign", f"{documents:,.0f} documents/s")
        tell("raw RSA-2048 signatures", f"{signatures:,.0f} signatures/s")
        ratio = median(run[0] / run[1] for run in runs)
        tell("document step to raw signatures", f"{ratio:.3f} (at least {least})")
