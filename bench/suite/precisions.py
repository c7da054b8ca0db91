"""What this machine computes: the program itself is asked."""
import json
import os
import subprocess
import urllib.request


def computes(program, weights, precision, picture, environment):
    """False where the program refuses the precision because the processor would only emulate it."""
    command = [program, "batch", "--precision", precision, "--weights", weights, picture]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, **environment})
    if done.returncode == 0:
        return True
    if 'code="UNSUPPORTED"' in done.stderr:
        return False
    raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def instruction_set(server):
    """The one that the program uses, by what its /info says."""
    with urllib.request.urlopen(server.url("/info"), timeout=10) as answer:
        return json.load(answer)["engine"]["instruction_set"]
