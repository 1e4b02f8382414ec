"""The suites by name; each is a recipe in a file of its own."""

from proof.suites import (
    batch_compare,
    bert_sweep,
    cold_start,
    minilm_1ms,
    minilm_batch,
    resnet18,
    serve,
    sst2,
    tokenizing,
)

SUITES = {
    suite.name: suite
    for suite in (
        minilm_1ms.SUITE,
        minilm_batch.SUITE,
        sst2.SUITE,
        resnet18.SUITE,
        bert_sweep.SUITE,
        batch_compare.SUITE,
        serve.SUITE,
        tokenizing.SUITE,
        cold_start.SUITE,
    )
}
