"""Waiting for what a test cannot be told of."""
import time

PATIENCE_S = 180  # a machine may be busy with much else


def eventually(condition, limit_s=PATIENCE_S):
    """Polls until condition() is true; False if it does not become so."""
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
