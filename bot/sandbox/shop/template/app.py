"""Starts the shop of the release folder that this file lies in."""

import runpy

if __name__ == "__main__":
    runpy.run_module("lantern", run_name="__main__", alter_sys=True)
