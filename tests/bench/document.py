"""The document step, build + check + sign, beside bare RSA-2048 signatures of the same run."""

from statistics import median

from tests.bench.document_rate import bench_document
from tests.bench.figures import tell


def measure() -> None:
    runs = [bench_document(2) for _run in range(5)]
    documents, signatures = median(run[0] for run in runs), median(run[1] for run in runs)
    tell("document step, build + check + sign", f"{documents:,.0f} documents/s")
    tell("raw RSA-2048 signatures", f"{signatures:,.0f} signatures/s")
    tell(
        "document step to raw signatures",
        f"{median(run[0] / run[1] for run in runs):.2f} (at least 0.25)",
    )
