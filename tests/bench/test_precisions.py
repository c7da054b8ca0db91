import os
import stat
import tempfile
import unittest

from bench.suite import precisions


class Computes(unittest.TestCase):
    def computes(self, script, environment=None):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "program")
            with open(program, "w", encoding="ascii") as f:
                f.write("#!/bin/sh\n" + script)
            os.chmod(program, stat.S_IRWXU)
            return precisions.computes(program, "weights", "bf16", "picture", environment or {})

    def test_what_the_program_runs(self):
        self.assertTrue(self.computes('[ "$*" = "batch --precision bf16 --weights weights picture" ]'))

    def test_what_it_refuses(self):
        self.assertFalse(self.computes("echo 'error code=\"UNSUPPORTED\"' >&2; exit 2"))

    def test_another_failure_is_no_refusal(self):
        with self.assertRaisesRegex(RuntimeError, "no such file"):
            self.computes("echo no such file >&2; exit 2")

    def test_it_is_asked_with_the_limit(self):
        self.assertTrue(self.computes('[ "$DNNL_MAX_CPU_ISA" = AVX2 ]', {"DNNL_MAX_CPU_ISA": "AVX2"}))
