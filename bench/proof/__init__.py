"""martlet beside other engines: one runner, suites as recipes, one record that everything reads.

    ./dev bench --suite minilm-1ms --quick

docs/adr/0003-proof-bench.md says why it is as it is, bench/PROTOCOL.md how to add a system.
"""
