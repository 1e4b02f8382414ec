"""The systems that martlet is measured beside, each behind the protocol of bench/PROTOCOL.md."""
