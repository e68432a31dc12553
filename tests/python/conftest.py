"""The tests run against the simulated exchange that the package gives its users' tests."""
pytest_plugins = ["upbit_live.testing"]
